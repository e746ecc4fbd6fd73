"""Sight: which points a camera sees among triangles, decided for each point's own ray and not for pixels."""

from collections.abc import Iterable
from typing import Any

import numpy as np
import numpy.typing as npt

from render.camera import Camera
from render.scene import SceneMesh

Values = npt.NDArray[np.float64]
Index = npt.NDArray[np.int64]
Cells = npt.NDArray[np.int32]

CELLS = 96
"""The picture has so many cells to a side, so that a triangle meets only the points near it; the outermost reach on
beyond the picture."""


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
        parts = [mesh.faces.T + start for mesh, start in zip(kept, starts, strict=False)]
        self._corners: Index = np.concatenate(parts, axis=1, dtype=np.int64)
        self._camera = camera
        # One over depth is linear in the picture.
        self._inverse = -1 / place[:, 2]
        self._plane = np.ascontiguousarray(place[:, :2].T) * self._inverse
        self._nearest = _extent(self._inverse[self._corners])[1]
        (left, right), (top, bottom) = (_extent(cell[self._corners]) for cell in self._cells(self._plane))
        self._sides = [side.astype(np.int32) for side in (left, top, right, bottom)]

    def clear(self, points: Values, margin: float) -> npt.NDArray[np.bool_]:
        """Returns (n,) whether nothing lies more than ``margin`` metres nearer on the ray to each point.

        Args:
            points: (n, 3) in the camera's frame, in front of it, metres.
            margin: how far, along the axis, a surface may lie before a point and still be its own.
        """
        place = np.ascontiguousarray((points[:, :2] / -points[:, 2:]).T)
        wanted = 1 / np.maximum(-points[:, 2] - margin, 1e-6)
        triangle, point = self._near(place, wanted)
        corners = self._corners[:, triangle]
        weights = _barycentric(self._plane[:, corners], place[:, point])
        inverse = (weights * self._inverse[corners]).sum(axis=0)
        blocked = point[(np.minimum(np.minimum(weights[0], weights[1]), weights[2]) >= 0) & (inverse > wanted[point])]
        return np.asarray(np.bincount(blocked, minlength=len(points)) == 0)

    def _near(self, place: Values, wanted: Values) -> tuple[Index, Index]:
        """Returns pairs (m,) and (m,) of triangles and the points in the cells that they touch.

        Args:
            place: (2, n) where the points lie in the picture.
            wanted: (n,) one over the depth before which a triangle must begin to hide the point.
        """
        # By their rounding, weights may add up to a little more than 1.
        wanted = wanted * (1 - 1e-9)
        column, row = self._cells(place).astype(np.int64)
        count = np.bincount(CELLS * row + column, minlength=CELLS**2)
        triangle = np.flatnonzero(self._nearest > wanted.min())
        triangle = triangle[np.flatnonzero(_sums(count, *(side.take(triangle) for side in self._sides)))]
        left, top, right, bottom = (side.take(triangle) for side in self._sides)
        owner, offset = _counted(bottom - top + 1)
        # Points sorted by row and column: those in neighbouring cells of one row follow each other.
        order = np.argsort(CELLS * row + column, kind="stable")
        start, line = np.concatenate([[0], np.cumsum(count)]), CELLS * (top[owner] + offset)
        begin = start[line + left[owner]]
        pair, number = _counted(start[line + right[owner] + 1] - begin)
        triangle, point = triangle[owner[pair]], order[begin[pair] + number]
        before = np.flatnonzero(self._nearest[triangle] > wanted[point])
        return triangle[before], point[before]

    def _cells(self, place: Values) -> npt.NDArray[np.int8]:
        """Returns the (2, n) columns and rows of the cells that points of the picture (2, n) lie in."""
        camera = self._camera
        size = np.array([[camera.width], [camera.height]]) / camera.focal
        corner = np.array([[-camera.centre[0]], [camera.centre[1] - camera.height]]) / camera.focal
        return np.asarray(np.floor((place - corner) * (CELLS / size)).clip(0, CELLS - 1), dtype=np.int8)


def _extent(values: npt.NDArray[Any]) -> tuple[npt.NDArray[Any], npt.NDArray[Any]]:
    """Returns the least and the largest (t,) of the values (3, t) of three corners."""
    a, b, c = values
    return np.minimum(np.minimum(a, b), c), np.maximum(np.maximum(a, b), c)


def _sums(count: Index, left: Cells, top: Cells, right: Cells, bottom: Cells) -> Cells:
    """Returns how many points lie in each rectangle of cells: a summed-area table (Crow 1984)."""
    table = np.zeros((CELLS + 1, CELLS + 1), dtype=np.int32)
    table[1:, 1:] = count.reshape(CELLS, CELLS).cumsum(axis=0).cumsum(axis=1)
    flat, above, below = table.ravel(), (CELLS + 1) * top, (CELLS + 1) * (bottom + 1)
    low, high = flat.take(below + right + 1), flat.take(above + right + 1)
    return np.asarray(low - high - flat.take(below + left) + flat.take(above + left))


def _counted(counts: Index) -> tuple[Index, Index]:
    """Returns for counts such as (2, 0, 3) whose each item is, (0, 0, 2, 2, 2), and its number, (0, 1, 0, 1, 2)."""
    owner = np.repeat(np.arange(len(counts)), counts)
    return owner, np.arange(len(owner)) - np.repeat(np.cumsum(counts) - counts, counts)


def _barycentric(triangles: Values, points: Values) -> Values:
    """Returns the (3, m) barycentrics of points (2, m) in triangles (2, 3, m); negative for triangles without area."""
    (ax, bx, cx), (ay, by, cy) = triangles - points[:, None]
    parts = np.stack([bx * cy - by * cx, cx * ay - cy * ax, ax * by - ay * bx])
    area = parts[0] + parts[1] + parts[2]
    flat = np.abs(area) < 1e-18
    return np.where(flat, -1.0, parts / np.where(flat, 1.0, area))
