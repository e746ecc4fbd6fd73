"""Flow: how far the expression moved what each pixel shows."""

import numpy as np
import numpy.typing as npt

from render.assembly import resting
from render.labels.context import LabelContext, Seen


def flow(context: LabelContext) -> npt.NDArray[np.float32]:
    """Returns (H, W, 2) pixels: the place of what a pixel shows minus its place in the picture of the neutral face.

    The neutral face is the neutral twin: same person, pose, gaze and camera. A pixel's centre minus its flow is where
    the twin's picture has the same point, which may be hidden there. Zeros in the background, on occluders and on
    eyeballs, which no expression moves.
    """
    out = np.zeros((*context.shape, 2), dtype=np.float32)
    neutral = resting(context.spec, context.model, context.face)
    for seen in context.seen:
        out[seen.mask] = _moved(context, seen, neutral)
    return out


def _moved(context: LabelContext, seen: Seen, neutral: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    vertices = context.model_vertices(seen.mesh)
    if vertices is None:
        return np.zeros((len(seen.triangle), 2))
    face, camera = context.face, context.scene.camera
    here, there = (camera.project(face.to_world(seen.interpolated(each[vertices]))) for each in (face.shown, neutral))
    return np.asarray(here - there)
