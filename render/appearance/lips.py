"""Lips: redder than the skin, lined across, with a border that fades."""

import numpy as np

from faceset.spec import Appearance
from render.appearance.noise import generator, moved, shared_noise, smoothstep
from render.appearance.pigment import Pigment
from render.appearance.texels import Map, window_of

BLUR = 2.0
"""Standard deviation of the vermilion border, texels (about 0.6 mm each)."""

PURPOSE_LIPS = 9
LINES = (24, 300)
"""Cells of the noise down and across: lines that run from the border inwards."""


class Lips:
    """The lips of one model.

    Args:
        weight: (T, T) weight of the vermilion.
        upper: (T, T) how far a texel belongs to the upper lip, in [0, 1].
    """

    def __init__(self, weight: Map, upper: Map) -> None:
        from scipy.ndimage import gaussian_filter

        self.weight = np.asarray(smoothstep(0.08, 0.92, gaussian_filter(weight, BLUR)))
        self._window = window_of(self.weight)
        self._share, self._upper = self.weight[self._window], upper[self._window]

    def add(self, pigment: Pigment, appearance: Appearance) -> None:
        """Adds a person's lips to the pigments of the skin; the upper is the darker one."""
        random, size = generator(appearance.texture_seed, PURPOSE_LIPS), len(pigment.melanin)
        lines = moved(shared_noise(size, LINES), random, self._window)
        patches = moved(shared_noise(size, (40, 40)), random, self._window)
        red = 1.0 + 1.5 * appearance.lip_redness + 0.12 * self._upper + 0.16 * lines + 0.12 * patches
        brown = 0.90 * appearance.melanin + 0.03 + 0.035 * self._upper + 0.014 * lines
        share = self._share * np.float32(0.6 + 0.4 * appearance.lip_redness)
        for amount, wanted in ((pigment.melanin, brown), (pigment.haemoglobin, red)):
            amount[self._window] += share * (wanted - amount[self._window])
