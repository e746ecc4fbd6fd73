"""Hair painted on the scalp: all there is of shaven heads, and what shows between strands of others."""

import numpy as np

from faceset.spec import Appearance
from render.appearance.colour import hair_rgb
from render.appearance.noise import generator, moved, shared_noise, smoothstep
from render.appearance.texels import Map, Pixels, covered, window_of
from render.hair.hairline import style_of, thinned
from render.rigs.surface import Surface
from render.scene import SEGMENT

PURPOSE_HAIR = 3


class Scalp:
    """The scalp of one model.

    Args:
        position: (T, T, 3) places on the average face.
        surface: its hairline and ears.
    """

    def __init__(self, position: Map, surface: Surface) -> None:
        self.above = surface.above_hairline(position)
        self._window = window_of(self.above > -0.02)
        self._ear = surface.is_ear(position)[self._window]
        self._inside, self._azimuth = self.above[self._window], surface.azimuth(position)[self._window]

    def add(self, albedo: Pixels, segments: Pixels, appearance: Appearance) -> None:
        """Paints a person's scalp and its segment."""
        random, size, window = generator(appearance.texture_seed, PURPOSE_HAIR), len(albedo), self._window
        style = style_of(appearance)
        if style.paint <= 0:
            return
        ragged = np.float32(0.004) * moved(shared_noise(size, (60, 100)), random, window)
        inside = smoothstep(-0.004, 0.004, self._inside - ragged)
        inside[self._ear] = 0
        inside *= thinned(style, self._inside, self._azimuth)
        strands = moved(shared_noise(size, (14, 190)), random, window)
        colour = hair_rgb(appearance.hair_melanin, appearance.hair_redness)
        colour = colour + np.float32(0.8 * appearance.hair_grey) * (0.33 - colour)
        segments[window][inside > 0.5] = SEGMENT["hair"]
        covered(albedo, colour, 1 + np.float32(0.35) * strands, inside * np.float32(style.paint), window)
