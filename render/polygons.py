"""Polygons in the plane: what lies inside, and how far away the rest is."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from render.kernels.polygons import UNCLEAR, in_rows, looked_up

Points = npt.NDArray[np.float64]
Sets = npt.NDArray[np.uint64]

ROUNDING = 1e-6
"""What is further than this from the sides of polygons is clearly inside or outside; in the unit of the points."""


def inside(points: Points, polygon: Points) -> npt.NDArray[np.bool_]:
    """Returns (n,) whether points (n, 2) lie in a polygon (m, 2): rays to the right cross it an odd number of times."""
    x, y = points.T
    return np.asarray(_crossed(x, y, _sides(polygon)).sum(axis=0) % 2 == 1)


def distance(points: Points, polygon: Points) -> npt.NDArray[np.float64]:
    """Returns the (n,) distance of points (n, 2) to a polygon (m, 2), 0 inside."""
    return np.asarray(np.where(inside(points, polygon), 0.0, _away(points, _sides(polygon))))


class PolygonMap:
    """Which of several polygons points lie in, looked up in a map of square cells.

    All points of a cell that no side crosses lie in the same polygons as its centre. In the other cells each point is
    decided for itself, so that the cells change how long it takes and nothing else.

    Args:
        polygons: at most 64, (m, 2) each.
        cell: width of a cell.
    """

    def __init__(self, polygons: Sequence[Points], cell: float) -> None:
        assert len(polygons) <= 64, "a set of polygons is the bits of one number"
        self._cell, self._sides = cell, np.concatenate([_sides(polygon) for polygon in polygons])
        bits = np.uint64(1) << np.arange(len(polygons), dtype=np.uint64)
        self._bit = np.repeat(bits, [len(polygon) for polygon in polygons])
        corners = np.concatenate(polygons)
        self._low = corners.min(axis=0) - 2 * cell
        self._size = np.ceil((corners.max(axis=0) - self._low) / cell).astype(np.int64) + 2
        x, y = (low + cell * (np.arange(size) + 0.5) for low, size in zip(self._low, self._size, strict=True))
        self._kinds, kind = np.unique(in_rows(x, y, self._sides, self._bit), return_inverse=True)
        assert len(self._kinds) < UNCLEAR, "there are more ways of lying in polygons than cells can tell apart"
        # One byte for each cell: the map is looked up all over.
        self._cells = np.where(self._near_sides(x, y), UNCLEAR, kind.reshape(len(y), len(x))).astype(np.uint8)

    def sets(self, points: npt.NDArray[np.floating[Any]]) -> Sets:
        """Returns for points (n, 2) the (n,) polygons that they lie in: bit k for polygon k."""
        places = np.ascontiguousarray(points)
        return looked_up(places, self._low, self._cell, self._cells, self._kinds, self._sides, self._bit)

    def _near_sides(self, x: Points, y: Points) -> npt.NDArray[np.bool_]:
        """Returns (rows, columns) whether a side may cross the cell whose centre lies at x (columns,), y (rows,)."""
        reach, near = self._cell * np.sqrt(0.5) + ROUNDING, np.zeros((len(y), len(x)), dtype=bool)
        for side in self._sides:
            columns, rows = (
                slice(*np.searchsorted(places, (ends.min() - reach, ends.max() + reach)))
                for places, ends in ((x, side[0::2]), (y, side[1::2]))
            )
            across, down = np.meshgrid(x[columns], y[rows])
            centres = np.stack([across.ravel(), down.ravel()], axis=1)
            near[rows, columns] |= (_away(centres, side[None]) <= reach).reshape(across.shape)
        return near


def _sides(polygon: Points) -> Points:
    """Returns the (m, 4) sides of a polygon (m, 2): where each begins and where it ends."""
    return np.concatenate([polygon, np.roll(polygon, -1, axis=0)], axis=1)


def _crossed(x: npt.NDArray[Any], y: npt.NDArray[Any], sides: Points) -> npt.NDArray[np.bool_]:
    """Returns (m, n) which of the sides (m, 4) the rays from points (n,) to the right cross."""
    ax, ay, bx, by = sides.T[:, :, None]
    spans = (ay > y) != (by > y)
    rise = np.where(by != ay, by - ay, 1.0)
    return np.asarray(spans & (x < ax + (y - ay) / rise * (bx - ax)))


def _away(points: Points, sides: Points) -> Points:
    """Returns the (n,) distance of points (n, 2) to the nearest of sides (m, 4)."""
    start, along = sides[:, :2], sides[:, 2:] - sides[:, :2]
    length = np.maximum((along**2).sum(axis=-1), 1e-12)
    share = ((points[:, None] - start) * along).sum(axis=-1) / length
    nearest = start + np.clip(share, 0, 1)[..., None] * along
    return np.asarray(np.linalg.norm(points[:, None] - nearest, axis=-1).min(axis=1))
