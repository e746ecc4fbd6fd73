"""What is seen at every sample of a grid, in numbers that any machine computes alike.

Samples stand on the corners of half pixels, (2 H + 1, 2 W + 1) of them, the first in the picture's top left corner:
every second one is a pixel's centre.
"""

import numpy as np
import numpy.typing as npt

from render.camera import Camera
from render.kernels.visibility import TILE_SHIFT, draw, furthest

Places = npt.NDArray[np.float64]
Triangles = npt.NDArray[np.int32]


def to_samples(camera: Camera) -> Places:
    """Returns the (3, 4) matrix from world to samples of the grid: (column w, row w, w), w the depth along the axis."""
    (cx, cy), f = camera.centre, camera.focal
    intrinsic = 2 * np.array([[f, 0, -cx], [0, -f, -cy], [0, 0, -0.5]])
    return np.asarray(intrinsic @ camera.world_to_camera[:3])


class Grid:
    """What is seen so far at each sample of a picture.

    Attributes:
        seen: (2 H + 1, 2 W + 1) int32 mesh and triangle, -1 for none.
        nearness: (2 H + 1, 2 W + 1) float32 reciprocal of their depth, 1/m, 0 for none.
    """

    def __init__(self, height: int, width: int) -> None:
        shape = 2 * height + 1, 2 * width + 1
        self.seen, self.nearness = np.full(shape, -1, np.int32), np.zeros(shape, np.float32)
        self._tiles = np.zeros([(side >> TILE_SHIFT) + 1 for side in shape], np.float32)

    def draw(self, place: Places, faces: Triangles, mesh: int) -> None:
        """Draws one mesh: the first one's front before all else, for behind it lies most of what cannot be seen."""
        if mesh == 0:
            draw(place, faces, mesh, 1, self.seen, self.nearness, self._tiles)
            furthest(self.nearness, self._tiles)
        draw(place, faces, mesh, 0 if mesh else -1, self.seen, self.nearness, self._tiles)
