"""Flow: how far the expression moved what each pixel shows."""

import numpy as np
import numpy.typing as npt

from render.labels.context import LabelContext

Vertices = npt.NDArray[np.float64]


def flow(context: LabelContext) -> npt.NDArray[np.float32]:
    """Returns (H, W, 2) pixels: the place of what a pixel shows minus its place in the picture of the neutral face.

    The neutral face is the neutral twin: same person, pose, gaze and camera. A pixel's centre minus its flow is where
    the twin's picture has the same point, which may be hidden there. Zeros in the background, on occluders and on
    eyeballs, which no expression moves.
    """
    surface, face, camera = context.surface, context.face, context.scene.camera
    here, there = _model_vertices(context, face.rest())
    # What has not moved is at the same place to the last bit.
    x, y, z = (here != there).T
    a, b, c = (x | y | z).take(surface.corners).T
    moved = np.flatnonzero(a | b | c)
    shown, neutral = (camera.project(face.to_world(surface.interpolated(each, moved))) for each in (here, there))
    return surface.picture((shown - neutral).astype(np.float32), moved)


def _model_vertices(context: LabelContext, neutral: Vertices) -> tuple[Vertices, Vertices]:
    """Returns (V, 3) where all vertices are and were, model frame; zeros for what no expression moves."""
    surface = context.surface
    here, there = np.zeros((2, surface.num_vertices, 3))
    for mesh in surface.meshes:
        vertices = context.model_vertices(mesh)
        if vertices is not None:
            part = surface.parts[mesh.name]
            here[part], there[part] = context.face.shown[vertices], neutral[vertices]
    return here, there
