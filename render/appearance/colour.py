"""Colours of people: skin from melanin and haemoglobin, hair from eu- and pheomelanin; sRGB encoding.

Skin: what the body of the skin reflects falls exponentially with the amount of each pigment, with melanin absorbing
blue most and haemoglobin green (the form of the model of Tsumura et al., SIGGRAPH 2003); a little light is reflected
whatever the pigments. The constants are fitted here so that melanin 0 to 1 passes through all ten
tones of ``render.monk``, redder by 2 to 10 units of a* than those swatches, as skin is, with L* from 78 to 26.
"""

from typing import Any

import numpy as np
import numpy.typing as npt

BARE_SKIN = np.array([0.574, 0.462, 0.432], dtype=np.float32)
"""Linear reflectance of the body of skin without melanin and with haemoglobin ``USUAL_HAEMOGLOBIN``."""

SURFACE = np.array([0.069, 0.034, 0.030], dtype=np.float32)
"""Linear reflectance that no melanin takes away: what never enters the skin, and what comes back unabsorbed."""

MELANIN_ABSORPTION = np.array([4.09, 4.12, 5.13], dtype=np.float32)
MELANIN_POWER = np.array([2.34, 1.59, 1.24], dtype=np.float32)
"""Absorption grows with these powers of melanin in [0, 1], so that equal steps look about equal."""

HAEMOGLOBIN_ABSORPTION = np.array([0.06, 0.34, 0.24], dtype=np.float32)
USUAL_HAEMOGLOBIN = 0.5


def skin_rgb(melanin: npt.ArrayLike, haemoglobin: npt.ArrayLike) -> npt.NDArray[np.float32]:
    """Returns (..., 3) linear skin reflectance of melanin and haemoglobin in [0, 1], and a little beyond 1."""
    m = np.maximum(np.asarray(melanin, np.float32), 0)[..., None]
    h = np.asarray(haemoglobin, np.float32)[..., None] - USUAL_HAEMOGLOBIN
    body = BARE_SKIN * np.exp(-MELANIN_ABSORPTION * m**MELANIN_POWER - HAEMOGLOBIN_ABSORPTION * h)
    return np.asarray(SURFACE + body, dtype=np.float32)


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


ENCODED = _encoding_table()


def to_srgb(linear: npt.NDArray[np.floating[Any]]) -> npt.NDArray[np.uint8]:
    """Returns linear values encoded as sRGB uint8 (IEC 61966-2-1), through a table of 8,193 steps."""
    return np.asarray(ENCODED[(np.clip(linear, 0.0, 1.0) * _STEPS + 0.5).astype(np.int32)])


def to_linear(srgb: npt.ArrayLike) -> npt.NDArray[np.float32]:
    """Returns sRGB values in [0, 1] decoded to linear light (IEC 61966-2-1)."""
    value = np.asarray(srgb, dtype=np.float64)
    return np.where(value <= 0.04045, value / 12.92, ((value + 0.055) / 1.055) ** 2.4).astype(np.float32)


LINEAR = to_linear(np.arange(256) / 255)
"""Linear light of each of the 256 sRGB values."""


XYZ = np.array(
    [[0.4124564, 0.3575761, 0.1804375], [0.2126729, 0.7151522, 0.0721750], [0.0193339, 0.1191920, 0.9503041]]
)
"""Linear sRGB to CIE XYZ (IEC 61966-2-1), white D65."""

D65 = XYZ.sum(axis=1)


def to_lab(linear: npt.ArrayLike) -> npt.NDArray[np.float64]:
    """Returns CIELAB (..., 3) of linear sRGB (..., 3), relative to white D65 (CIE 15:2004)."""
    x = np.asarray(linear, dtype=np.float64) @ XYZ.T / D65
    f = np.where(x > 216 / 24389, np.cbrt(x), (24389 / 27 * x + 16) / 116)
    return np.stack([116 * f[..., 1] - 16, 500 * (f[..., 0] - f[..., 1]), 200 * (f[..., 1] - f[..., 2])], axis=-1)
