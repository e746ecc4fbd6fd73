"""Sight: which points a camera sees among triangles, decided for each point's own ray and not for pixels."""

from collections.abc import Iterable

import numpy as np
import numpy.typing as npt

from render.camera import Camera
from render.scene import SceneMesh

Values = npt.NDArray[np.float64]
Index = npt.NDArray[np.int64]

CELLS = 64
"""Points are sorted into so many cells to a side, so that a triangle meets only those near it."""


class Sight:
    """What stands in the way of a camera.

    Args:
        meshes: of a scene, in front of the camera; seen from either side.
        camera: who looks.
    """

    def __init__(self, meshes: Iterable[SceneMesh], camera: Camera) -> None:
        kept = list(meshes)
        starts = np.cumsum([0, *(len(mesh.vertices) for mesh in kept)])
        place = camera.to_camera(np.concatenate([mesh.vertices for mesh in kept]))
        self._faces = np.concatenate([mesh.faces + start for mesh, start in zip(kept, starts, strict=False)])
        # One over depth is linear in the picture.
        self._inverse = -1 / place[:, 2]
        self._plane = place[:, :2] * self._inverse[:, None]
        a, b, c = (self._plane[self._faces[:, corner]] for corner in range(3))
        self._low, self._high = np.minimum(np.minimum(a, b), c), np.maximum(np.maximum(a, b), c)

    def clear(self, points: Values, margin: float) -> npt.NDArray[np.bool_]:
        """Returns (n,) whether nothing lies more than ``margin`` metres nearer on the ray to each point.

        Args:
            points: (n, 3) in the camera's frame, in front of it, metres.
            margin: how far, along the axis, a surface may lie before a point and still be its own.
        """
        place, depth = points[:, :2] / -points[:, 2:], -points[:, 2]
        triangle, point = self._near(place)
        corners = self._faces[triangle]
        weights = _barycentric(self._plane[corners], place[point])
        nearer = (weights * self._inverse[corners]).sum(axis=1) > 1 / np.maximum(depth[point] - margin, 1e-6)
        blocked = (weights >= 0).all(axis=1) & nearer
        return np.asarray(np.bincount(point[blocked], minlength=len(points)) == 0)

    def _near(self, place: Values) -> tuple[Index, Index]:
        """Returns pairs (m,) and (m,) of triangles and the points in the cells that they touch."""
        origin = place.min(axis=0)
        step = np.maximum(place.max(axis=0) - origin, 1e-9) / CELLS * (1 + 1e-9)
        low, high = (np.floor((side - origin) / step) for side in (self._low, self._high))
        first, last = (side.clip(-1, CELLS).astype(np.int64).clip(0, CELLS - 1) for side in (low, high))
        held = np.floor((place - origin) / step).astype(np.int64) @ [1, CELLS]
        count = np.bincount(held, minlength=CELLS**2)
        touching = np.flatnonzero((_sums(count, first, last) > 0) & ((high >= 0) & (low < CELLS)).all(axis=1))
        owner, cell = _cells(first[touching], last[touching])
        occupied = count[cell] > 0
        owner, cell = owner[occupied], cell[occupied]
        pair, number = _counted(count[cell])
        start = np.cumsum(count) - count
        return touching[owner[pair]], np.argsort(held, kind="stable")[start[cell[pair]] + number]


def _sums(count: Index, first: Index, last: Index) -> Index:
    """Returns how many points lie in the cells from ``first`` to ``last`` (F, 2): a summed-area table (Crow 1984)."""
    table = np.zeros((CELLS + 1, CELLS + 1), dtype=np.int64)
    table[1:, 1:] = count.reshape(CELLS, CELLS).cumsum(axis=0).cumsum(axis=1)
    (left, top), (right, bottom) = first.T, last.T + 1
    return np.asarray(table[bottom, right] - table[top, right] - table[bottom, left] + table[top, left])


def _cells(first: Index, last: Index) -> tuple[Index, Index]:
    """Returns each cell from ``first`` to ``last`` (t, 2), as pairs of which t it is of and the cell's number."""
    span = last - first + 1
    owner, offset = _counted(span.prod(axis=1))
    across, down = offset % span[owner, 0], offset // span[owner, 0]
    return owner, first[owner, 0] + across + CELLS * (first[owner, 1] + down)


def _counted(counts: Index) -> tuple[Index, Index]:
    """Returns for counts such as (2, 0, 3) whose each item is, (0, 0, 2, 2, 2), and its number, (0, 1, 0, 1, 2)."""
    owner = np.repeat(np.arange(len(counts)), counts)
    return owner, np.arange(len(owner)) - np.repeat(np.cumsum(counts) - counts, counts)


def _barycentric(triangles: Values, points: Values) -> Values:
    """Returns the (m, 3) barycentrics of points (m, 2) in triangles (m, 3, 2); negative for triangles without area."""
    a, b, c = (triangles[:, corner] - points for corner in range(3))
    parts = np.stack([_cross(b, c), _cross(c, a), _cross(a, b)], axis=1)
    area = parts.sum(axis=1, keepdims=True)
    flat = np.abs(area) < 1e-18
    return np.where(flat, -1.0, parts / np.where(flat, 1.0, area))


def _cross(one: Values, other: Values) -> Values:
    return np.asarray(one[:, 0] * other[:, 1] - one[:, 1] * other[:, 0])
