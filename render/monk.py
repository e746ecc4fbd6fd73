"""The Monk Skin Tone scale: ten tones, and which of them a skin is.

Monk, E. (2019), "Monk Skin Tone Scale", skintone.google: ten swatches as sRGB. They are colours of skin in pictures:
the lightest (L* 94) is lighter and the darkest (L* 15) darker than the reflectance of any skin. So L* of a reflectance
is first stretched from ``LIGHTNESS``, what skin spans, to what the swatches span; then the tone is that of the nearest
swatch in CIELAB (CIE76).
"""

from functools import lru_cache

import numpy as np
import numpy.typing as npt

from render.appearance.colour import skin_rgb, to_lab, to_linear

SWATCHES = (
    "#f6ede4",
    "#f3e7db",
    "#f7ead0",
    "#eadaba",
    "#d7bd96",
    "#a07e56",
    "#825c43",
    "#604134",
    "#3a312a",
    "#292420",
)
"""The tones 1 to 10."""

TONES = tuple(range(1, len(SWATCHES) + 1))

LIGHTNESS = (27.0, 76.0)
"""L* of the reflectance of the darkest and of the lightest skin; chosen here, a little beyond what is usual."""

STEPS = 801
"""Amounts of melanin that are tried between 0 and 1."""

ROOM = 0.035
"""Melanin that a tone must leave free, so that spots and noise do not lead out of it."""

USUAL, NARROWING = 0.42, 0.85
"""Haemoglobin with which every tone exists, and how fast others approach it until a tone exists with them."""


def _swatches() -> npt.NDArray[np.float64]:
    rgb = [[int(code[first : first + 2], 16) / 255 for first in (1, 3, 5)] for code in SWATCHES]
    return to_lab(to_linear(rgb))


SWATCHES_LAB = _swatches()
"""(10, 3) CIELAB of the swatches."""


def seen(reflectance: npt.ArrayLike) -> npt.NDArray[np.float64]:
    """Returns CIELAB (..., 3) of linear sRGB reflectances (..., 3) of skin, L* stretched to that of the swatches."""
    lab = to_lab(reflectance)
    dark, light = LIGHTNESS
    low, high = SWATCHES_LAB[-1, 0], SWATCHES_LAB[0, 0]
    lab[..., 0] = low + (lab[..., 0] - dark) * (high - low) / (light - dark)
    return lab


def tones(reflectance: npt.ArrayLike) -> npt.NDArray[np.int64]:
    """Returns the tones (...), 1 to 10, of linear sRGB reflectances (..., 3) of skin."""
    distance = np.linalg.norm(seen(reflectance)[..., None, :] - SWATCHES_LAB, axis=-1)
    return np.asarray(1 + distance.argmin(axis=-1))


def tone(melanin: float, haemoglobin: float) -> int:
    """Returns the tone of the skin with these pigments, in 1 to 10."""
    return int(tones(skin_rgb(melanin, haemoglobin)))


def pigments(wanted: int, haemoglobin: float) -> tuple[float, float]:
    """Returns the melanin and haemoglobin of a skin in the middle of a tone.

    Args:
        wanted: the tone, 1 to 10.
        haemoglobin: what it should have; where no such skin has that tone (very pale and very red), the nearest
            amount with which one has is returned.
    """
    if wanted not in TONES:
        raise ValueError(f"expected a Monk tone from 1 to {len(TONES)}, found {wanted}")
    while (low_high := _range(wanted, round(haemoglobin, 3))) is None:
        haemoglobin = USUAL + NARROWING * (haemoglobin - USUAL)
    return sum(low_high) / 2, round(haemoglobin, 3)


@lru_cache(4096)
def _range(wanted: int, haemoglobin: float) -> tuple[float, float] | None:
    """Returns the least and the most melanin that make a tone, if there is room between them."""
    melanin = np.linspace(0.0, 1.0, STEPS)
    found = melanin[tones(skin_rgb(melanin, haemoglobin)) == wanted]
    return (float(found[0]), float(found[-1])) if found.size and found[-1] - found[0] > ROOM else None
