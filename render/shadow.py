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

from render.kernels.shadow import SIZE, cast, lit

Single = npt.NDArray[np.float32]
Values = npt.NDArray[np.floating[Any]]

BELOW = 0.004
"""A surface so much below another begins to be in its shadow, metres."""

VIEW = 2
"""How many cells away from its own a vertex looks at most."""

FLOOR = -1e3


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
        heights = np.full(SIZE * SIZE, FLOOR, dtype=np.float32)
        for vertices, faces in casters:
            cast(heights, self._axes, vertices, faces)
        # Points lie closer than two cells apart: what is between them is no hole.
        kernel = np.ones((3, 3), np.uint8)
        closed = cv2.morphologyEx(heights.reshape(SIZE, SIZE), cv2.MORPH_CLOSE, kernel, iterations=2)
        closed[[0, -1]] = closed[:, [0, -1]] = FLOOR  # where everything ends up that lies beyond the map
        # Within a vertex's view nothing lies higher, and nothing lower, than these.
        around = np.ones((2 * VIEW + 1, 2 * VIEW + 1), np.uint8)
        maps = (closed, cv2.dilate(closed, around), cv2.erode(closed, around))
        self._maps = np.stack(maps).reshape(len(maps), -1).astype(np.float32, copy=False)

    def lit(self, vertices: Values, normals: Single, below: float = BELOW) -> Single:
        """Returns the (V,) share of the lamp that reaches each vertex.

        Args:
            vertices: (V, 3) of a surface, metres.
            normals: (V, 3) unit.
            below: how far below another surface it begins to be in its shadow, metres.
        """
        return lit(self._maps, self._axes, vertices, normals, below)
