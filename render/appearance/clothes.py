"""Clothes from the neckline down: crew neck, wide neck, V-neck, shirt and hood, in knitted or woven cloth."""

from dataclasses import dataclass

import numpy as np

from faceset.spec import Appearance
from render.appearance.colour import to_linear
from render.appearance.noise import generator, movement, shared_noise
from render.appearance.texels import Map, Pixels, corner_of, shades_of, window_of
from render.kernels.painting import clothed
from render.rigs.surface import Surface
from render.scene import SEGMENT

PURPOSE_CLOTH = 4
WEAVES = (200, 200), (14, 14)
"""Cells of the noise of fine and coarse weave."""

SLOPE = 0.42
"""How much higher a neckline lies at the back than in front, per metre of depth."""

SEAM = 0.0016
"""Half the width of the seam below a border, metres."""

WIDTH = 0.05
"""Half the width of a V-neck where it meets the neckline, metres."""


@dataclass(frozen=True)
class Neckline:
    """One cut; metres.

    Attributes:
        lower: below the model's collar.
        pointed: further below in the middle.
        band: width of its border.
        tone: brightness of the border over that of the cloth.
        share: how often it is worn, relative to the others.
    """

    lower: float
    pointed: float
    band: float
    tone: float
    share: float


NECKLINES = {
    "crew": Neckline(0.000, 0.0, 0.014, 0.90, 1.0),
    "wide": Neckline(0.012, 0.0, 0.006, 0.92, 0.5),
    "v_neck": Neckline(0.002, 0.045, 0.010, 0.88, 0.6),
    "shirt": Neckline(-0.008, 0.040, 0.024, 1.12, 0.8),
    "turtle": Neckline(-0.016, 0.0, 0.030, 0.95, 0.25),
}
"""By eye, shares as well."""


class Clothes:
    """What the people of one model wear.

    Args:
        position: (T, T, 3) places on the average face.
        surface: its collar.
    """

    def __init__(self, position: Map, surface: Surface) -> None:
        x, y, z = np.moveaxis(position, -1, 0)
        height = y - surface.collar + SLOPE * (z - surface.axis_z)
        self._window = window_of(height < 0.05)
        self._height = np.asarray(height[self._window], dtype=np.float32)
        middle = np.clip(1 - np.abs(x[self._window]) / WIDTH, 0, 1) * (z[self._window] > surface.axis_z)
        self._middle = np.asarray(middle, dtype=np.float32)

    def add(self, albedo: Pixels, segments: Pixels, appearance: Appearance) -> None:
        """Paints a person's clothes and their segment."""
        random = generator(appearance.texture_seed, PURPOSE_CLOTH)
        shares = np.array([cut.share for cut in NECKLINES.values()])
        cut = list(NECKLINES.values())[int(random.choice(len(shares), p=shares / shares.sum()))]
        size = len(albedo)
        at = np.stack([movement(size, random) for _ in WEAVES])
        clothed(
            albedo,
            segments,
            SEGMENT["clothing"],
            self._height,
            self._middle,
            corner_of(self._window),
            (shared_noise(size, WEAVES[0]), shared_noise(size, WEAVES[1])),
            at,
            (cut.lower, cut.pointed, cut.band, cut.tone, SEAM),
            shades_of(_cloth_rgb(random)),
        )


def _cloth_rgb(random: np.random.Generator) -> Map:
    """Returns the (3,) linear colour of cloth: most is dark, white, grey or blue, some is bright."""
    lightness = random.choice([0.13, 0.25, 0.45, 0.85], p=[0.35, 0.25, 0.2, 0.2]) + random.normal(0, 0.05)
    hue = random.uniform(0, 2 * np.pi)
    chroma = random.choice([0.02, 0.10, 0.22], p=[0.45, 0.35, 0.2]) * min(1.0, 2 * lightness)
    tint = chroma * np.cos(hue + np.array([0, -2.1, 2.1]))
    return to_linear(np.clip(lightness + tint, 0.04, 0.9))
