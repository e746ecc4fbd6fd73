"""Flow: how far the expression moved what each pixel shows."""

import numpy as np
import numpy.typing as npt

from render.kernels.surface import changed, chosen_places
from render.labels.context import LabelContext


def flow(context: LabelContext) -> npt.NDArray[np.float32]:
    """Returns (H, W, 2) pixels: the place of what a pixel shows minus its place in the picture of the neutral face.

    The neutral face is the neutral twin: same person, pose, gaze and camera. A pixel's centre minus its flow is where
    the twin's picture has the same point, which may be hidden there. Zeros in the background, on occluders and on
    eyeballs, which no expression moves.
    """
    surface, face, camera = context.surface, context.face, context.scene.camera
    out = np.zeros((len(surface.pixel), 2), dtype=np.float32)
    here, there = face.shown, face.rest()
    for chosen, corners in context.face_pixels.values():
        # What has not moved is at the same place to the last bit.
        moved = changed(here, there, corners)
        pixels, corners = chosen[moved], corners[moved]
        places = (chosen_places(each, corners, surface.weights, pixels) for each in (here, there))
        shown, neutral = (camera.project(face.to_world(place)) for place in places)
        out[pixels] = shown - neutral
    return surface.picture(out)
