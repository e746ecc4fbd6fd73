"""Textures as shading looks them up: in sizes that halve, so that a pixel finds one whose texels are as large as it."""

from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from render.relief import raised_slopes_and_creases

Pixels = npt.NDArray[np.uint8]
Single = npt.NDArray[np.float32]

LEVELS = 8
"""Most sizes of one texture that are kept, each half as large as the one before."""

SMALLEST = 4
"""Texels to a side under which a texture is not made smaller."""

FLAT = np.empty((0, 0, 3), dtype=np.float32)
"""No relief."""


@dataclass(frozen=True)
class Texture:
    """A texture in all its sizes.

    Attributes:
        texels: (n, 3) uint8 sRGB, size after size, row by row.
        levels: (L, 3) int32 first texel, height and width of each size.
    """

    texels: Pixels
    levels: npt.NDArray[np.int32]


def sized(texture: Pixels) -> Texture:
    """Returns an (h, w, 3) texture with its smaller sizes, each texel a mean of larger ones."""
    sizes = [np.ascontiguousarray(texture)]
    while len(sizes) < LEVELS and min(sizes[-1].shape[:2]) >= 2 * SMALLEST:
        height, width, _ = sizes[-1].shape
        sizes.append(cv2.resize(sizes[-1], (width // 2, height // 2), interpolation=cv2.INTER_AREA))
    starts = np.cumsum([0] + [size.shape[0] * size.shape[1] for size in sizes[:-1]])
    levels = [(start, *size.shape[:2]) for start, size in zip(starts, sizes, strict=True)]
    return Texture(np.concatenate([size.reshape(-1, 3) for size in sizes]), np.array(levels, dtype=np.int32))


def folds(relief: Single | None, shrink: int) -> tuple[Single, npt.NDArray[np.float64]]:
    """Returns the (h, w, 3) slopes and creases of a relief where it is not flat, and where in the texture that is.

    Args:
        relief: (h, w) heights, or None.
        shrink: heights of so many texels to a side are one: a small picture shows no more.

    Returns:
        ``render.relief.slopes_and_creases`` of a window, and (4,) u and v where it begins, texels per unit of u and v.
    """
    if relief is not None and shrink > 1:
        size = relief.shape[1] // shrink, relief.shape[0] // shrink
        relief = cv2.resize(relief, size, interpolation=cv2.INTER_AREA)
    found = None if relief is None else raised_slopes_and_creases(relief)
    if relief is None or found is None:
        return FLAT, np.zeros(4)
    (height, width), ((rows, columns), slopes) = relief.shape, found
    return slopes, np.array([columns.start / width, rows.start / height, width, height])
