"""Shadows of one lamp: how much of it reaches each vertex, for renderers that do not trace light.

From where the lamp stands, a map of heights says what is nearest to it; what lies clearly below is in shadow. The
heights are those of the face at rest, and a vertex is where it is at rest: an expression moves no shadow, neither
its own (which it carries along) nor one on what it does not touch, so that the pictures of twins differ where the
face does and nowhere else.
"""

from collections.abc import Iterable, Sequence
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from render.appearance.noise import smoothstep
from render.mesh import corners_of

Single = npt.NDArray[np.float32]
Values = npt.NDArray[np.floating[Any]]

REACH = 0.26
"""The map covers so much to every side of its middle, metres."""

MIDDLE = (0.0, -0.04, -0.05)
"""World frame: in the head, whose eyes are at the origin."""

CELL = 0.004
"""Of the map, metres."""

SIZE = int(2 * REACH / CELL)
"""Cells to a side."""

BELOW, SOFT = 0.004, 0.008
"""A surface so much below another begins to be in its shadow, and so much further is all in it, metres."""

LIFT = 0.003
"""Vertices are looked up so far above their surface, metres."""

PENUMBRA = 0.0055
"""Radius over which shadows are averaged: what a lamp as wide as Blender's makes 8 cm behind an edge, metres."""

VIEW = 2
"""How many cells away from its own a vertex looks at most."""

FLOOR = -1e3
ROUNDING = 1e-5
"""What is so near to all in shadow is looked at in detail, metres."""


class Shadow:
    """What one lamp sees first.

    Args:
        direction: (3,) unit vector towards the lamp.
        casters: vertices (V, 3), all of them used, and triangles (F, 3) of what stands in its way, metres.
    """

    def __init__(self, direction: npt.ArrayLike, casters: Iterable[tuple[Values, npt.NDArray[np.int32]]]) -> None:
        z = np.asarray(direction, dtype=np.float64)
        x = np.cross((0.0, 1.0, 0.0) if abs(z[1]) < 0.9 else (1.0, 0.0, 0.0), z)
        x /= np.linalg.norm(x)
        self._axes = np.stack([x, np.cross(z, x), z], axis=1)
        columns = [self._dense(*caster) for caster in casters]
        column, row, height = (np.concatenate(values) for values in zip(*columns, strict=True))
        heights = np.full(SIZE * SIZE, FLOOR, dtype=np.float32)
        np.maximum.at(heights, _cells(column, row), height)
        # Points lie closer than two cells apart: what is between them is no hole.
        kernel = np.ones((3, 3), np.uint8)
        closed = cv2.morphologyEx(heights.reshape(SIZE, SIZE), cv2.MORPH_CLOSE, kernel, iterations=2)
        closed[[0, -1]] = closed[:, [0, -1]] = FLOOR  # where everything ends up that lies beyond the map
        self._heights = closed.ravel()
        # Within a vertex's view nothing lies higher, and nothing lower, than these.
        around = np.ones((2 * VIEW + 1, 2 * VIEW + 1), np.uint8)
        self._highest, self._lowest = (change(closed, around).ravel() for change in (cv2.dilate, cv2.erode))

    def lit(self, surfaces: Sequence[tuple[Values, Values, float]]) -> list[Single]:
        """Returns the (V,) share of the lamp that reaches each vertex of some surfaces.

        Args:
            surfaces: of each the vertices (V, 3), their unit normals (V, 3), and how far below another surface it
                begins to be in its shadow, metres.
        """
        vertices, normals = (np.concatenate([surface[part] for surface in surfaces]) for part in (0, 1))
        counts = [len(surface[0]) for surface in surfaces]
        below = np.repeat(np.array([surface[2] for surface in surfaces], dtype=np.float32), counts)
        return np.split(self._lit(vertices, normals, below), np.cumsum(counts)[:-1])

    def _lit(self, vertices: Values, normals: Values, below: Single) -> Single:
        # Where the surface turns away from the lamp it has no light to lose, and its own slope would hide it.
        cosine = normals @ self._axes[:, 2]
        facing = smoothstep(0.0, 0.3, cosine)
        towards = np.flatnonzero(facing)
        column, row, height = self._seen(vertices[towards] + LIFT * normals[towards])
        # The map's cells are flat, and a slanted surface rises within each.
        kept = np.clip(cosine[towards], 0.3, 1.0)
        height = height + np.asarray(CELL * np.sqrt(1 - kept**2) / kept, dtype=np.float32)
        out = np.ones(len(vertices), dtype=np.float32)
        out[towards] -= facing[towards] * self._hidden(column, row, height + below[towards])
        return out

    def _hidden(self, column: Single, row: Single, height: Single) -> Single:
        """Returns the (n,) share of their views that lies clearly above places of the map at some heights."""
        cells = _cells(column, row)
        # Most places lie wholly in the light or wholly in the shadow; only at its edge a view is looked at in detail.
        hidden = np.asarray(self._lowest.take(cells) - height > SOFT + ROUNDING, dtype=np.float32)
        edge = np.flatnonzero((self._highest.take(cells) > height) & (hidden == 0))
        over = self._heights.take(_cells(column[edge, None] + OFFSETS[0], row[edge, None] + OFFSETS[1]))
        hidden[edge] = np.clip((over - height[edge, None]) * np.float32(1 / SOFT), 0, 1).mean(axis=1)
        return hidden

    def _seen(self, points: Values) -> tuple[Single, Single, Single]:
        """Returns the (n,) columns and rows of points (n, 3) in the map, in cells, and their heights, metres."""
        x, y, z = np.ascontiguousarray(((points - np.array(MIDDLE)) @ self._axes).T, dtype=np.float32)
        return (x + np.float32(REACH)) / np.float32(CELL), (y + np.float32(REACH)) / np.float32(CELL), z

    def _dense(self, vertices: Values, faces: npt.NDArray[np.int32]) -> list[Single]:
        """Returns what ``_seen`` says of vertices, and of the middles of triangles and of their sides."""
        corners, dense = corners_of(faces), []
        for each in self._seen(vertices):
            a, b, c = each.take(corners)
            dense.append(np.concatenate([each, (a + b) / 2, (b + c) / 2, (c + a) / 2, (a + b + c) / 3]))
        return dense


def _cells(column: Single, row: Single) -> npt.NDArray[np.int32]:
    """Returns the cells of the map that columns and rows (...) lie in; beyond the map, those at its edge."""
    across, down = (np.clip(place, 0, SIZE - 1).astype(np.int32) for place in (column, row))
    return across + SIZE * down


OFFSETS = (
    (PENUMBRA / CELL)
    * np.array(
        [(0.0, 0.0)]
        + [(0.55 * np.cos(turn), 0.55 * np.sin(turn)) for turn in np.arange(4) * np.pi / 2]
        + [(np.cos(turn), np.sin(turn)) for turn in (np.arange(8) + 0.5) * np.pi / 4]
    ).T
).astype(np.float32)
"""Where a vertex looks around itself, (2, 13) columns and rows in cells."""
