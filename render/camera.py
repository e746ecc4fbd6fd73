"""The pinhole camera: looks along -Z, +Y up; pixel centres at +0.5 from the top-left corner."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from render.kernels.placing import moved, projected

Matrix = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Camera:
    """Square pixels, no skew, any principal point.

    Attributes:
        focal: focal length in pixels.
        centre: principal point (x, y) in pixels.
        world_to_camera: (4, 4) rigid transform.
        width: image width, pixels.
        height: image height, pixels.
    """

    focal: float
    centre: tuple[float, float]
    world_to_camera: Matrix
    width: int
    height: int

    def to_camera(self, points: npt.ArrayLike) -> Matrix:
        """Returns (n, 3) world points in the camera frame, metres."""
        return moved(np.ascontiguousarray(points, dtype=np.float64), self.world_to_camera)

    def project(self, points: npt.ArrayLike) -> Matrix:
        """Returns the (n, 2) pixel positions of (n, 3) world points: u = cx + f x/(-z), v = cy - f y/(-z)."""
        return projected(self.to_camera(points), self.focal, self.centre)

    def projection(self, near: float = 0.05, far: float = 10.0) -> Matrix:
        """Returns the (4, 4) OpenGL projection, clip = P @ camera, that puts points where ``project`` does."""
        f, (cx, cy), w, h = self.focal, self.centre, self.width, self.height
        return np.array(
            [
                [2 * f / w, 0, 1 - 2 * cx / w, 0],
                [0, 2 * f / h, 2 * cy / h - 1, 0],
                [0, 0, -(far + near) / (far - near), -2 * far * near / (far - near)],
                [0, 0, -1, 0],
            ]
        )

    def vector(self) -> npt.NDArray[np.float32]:
        """Returns the (16,) channel ``camera``: fx, fy, cx, cy and the row-major 3x4 world_to_camera."""
        head = [self.focal, self.focal, *self.centre]
        return np.concatenate([head, self.world_to_camera[:3].ravel()]).astype(np.float32)

    def framed(self, scale: float, angle: float, shift: tuple[float, float], width: int, height: int) -> "Camera":
        """Returns the camera whose picture is this picture under the similarity p' = s R(angle) p + shift.

        Rotating the picture about the principal ray is rotating the camera about its axis, so the result is again a
        pinhole camera without skew. ``R(angle)`` is the matrix [[c, -s], [s, c]] acting on (x right, y down).
        """
        c, s = np.cos(angle), np.sin(angle)
        turn = np.eye(4)
        turn[:2, :2] = [[c, s], [-s, c]]
        cx, cy = self.centre
        centre = (scale * (c * cx - s * cy) + shift[0], scale * (s * cx + c * cy) + shift[1])
        return Camera(self.focal * scale, centre, turn @ self.world_to_camera, width, height)
