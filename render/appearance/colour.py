"""Colours of people: skin from melanin and haemoglobin, hair from eu- and pheomelanin; sRGB encoding.

Skin: reflectance falls exponentially with the amount of each pigment, with melanin absorbing blue most and
haemoglobin green (the form of the model of Tsumura et al., SIGGRAPH 2003). The constants are chosen here so that
melanin 0 to 1 spans the ten tones of the Monk scale by eye.
"""

from typing import Any

import numpy as np
import numpy.typing as npt

BARE_SKIN = np.array([0.78, 0.58, 0.48], dtype=np.float32)
MELANIN_ABSORPTION = np.array([2.25, 2.75, 3.15], dtype=np.float32)
HAEMOGLOBIN_ABSORPTION = np.array([0.05, 0.42, 0.30], dtype=np.float32)


def skin_rgb(melanin: npt.ArrayLike, haemoglobin: npt.ArrayLike) -> npt.NDArray[np.float32]:
    """Returns (..., 3) linear skin reflectance of melanin and haemoglobin in [0, 1]."""
    m, h = np.asarray(melanin, np.float32)[..., None], np.asarray(haemoglobin, np.float32)[..., None]
    return np.asarray(BARE_SKIN * np.exp(-MELANIN_ABSORPTION * m - HAEMOGLOBIN_ABSORPTION * h), dtype=np.float32)


def hair_rgb(melanin: float, redness: float) -> npt.NDArray[np.float32]:
    """Returns the (3,) linear reflectance of hair: blond (0) to black (1), redder with pheomelanin."""
    blond, black = np.array([0.45, 0.30, 0.14]), np.array([0.012, 0.010, 0.009])
    base = np.exp(np.log(blond) + (np.log(black) - np.log(blond)) * np.clip(melanin, 0, 1) ** 0.8)
    red = np.array([1.25, 0.75, 0.45])
    return np.asarray(base * red ** np.clip(redness, 0, 1), dtype=np.float32)


_STEPS = 8192


def _encoding_table() -> npt.NDArray[np.uint8]:
    linear = np.arange(_STEPS + 1) / _STEPS
    encoded = np.where(linear <= 0.0031308, 12.92 * linear, 1.055 * np.power(linear, 1 / 2.4) - 0.055)
    return np.asarray(np.round(encoded * 255), dtype=np.uint8)


_ENCODED = _encoding_table()


def to_srgb(linear: npt.NDArray[np.floating[Any]]) -> npt.NDArray[np.uint8]:
    """Returns linear values encoded as sRGB uint8 (IEC 61966-2-1), through a table of 8,193 steps."""
    return np.asarray(_ENCODED[(np.clip(linear, 0.0, 1.0) * _STEPS + 0.5).astype(np.int32)])


def to_linear(srgb: npt.ArrayLike) -> npt.NDArray[np.float32]:
    """Returns sRGB values in [0, 1] decoded to linear light (IEC 61966-2-1)."""
    value = np.asarray(srgb, dtype=np.float64)
    return np.where(value <= 0.04045, value / 12.92, ((value + 0.055) / 1.055) ** 2.4).astype(np.float32)
