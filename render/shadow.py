"""Shadows of one lamp: how much of it reaches each vertex, for renderers that do not trace light.

From where the lamp stands, a map of heights says what is nearest to it; what lies clearly below is in shadow. The
heights are those of the face at rest, and a vertex is where it is at rest: an expression moves no shadow, neither
its own (which it carries along) nor one on what it does not touch, so that the pictures of twins differ where the
face does and nowhere else.
"""

from collections.abc import Iterable
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from render.appearance.noise import smoothstep

Single = npt.NDArray[np.float32]
Values = npt.NDArray[np.floating[Any]]

REACH = 0.26
"""The map covers so much to every side of its middle, metres."""

MIDDLE = (0.0, -0.04, -0.05)
"""World frame: in the head, whose eyes are at the origin."""

CELL = 0.004
"""Of the map, metres."""

BELOW, SOFT = 0.004, 0.008
"""A surface so much below another begins to be in its shadow, and so much further is all in it, metres."""

LIFT = 0.003
"""Vertices are looked up so far above their surface, metres."""

PENUMBRA = 0.0055
"""Radius over which shadows are averaged: what a lamp as wide as Blender's makes 8 cm behind an edge, metres."""

FLOOR = -1e3


class Shadow:
    """What one lamp sees first.

    Args:
        direction: (3,) unit vector towards the lamp.
        casters: vertices (V, 3) and triangles (F, 3) of what stands in its way, metres.
    """

    def __init__(self, direction: npt.ArrayLike, casters: Iterable[tuple[Values, npt.NDArray[np.int32]]]) -> None:
        z = np.asarray(direction, dtype=np.float64)
        x = np.cross((0.0, 1.0, 0.0) if abs(z[1]) < 0.9 else (1.0, 0.0, 0.0), z)
        x /= np.linalg.norm(x)
        self._axes = np.stack([x, np.cross(z, x), z], axis=1)
        size = int(2 * REACH / CELL)
        heights = np.full(size * size, FLOOR, dtype=np.float32)
        place, height = self._seen(np.concatenate([_dense(*caster) for caster in casters]))
        cell = np.floor(place).astype(np.int64)
        within = ((cell >= 0) & (cell < size)).all(axis=1)
        np.maximum.at(heights, cell[within] @ [1, size], height[within])
        # Points lie closer than two cells apart: what is between them is no hole.
        kernel = np.ones((3, 3), np.uint8)
        self._heights = cv2.morphologyEx(heights.reshape(size, size), cv2.MORPH_CLOSE, kernel, iterations=2)

    def lit(self, vertices: Values, normals: Values, below: float = BELOW) -> Single:
        """Returns the (V,) share of the lamp that reaches vertices (V, 3) with unit normals (V, 3)."""
        place, height = self._seen(vertices + LIFT * normals)
        hidden = np.zeros(len(vertices), dtype=np.float32)
        for x, y in OFFSETS:
            at = (place + np.array([x, y])).astype(np.float32)
            over = cv2.remap(
                self._heights, at[:, None, 0] - 0.5, at[:, None, 1] - 0.5, cv2.INTER_NEAREST, None,
                cv2.BORDER_CONSTANT, FLOOR,
            )[:, 0]  # fmt: skip
            hidden += np.clip((over - height - below) / SOFT, 0, 1)
        # Where the surface turns away from the lamp it has no light to lose, and its own slope would hide it.
        facing = smoothstep(0.0, 0.3, normals @ self._axes[:, 2])
        return np.asarray(1 - facing * hidden / len(OFFSETS), dtype=np.float32)

    def _seen(self, points: Values) -> tuple[Values, Single]:
        """Returns where points (n, 3) lie in the map, in cells, and their (n,) heights towards the lamp."""
        turned = (points - np.array(MIDDLE)) @ self._axes
        return (turned[:, :2] + REACH) / CELL, turned[:, 2].astype(np.float32)


OFFSETS = tuple((radius * np.cos(turn), radius * np.sin(turn)) for radius, turn in [(0.0, 0.0)]) + tuple(
    (share * PENUMBRA / CELL * np.cos(turn), share * PENUMBRA / CELL * np.sin(turn))
    for share, turn in [(0.55, 2 * np.pi * k / 4) for k in range(4)]
    + [(1.0, 2 * np.pi * (k + 0.5) / 8) for k in range(8)]
)
"""Where a vertex looks around itself, in cells."""


def _dense(vertices: Values, faces: npt.NDArray[np.int32]) -> Values:
    """Returns vertices, the middles of triangles and of their sides."""
    a, b, c = (vertices[faces[:, corner]] for corner in range(3))
    return np.concatenate([vertices, (a + b) / 2, (b + c) / 2, (c + a) / 2, (a + b + c) / 3])
