"""The colour of hair: streaks of single hairs along a ribbon, some of them grey."""

from functools import lru_cache

import numpy as np
import numpy.typing as npt

from faceset.spec import Appearance
from render.appearance.colour import ENCODED, hair_rgb
from render.appearance.noise import generator
from render.kernels.encoding import shaded_rows

HEIGHT, WIDTH = 64, 64
"""Texels; square, so that smaller sizes blend the hairs of a ribbon before they are finer than a pixel."""

PURPOSE = 6
BLENDED = 0.6
"""How far the texture's hairs are those of a whole lock, in [0, 1]."""

GREY = np.array([0.42, 0.41, 0.39])
"""Linear reflectance of a lock of hairs without pigment; by eye."""

Linear = npt.NDArray[np.float32]


def lock_rgb(person: Appearance, count: int, random: np.random.Generator) -> Linear:
    """Returns the (count, 3) linear reflectance of single locks: they differ, and some are grey."""
    base = hair_rgb(person.hair_melanin, person.hair_redness).astype(np.float64)
    lighter = hair_rgb(max(0.0, person.hair_melanin - 0.12), person.hair_redness)
    mix = random.uniform(0, 1, (count, 1)) ** 2
    own = (base * (1 - mix) + lighter * mix) * np.exp(0.35 * random.standard_normal((count, 1)))
    grey = np.clip(4 * (person.hair_grey - random.uniform(0, 1, (count, 1))) + 0.5, 0, 1)
    return np.asarray(own + grey * person.hair_grey**0.3 * (GREY - own), dtype=np.float32)


@lru_cache(64)
def lock_texture(person: Appearance) -> npt.NDArray[np.uint8]:
    """Returns the (HEIGHT, WIDTH, 3) sRGB texture of a person's hair, v from root to tip; u repeats."""
    random = generator(person.texture_seed, PURPOSE)
    hairs = lock_rgb(person, WIDTH, random)
    # A ribbon stands for dozens of hairs: what single ones differ by is mostly their mean already.
    fine = hairs + BLENDED * (hairs.mean(axis=0) - hairs)
    coarse = np.exp(0.15 * random.standard_normal((16, 1))).repeat(WIDTH // 16, axis=0)
    along = np.linspace(0.72, 1.12, HEIGHT)
    return shaded_rows((fine * coarse).astype(np.float32), along, 0.9, ENCODED)
