"""Sight: which points a camera sees among triangles, decided for each point's own ray and not for pixels."""

from collections.abc import Iterable

import numpy as np
import numpy.typing as npt

from render.camera import Camera
from render.kernels.sight import CELLS, extents, hidden, seen
from render.scene import SceneMesh

Values = npt.NDArray[np.float64]


class Sight:
    """What stands in the way of a camera.

    Args:
        meshes: of a scene, in front of the camera; seen from either side.
        camera: who looks.
    """

    def __init__(self, meshes: Iterable[SceneMesh], camera: Camera) -> None:
        kept = list(meshes)
        starts = np.cumsum([0, *(len(mesh.vertices) for mesh in kept)]).tolist()
        parts = [mesh.faces + np.int32(start) for mesh, start in zip(kept, starts, strict=False)]
        self._faces = np.concatenate(parts)
        self._grid = _grid(camera)
        matrix = camera.world_to_camera
        turn, shift = np.ascontiguousarray(matrix[:3, :3]), np.ascontiguousarray(matrix[:3, 3])
        # One over depth is linear in the picture.
        self._place = seen(np.concatenate([mesh.vertices for mesh in kept]), turn, shift)
        self._box, self._nearest = extents(self._place, self._faces, self._grid)

    def clear(self, points: Values, margin: float) -> npt.NDArray[np.bool_]:
        """Returns (n,) whether nothing lies more than ``margin`` metres nearer on the ray to each point.

        Args:
            points: (n, 3) in the camera's frame, in front of it, metres.
            margin: how far, along the axis, a surface may lie before a point and still be its own.
        """
        place = points[:, :2] / -points[:, 2:]
        wanted = 1 / np.maximum(-points[:, 2] - margin, 1e-6)
        found = hidden(self._place, self._faces, self._box, self._nearest, place, wanted, self._grid)
        return np.logical_not(found)


def _grid(camera: Camera) -> Values:
    """Returns the (4,) left and lower end of the picture at unit depth, and the cells per unit across and up."""
    left, low = -camera.centre[0], camera.centre[1] - camera.height
    across, up = CELLS / camera.width, CELLS / camera.height
    return np.array([left / camera.focal, low / camera.focal, across * camera.focal, up * camera.focal])
