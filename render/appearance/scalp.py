"""Hair painted on the scalp: all there is of shaven heads, and what shows between strands of others."""

import numpy as np

from faceset.spec import Appearance
from render.appearance.colour import hair_rgb
from render.appearance.noise import generator, movement, shared_noise
from render.appearance.texels import Map, Pixels, corner_of, shades_of, window_of
from render.hair.hairline import style_of, thinned
from render.hair.style import Style
from render.kernels.painting import haired
from render.rigs.surface import Surface
from render.scene import SEGMENT

PURPOSE_HAIR = 3
NOISES = (60, 100), (14, 190)
"""Cells of the noise of the hairline, and of strands."""


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
        inside, azimuth = self.above[self._window], surface.azimuth(position)[self._window]
        self._inside, self._azimuth = np.ascontiguousarray(inside, np.float32), azimuth
        self._left: dict[float, Map] = {}

    def add(self, albedo: Pixels, segments: Pixels, appearance: Appearance) -> None:
        """Paints a person's scalp and its segment."""
        random, size, window = generator(appearance.texture_seed, PURPOSE_HAIR), len(albedo), self._window
        style = style_of(appearance)
        if style.paint <= 0:
            return
        at = np.stack([movement(size, random) for _ in NOISES])
        colour = hair_rgb(appearance.hair_melanin, appearance.hair_redness)
        colour = colour + np.float32(0.8 * appearance.hair_grey) * (0.33 - colour)
        noises = shared_noise(size, NOISES[0]), shared_noise(size, NOISES[1])
        haired(
            albedo,
            segments,
            SEGMENT["hair"],
            self._inside,
            self._thickness(style),
            corner_of(window),
            noises,
            at,
            style.paint,
            shades_of(colour),
        )

    def _thickness(self, style: Style) -> Map:
        """Returns the (h, w) share of hair that a style leaves, kept for the few that there are."""
        if style.bald not in self._left:
            left = thinned(style, self._inside, self._azimuth)
            left[self._ear] = 0
            self._left[style.bald] = left
        return self._left[style.bald]
