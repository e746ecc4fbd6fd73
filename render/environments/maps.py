"""Radiance maps: light from every direction, in equirectangular layout, and the few sums that are taken over them.

Row 0 is straight up (+Y), the last row straight down; the middle column looks along -Z, as the camera does, and
columns go on to the right of it (+X).
"""

from functools import lru_cache

import cv2
import numpy as np
import numpy.typing as npt

Map = npt.NDArray[np.float32]
Values = npt.NDArray[np.float64]

LUMA = np.array([0.2126, 0.7152, 0.0722])
"""Weights of linear light in brightness (ITU-R BT.709)."""


@lru_cache(16)
def directions(height: int, width: int) -> Values:
    """Returns the (h, w, 3) unit vector of each texel's centre."""
    polar = (np.arange(height) + 0.5)[:, None] * np.pi / height
    turn = 2 * np.pi * ((np.arange(width) + 0.5)[None] / width - 0.5)
    return np.stack([np.sin(polar) * np.sin(turn), np.cos(polar) + 0 * turn, -np.sin(polar) * np.cos(turn)], axis=-1)


@lru_cache(16)
def solid_angles(height: int, width: int) -> Values:
    """Returns the (h, 1) solid angle of a texel of each row, steradians; over the map they sum to 4 pi."""
    edge = np.cos(np.arange(height + 1) * np.pi / height)
    return np.asarray((edge[:-1] - edge[1:])[:, None] * 2 * np.pi / width)


def places(vectors: npt.ArrayLike, height: int, width: int) -> Values:
    """Returns where (..., 3) unit vectors lie in a map: (..., 2) column and row, texel centres at whole numbers."""
    x, y, z = np.moveaxis(np.asarray(vectors, dtype=np.float64), -1, 0)
    column = (np.arctan2(x, -z) / (2 * np.pi) + 0.5) * width - 0.5
    row = np.arccos(np.clip(y, -1, 1)) / np.pi * height - 0.5
    return np.stack([column, row], axis=-1)


def seen(radiance: Map | npt.NDArray[np.float16], vectors: npt.ArrayLike) -> Map:
    """Returns the (..., 3) radiance of (..., 3) unit vectors, blended between the nearest texels."""
    height, width, _ = radiance.shape
    where = places(vectors, height, width)
    x, y = (where[..., 0] + 1).astype(np.float32), where[..., 1].astype(np.float32)
    # Only what is looked at is unpacked, and continued around where need be.
    first, last = max(0, int(y.min()) - 1), min(height, int(y.max()) + 3)
    left, right = max(0, int(x.min()) - 1), min(width + 2, int(x.max()) + 3)
    rows = np.empty((last - first, right - left, 3), dtype=np.float32)
    begin, end = max(left, 1), min(right, width + 1)
    rows[:, begin - left : end - left] = radiance[first:last, begin - 1 : end - 1]
    if left == 0:
        rows[:, 0] = radiance[first:last, -1]
    if right == width + 2:
        rows[:, -1] = radiance[first:last, 0]
    x = x - np.float32(left)
    x, y = x.reshape(x.shape[0], -1), y.reshape(x.shape[0], -1) - np.float32(first)
    flat = cv2.remap(rows, x, y, cv2.INTER_LINEAR, None, *_REPEATED)
    return np.asarray(flat.reshape(*where.shape[:-1], 3))


_REPEATED = (cv2.BORDER_REPLICATE,)


def turned(vectors: npt.ArrayLike, angle: float) -> Values:
    """Returns (..., 3) vectors turned about the vertical, anticlockwise from above."""
    c, s = np.cos(angle), np.sin(angle)
    return np.asarray(np.asarray(vectors, dtype=np.float64) @ np.array([[c, 0, -s], [0, 1, 0], [s, 0, c]]))


def total(radiance: Map) -> Values:
    """Returns the (3,) radiance summed over all directions."""
    return np.asarray((radiance * solid_angles(*radiance.shape[:2])[..., None]).sum(axis=(0, 1), dtype=np.float64))


def mean(radiance: Map) -> Values:
    """Returns the (3,) mean radiance over all directions."""
    return np.asarray(total(radiance) / (4 * np.pi))


def smaller(radiance: Map, height: int) -> Map:
    """Returns a (height, 2 height, 3) map of the same light; the old height must be a multiple of the new one."""
    rows, columns, _ = radiance.shape
    step = rows // height
    weighted = (radiance * solid_angles(rows, columns)[..., None]).reshape(height, step, 2 * height, -1, 3)
    return np.asarray(weighted.sum(axis=(1, 3)) / solid_angles(height, 2 * height)[..., None], dtype=np.float32)
