"""Which triangles cannot be seen: a software rasteriser pays for each that reaches it, most of all for hidden ones.

Greene, Kass and Miller, "Hierarchical Z-buffer visibility" (SIGGRAPH 1993): what is nowhere nearer than the furthest
depth already drawn around it changes no sample. Nothing here changes what is seen, only what it costs.
"""

from dataclasses import dataclass
from functools import cached_property, reduce
from typing import Any

import numpy as np
import numpy.typing as npt

Flags = npt.NDArray[np.bool_]
Places = npt.NDArray[np.int32]
Single = npt.NDArray[np.float32]

TILE = 4
"""Samples to a side of the smallest tile whose furthest depth is kept."""

ROUNDING = 0.01
"""Of a sample: rasterisers round corners to 1/256."""

BEHIND = 1e-3
"""Metres before the camera: what reaches nearer has no place in the picture."""

DEPTH_ROUNDING = 2e-6
"""Of the window's depth: ten steps of a 24-bit buffer, and the rounding of single precision."""


@dataclass(frozen=True)
class Extents:
    """Where n triangles lie in a grid of samples.

    Attributes:
        low, high: (2, n) int32 first and last sample that a triangle may cover, across and up, within the grid.
        nearest: (n,) smallest window depth, in [0, 1].
        area: (n,) samples that it covers, negative if its corners turn clockwise: a surface seen from inside.
    """

    low: Places
    high: Places
    nearest: Single
    area: Single

    @classmethod
    def of(
        cls, points: Single, corners: npt.NDArray[np.uint32], to_clip: npt.NDArray[Any], size: tuple[int, int]
    ) -> "Extents | None":
        """Returns the extents of triangles; None if some of them may reach behind the camera.

        Args:
            points: (V, 3 or more) world places.
            corners: (n, 3 or more) vertices of each triangle.
            to_clip: (4, 4) world to clip space.
            size: rows and columns of the grid; its outermost samples lie on the picture's edges.
        """
        matrix = to_clip.astype(np.float32)
        clip = matrix[:, :3] @ np.ascontiguousarray(points[:, :3].T) + matrix[:, 3:]
        if not len(corners) or clip[3].min() <= BEHIND:
            return None
        last = np.array((size[1] - 1, size[0] - 1, 1), dtype=np.float32)[:, None]
        window = clip[:3] / clip[3] * (0.5 * last) + 0.5 * last
        # Corner by corner and coordinate by coordinate, everything lies in a row: twice as fast.
        corner = np.ascontiguousarray(corners[:, :3].T, dtype=np.intp)
        x, y, depth = (values.take(corner) for values in window)
        low = np.clip(np.ceil(_over(np.minimum, x, y) - ROUNDING), 0, last[:2] + 1)
        high = np.clip(np.floor(_over(np.maximum, x, y) + ROUNDING), -1, last[:2])
        area = 0.5 * ((x[1] - x[0]) * (y[2] - y[0]) - (x[2] - x[0]) * (y[1] - y[0]))
        return cls(low.astype(np.int32), high.astype(np.int32), depth.min(axis=0), area)

    @cached_property
    def covers(self) -> Flags:
        """Whether each triangle may cover any sample: not if it lies outside the picture or between samples."""
        return np.asarray((self.low <= self.high).all(axis=0))


def _over(choose: np.ufunc, x: Single, y: Single) -> Single:
    """Returns (2, n) the smallest or largest place of the corners (3, n) of each triangle."""
    return np.stack([choose(choose(side[0], side[1]), side[2]) for side in (x, y)])


def hidden(extents: Extents, chosen: npt.NDArray[np.int64], drawn: Single) -> Flags:
    """Returns per chosen triangle (m,) whether it lies behind what is drawn, wherever it may cover a sample.

    Args:
        extents: of the triangles.
        chosen: (m,) some of those that cover samples.
        drawn: (rows, columns) window depth of what is drawn, 1 where nothing is.
    """
    low = extents.low.take(chosen, axis=1)
    span = (extents.high.take(chosen, axis=1) - low).max(axis=0)
    # The smallest tiles of which two to each side cover the triangle.
    level = np.searchsorted(TILE << np.arange(16), np.arange(max(drawn.shape))).take(span)
    depth, start, width = _furthest(drawn)
    across, up = low >> (level + TILE.bit_length() - 1)
    furthest = depth.take(start.take(level) + up * width.take(level) + across)
    return np.asarray(extents.nearest.take(chosen) > furthest + DEPTH_ROUNDING)


def _furthest(drawn: Single) -> tuple[Single, npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Returns the furthest depth in each 2 x 2 tiles, for tiles of doubling size, and each level's start and width."""
    rows, columns = (-(-side // TILE) for side in drawn.shape)
    padded = np.zeros((TILE * rows, TILE * columns), dtype=np.float32)
    padded[: drawn.shape[0], : drawn.shape[1]] = drawn
    strips = padded.reshape(rows, TILE, -1).max(axis=1)
    tiles = reduce(np.maximum, (strips[:, k::TILE] for k in range(TILE)))
    levels = []
    while True:
        tiles = tiles.copy()
        np.maximum(tiles[:-1], tiles[1:], out=tiles[:-1])
        np.maximum(tiles[:, :-1], tiles[:, 1:], out=tiles[:, :-1])
        levels.append(tiles)
        if max(tiles.shape) <= 1:
            break
        tiles = tiles[::2, ::2]
    start = np.cumsum([0, *(level.size for level in levels)])[:-1]
    return np.concatenate([level.ravel() for level in levels]), start, np.array([level.shape[1] for level in levels])
