"""Materials and flat colours of the parts that have no texture of their own."""

from functools import lru_cache

import numpy as np
import numpy.typing as npt

from render.appearance.colour import to_linear, to_srgb
from render.appearance.teeth import tint
from render.scene import Material

SKIN = Material(specular=0.55, roughness=0.48, subsurface=1.0)
EYE = Material(specular=1.6, roughness=0.12)
FLAT = Material(specular=0.5, roughness=0.35)
CLOSED = Material(specular=0.15, roughness=0.5)

PART_RGB = {
    "eye_socket": (150, 92, 84),
    "mouth_cavity": (92, 34, 34),
    "upper_teeth": (226, 218, 200),
    "lower_teeth": (218, 209, 190),
    "tongue": (172, 84, 84),
    "gums": (168, 92, 92),
}


@lru_cache(64)
def flat_texture(part: str, shade: float = 0.3) -> npt.NDArray[np.uint8]:
    """Returns a (4, 4, 3) uint8 sRGB texture of one colour; that of teeth has a shade (``teeth.tint``)."""
    colour = to_linear(np.array(PART_RGB[part]) / 255) * (tint(shade) if part.endswith("_teeth") else 1.0)
    return np.broadcast_to(to_srgb(colour), (4, 4, 3)).copy()
