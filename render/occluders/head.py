"""What an occluder may know of a head: where it is, and where its expressions may bring it."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
import numpy.typing as npt

from render.camera import Camera
from render.kernels.occluders import in_axes
from render.scene import Pixels, SceneMesh

Points = npt.NDArray[np.float64]

BELOW = 0.045
"""How far below the chin of a closed mouth that of an open one may come, metres."""


@dataclass(frozen=True)
class Axes:
    """The frame of one head: x to the person's left, y up, z forward; its origin is the middle between the ears.

    Attributes:
        origin: (3,) world place of the origin, metres.
        turn: (3, 3) world directions of the axes, one for each row.
    """

    origin: Points
    turn: Points

    def local(self, points: Points) -> Points:
        """Returns world points (n, 3) in the head's frame."""
        return in_axes(points, self.origin, self.turn)

    def world(self, points: Points) -> Points:
        """Returns points (..., 3) of the head's frame in the world."""
        return np.asarray(points @ self.turn + self.origin)


@dataclass(frozen=True)
class Head:
    """One head without expression, world frame, metres. It is the same for all twins.

    Attributes:
        landmarks: (68, 3) landmarks of the neutral face.
        skin: (n, 3) points spread over its skin, hair included.
        reach: (m, 3) points that its skin and tongue may come to when an Action Unit moves them.
        ears: points of the right and of the left ear, (e, 3) each.
        camera: who looks at it.
        skin_rgb: (3,) sRGB of its skin in [0, 1].
        hair: (h, w, 3) uint8 sRGB texture of its hair, v from root to tip; u repeats.
    """

    landmarks: Points
    skin: Points
    reach: Points
    ears: tuple[Points, Points]
    camera: Camera
    skin_rgb: Points
    hair: Pixels

    @cached_property
    def everywhere(self) -> Points:
        """All (k, 3) points where head, neck and shoulders are or may be, head's frame."""
        return self.axes.local(np.concatenate([self.skin, self.reach]))

    @cached_property
    def points(self) -> Points:
        """Those from a little below the chin upwards, (k, 3)."""
        points = self.everywhere
        high = np.flatnonzero(points[:, 1] > self.axes.local(self.landmarks)[8, 1] - BELOW)
        return points.take(high, axis=0)

    def wearing(self, worn: Iterable[SceneMesh]) -> "Head":
        """Returns the head with what it wears already, as if it had grown there."""
        corners = np.concatenate([mesh.vertices[mesh.faces].astype(np.float64) for mesh in worn])
        sides = (corners + np.roll(corners, -1, axis=1)) / 2
        spread = (corners.reshape(-1, 3), sides.reshape(-1, 3), corners.mean(axis=1))
        return replace(self, skin=np.concatenate([self.skin, *spread]))

    @cached_property
    def axes(self) -> Axes:
        """The frame of this head."""
        left, up, forward, _ = face_frame(self.landmarks)
        return Axes(self.landmarks[[0, 16]].mean(axis=0), np.stack([left, up, forward]))


def face_frame(landmarks: Points) -> tuple[Points, Points, Points, float]:
    """Returns the face's unit axes (to the person's left, up, forward) and its width, from 68 landmarks."""
    left = landmarks[45] - landmarks[36]
    left = left / np.linalg.norm(left)
    up = landmarks[27] - landmarks[8]
    up = up - (up @ left) * left
    up = up / np.linalg.norm(up)
    return left, up, np.cross(left, up), float(np.linalg.norm(landmarks[16] - landmarks[0]))
