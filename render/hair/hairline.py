"""Where a style has hair at all: the painter of skins and the roots ask the same."""

import numpy as np
import numpy.typing as npt

from faceset.spec import Appearance
from render.appearance.noise import smoothstep
from render.errors import RenderError
from render.hair.style import Style
from render.hair.styles import STYLES
from render.rigs.surface import Positions


def style_of(person: Appearance) -> Style:
    """Returns the style of scalp hair of a person.

    Raises:
        RenderError: there is no such style.
    """
    if person.hair_style not in STYLES:
        raise RenderError(f"unknown hair style {person.hair_style!r}; known: {', '.join(STYLES)}")
    return STYLES[person.hair_style]


def thinned(style: Style, inside: Positions, azimuth: Positions) -> npt.NDArray[np.float32]:
    """Returns how much hair a style leaves (...) at places by height above the hairline, metres, and azimuth: 0 to 1.

    Hair goes first at the temples and the crown; a wreath around the ears and the nape stays.
    """
    if style.bald <= 0:
        return np.ones(np.shape(inside), dtype=np.float32)
    front = np.clip(1 - azimuth / 1.25, 0.0, 1.0)
    temples = np.exp(-(((azimuth - 0.65) / 0.3) ** 2))
    retreat = style.bald * (0.09 * front + 0.035 * temples)
    kept = smoothstep(-0.004, 0.008, inside - retreat)
    wreath = 0.055 + 0.05 * np.clip((azimuth - 1.2) / 1.2, 0, 1)
    crown = smoothstep(0.0, 0.02, inside - wreath) * (1.0 if style.bald > 0.7 else 0.0)
    return np.asarray(kept * (1 - crown), dtype=np.float32)
