"""The 68 iBUG landmarks: fixed places on the mesh, projected."""

import numpy as np
import numpy.typing as npt

from render.labels.context import LabelContext

EDGE = 0.0015
"""How wide an edge is on which a landmark lies, metres."""


def landmarks(context: LabelContext) -> npt.NDArray[np.float32]:
    """Returns the (68, 2) pixel positions; they may lie outside the picture."""
    return context.scene.camera.project(_world(context)).astype(np.float32)


def landmarks_3d(context: LabelContext) -> npt.NDArray[np.float32]:
    """Returns the (68, 3) positions in the camera frame, metres."""
    return context.scene.camera.to_camera(_world(context)).astype(np.float32)


def landmark_visible(context: LabelContext) -> npt.NDArray[np.uint8]:
    """Returns (68,) ones where the landmark lies in the picture and nothing hides it.

    Landmarks on the edges of eyes, lips and jaw count as seen from a little beside them.
    """
    points = context.model.basis.landmarks(context.face.shown)
    return context.in_sight(points, EDGE).astype(np.uint8)


def _world(context: LabelContext) -> npt.NDArray[np.float64]:
    return context.face.to_world(context.model.basis.landmarks(context.face.shown))
