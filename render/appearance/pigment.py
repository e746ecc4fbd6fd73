"""Melanin and haemoglobin per texel, and the colours they make through a table."""

from dataclasses import dataclass
from functools import lru_cache

import cv2
import numpy as np
import numpy.typing as npt

from render.appearance.colour import skin_rgb, to_srgb
from render.appearance.texels import Map, Pixels

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
        m = _index(self.melanin, MOST_MELANIN, MELANIN_STEPS)
        m *= HAEMOGLOBIN_STEPS
        m += _index(self.haemoglobin, MOST_HAEMOGLOBIN, HAEMOGLOBIN_STEPS)
        packed = np.take(_table(), m)
        # Drops the fourth byte, whichever colours the other three are.
        return np.asarray(cv2.cvtColor(packed.view(np.uint8).reshape(*m.shape, 4), cv2.COLOR_BGRA2BGR))


def _index(amount: Map, most: float, steps: int) -> npt.NDArray[np.int32]:
    scaled = amount * np.float32((steps - 1) / most)
    scaled += np.float32(0.5)
    return np.clip(scaled, 0, steps - 1, out=scaled).astype(np.int32)


@lru_cache(1)
def _table() -> npt.NDArray[np.uint32]:
    """Returns the sRGB colour of each pair of amounts, four bytes in one number."""
    m = np.linspace(0, MOST_MELANIN, MELANIN_STEPS)[:, None]
    h = np.linspace(0, MOST_HAEMOGLOBIN, HAEMOGLOBIN_STEPS)[None]
    rgb = to_srgb(skin_rgb(m + 0 * h, h + 0 * m)).reshape(-1, 3)
    return np.ascontiguousarray(np.pad(rgb, ((0, 0), (0, 1)))).view(np.uint32).reshape(-1)
