"""Melanin and haemoglobin per texel, and the colours they make through a table."""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from render.appearance.colour import skin_rgb, to_srgb
from render.appearance.texels import Map, Pixels
from render.kernels.painting import coloured

MOST_MELANIN, MELANIN_STEPS = 1.2, 600
MOST_HAEMOGLOBIN, HAEMOGLOBIN_STEPS = 3.2, 128


@dataclass(frozen=True)
class Pigment:
    """What colours each texel of the skin; changed in place while it is painted.

    Attributes:
        melanin: (T, T), 0 to ``MOST_MELANIN``.
        haemoglobin: (T, T), 0 to ``MOST_HAEMOGLOBIN``.
    """

    melanin: Map
    haemoglobin: Map

    def albedo(self) -> Pixels:
        """Returns the (T, T, 3) uint8 sRGB colour of the skin."""
        steps = (MELANIN_STEPS - 1) / MOST_MELANIN, (HAEMOGLOBIN_STEPS - 1) / MOST_HAEMOGLOBIN
        return coloured(self.melanin, self.haemoglobin, steps, _table())


@lru_cache(1)
def _table() -> Pixels:
    """Returns the (m, h, 3) sRGB colour of each pair of amounts."""
    m = np.linspace(0, MOST_MELANIN, MELANIN_STEPS)[:, None]
    h = np.linspace(0, MOST_HAEMOGLOBIN, HAEMOGLOBIN_STEPS)[None]
    return to_srgb(skin_rgb(m + 0 * h, h + 0 * m))
