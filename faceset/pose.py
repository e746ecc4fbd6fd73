"""Rotations of the head and of the eyes: yaw, pitch and roll in radians.

All three are zero when the face looks into the camera. +yaw turns towards the person's left (+X), +pitch up (+Y),
+roll is counter-clockwise in the image: the head leans to the person's right shoulder.
"""

import numpy as np
import numpy.typing as npt

Matrix = npt.NDArray[np.float64]


def rotation(yaw: float, pitch: float, roll: float = 0.0) -> Matrix:
    """Returns the (3, 3) rotation Ry(yaw) Rx(-pitch) Rz(roll): head coordinates to camera-aligned coordinates."""
    cy, sy, cp, sp, cr, sr = np.cos(yaw), np.sin(yaw), np.cos(pitch), np.sin(pitch), np.cos(roll), np.sin(roll)
    about_y = np.array([[cy, 0, sy], [0, 1, 0], [-sy, 0, cy]])
    about_x = np.array([[1, 0, 0], [0, cp, sp], [0, -sp, cp]])
    about_z = np.array([[cr, -sr, 0], [sr, cr, 0], [0, 0, 1]])
    return np.asarray(about_y @ about_x @ about_z)


def angles(matrix: Matrix) -> tuple[float, float, float]:
    """Returns the (yaw, pitch, roll) of a rotation: the inverse of ``rotation`` for pitch within (-pi/2, pi/2)."""
    forward = matrix[:, 2]
    yaw = np.arctan2(forward[0], forward[2])
    pitch = np.arcsin(np.clip(forward[1], -1.0, 1.0))
    roll = np.arctan2(matrix[1, 0], matrix[1, 1])
    return float(yaw), float(pitch), float(roll)


def upright(head_pose: npt.ArrayLike, camera: npt.ArrayLike) -> Matrix:
    """Returns the (N, 3) yaw, pitch and roll of heads in the upright world, radians.

    The channel ``head_pose`` is relative to the camera, and a camera that frames an aligned face leans with the head.

    Args:
        head_pose: (N, 3) relative to the camera, radians.
        camera: (N, 16) the channel of that name.
    """
    turns = np.asarray(camera, dtype=np.float64)[:, 4:].reshape(-1, 3, 4)[:, :, :3]
    poses = np.asarray(head_pose, dtype=np.float64).reshape(-1, 3)
    found = [angles(turn.T @ rotation(*pose)) for turn, pose in zip(turns, poses, strict=True)]
    return np.array(found).reshape(-1, 3)
