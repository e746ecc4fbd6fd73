"""The health of attention maps: level, spread, saturation, and overlap with what really had to change."""

import numpy as np
import numpy.typing as npt

Maps = npt.NDArray[np.float32]
PerImage = npt.NDArray[np.float64]

HIGH, LOW = 0.95, 0.05
"""Above ``HIGH`` a pixel is kept, below ``LOW`` it is replaced."""

EDITED_BELOW = 0.5
"""A pixel counts as edited where less than half of the source is kept."""


def mean(attention: Maps) -> PerImage:
    """Returns the mean attention of each map (N, H, W), (N,)."""
    return np.asarray(attention.mean(axis=(1, 2), dtype=np.float64))


def std(attention: Maps) -> PerImage:
    """Returns the standard deviation within each map, (N,); near 0 the map singles nothing out."""
    return np.asarray(attention.std(axis=(1, 2), dtype=np.float64))


def fraction_high(attention: Maps) -> PerImage:
    """Returns the fraction of pixels that are kept, (N,)."""
    return np.asarray((attention > HIGH).mean(axis=(1, 2)))


def fraction_low(attention: Maps) -> PerImage:
    """Returns the fraction of pixels that are replaced, (N,)."""
    return np.asarray((attention < LOW).mean(axis=(1, 2)))


def overlap(attention: Maps, changed: npt.NDArray[np.bool_]) -> PerImage:
    """Returns the intersection over union of edited and truly changed pixels, (N,).

    Edited is what keeps less than half of the source. Not a number where nothing had to change and nothing was edited.
    """
    edited = attention < EDITED_BELOW
    union = (edited | changed).sum(axis=(1, 2))
    both = (edited & changed).sum(axis=(1, 2))
    return np.where(union > 0, both / np.maximum(union, 1), np.nan)


def contrast(attention: Maps, changed: npt.NDArray[np.bool_]) -> PerImage:
    """Returns mean attention where nothing changed minus where it did, (N,): does the map know, at any level, where?

    1 is a perfect map, 0 knows nothing. Not a number where everything or nothing changed.
    """
    inside, outside = changed.sum(axis=(1, 2)), (~changed).sum(axis=(1, 2))
    within = np.where(changed, attention, 0.0).sum(axis=(1, 2), dtype=np.float64) / np.maximum(inside, 1)
    without = np.where(changed, 0.0, attention).sum(axis=(1, 2), dtype=np.float64) / np.maximum(outside, 1)
    return np.where((inside > 0) & (outside > 0), without - within, np.nan)
