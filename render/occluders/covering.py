"""Hair under what covers the head: what would stick through a hat is not drawn, what hangs from below it is."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from functools import partial

import numpy as np
import numpy.typing as npt

from render.occluders.head import Axes
from render.scene import SceneMesh, Strands

STEP = np.pi / 36
"""Directions are told apart by so much, radians."""

Points = npt.NDArray[np.float64]


def uncovered(hair: Sequence[SceneMesh], covers: Iterable[SceneMesh], axes: Axes) -> list[SceneMesh]:
    """Returns hair without the triangles that lie in a direction, seen from the middle of the head, that a cover takes.

    Args:
        hair: meshes of scalp hair, world frame.
        covers: what lies over it, world frame.
        axes: the head's frame.
    """
    taken = np.zeros((int(np.pi / STEP) + 1, int(2 * np.pi / STEP) + 1), dtype=bool)
    for cover in covers:
        corners = cover.vertices[cover.faces].astype(np.float64)
        spread = np.concatenate([corners.reshape(-1, 3), corners.mean(axis=1)])
        taken[_cells(axes.local(spread))] = True
    kept = []
    for mesh in hair:
        hidden = taken[_cells(axes.local(mesh.vertices.astype(np.float64)))]
        faces = mesh.faces[~hidden[mesh.faces].any(axis=1)]
        hairs = None if mesh.strands is None else partial(_below, mesh.strands, taken, axes)
        kept += [replace(mesh, faces=faces, strands=hairs)] if len(faces) else []
    return kept


def _below(strands: Callable[[], Strands], taken: npt.NDArray[np.bool_], axes: Axes) -> Strands:
    """Returns what of hairs comes out from under a cover: each from where it was last under it."""
    whole = strands()
    count, points, _ = whole.points.shape
    hidden = taken[_cells(axes.local(whole.points.reshape(-1, 3).astype(np.float64)))].reshape(count, points)
    first = np.where(hidden.any(axis=1), points - np.argmax(hidden[:, ::-1], axis=1), 0)
    left = np.flatnonzero(first < points - 1)
    place = first[left, None] + np.linspace(0, 1, points) * (points - 1 - first[left, None])
    low = np.minimum(place.astype(np.int64), points - 2)
    share, curves = (place - low)[..., None], whole.points[left]
    rows = np.arange(len(left))[:, None]
    cut = (1 - share) * curves[rows, low] + share * curves[rows, low + 1]
    return Strands(cut.astype(np.float32), whole.radius, whole.rgb[left])


def _cells(points: Points) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Returns the row and the column of the direction of points (n, 3)."""
    x, y, z = points.T
    row = (np.arctan2(y, np.hypot(x, z)) + np.pi / 2) / STEP
    return row.astype(np.int64), ((np.arctan2(x, z) + np.pi) / STEP).astype(np.int64)
