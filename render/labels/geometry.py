"""Head pose, gaze, camera, and who the sample is."""

import numpy as np
import numpy.typing as npt

from render.assembly import head_pose_in_camera
from render.labels.context import LabelContext


def head_pose(context: LabelContext) -> npt.NDArray[np.float32]:
    """Returns (yaw, pitch, roll) of the head relative to the framed camera, radians."""
    return np.array(head_pose_in_camera(context.spec, context.scene.camera), dtype=np.float32)


def head_forward(context: LabelContext) -> npt.NDArray[np.float32]:
    """Returns () how far the head is thrust forward along its own axis, metres: AU57 and AU58."""
    return np.array(context.spec.head_forward, dtype=np.float32)


def gaze(context: LabelContext) -> npt.NDArray[np.float32]:
    """Returns (yaw, pitch) of both eyes relative to the head, radians."""
    return np.array(context.spec.gaze, dtype=np.float32)


def camera(context: LabelContext) -> npt.NDArray[np.float32]:
    """Returns the (16,) camera: fx, fy, cx, cy and the row-major 3x4 world_to_camera."""
    return context.scene.camera.vector()


def identity(context: LabelContext) -> str:
    """Returns the person's name."""
    return context.spec.identity.name


def twin_of(context: LabelContext) -> str:
    """Returns the key of the sample that differs in its expression alone, or ""."""
    return context.spec.twin_of


def sample_key(context: LabelContext) -> str:
    """Returns the sample's unique name."""
    return context.spec.key


def source(context: LabelContext) -> str:
    """Returns the set that the sample belongs to: the part of its key before the number."""
    return context.spec.key.rsplit("-", 1)[0]
