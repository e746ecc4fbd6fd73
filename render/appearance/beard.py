"""The shadow of a shaven beard, and stubble as dots."""

import numpy as np
import numpy.typing as npt

from faceset.spec import Appearance
from render.appearance.colour import ENCODED, LINEAR, hair_rgb
from render.appearance.noise import generator, movement, shared_grain, smoothstep
from render.appearance.texels import Map, Pixels, corner_of, window_of
from render.kernels.painting import shaven
from render.rigs.surface import Surface

PURPOSE_BEARD = 10
SHADOW = np.array((0.62, 0.74, 0.86), dtype=np.float32)
"""What skin over the roots of dark hair reflects of red, green and blue: they lie deep, so the shadow is bluish."""

COVERED = 0.7
"""How much of the skin under a beard is the colour of its hair."""


class Beard:
    """Where a beard may grow on one model.

    Args:
        position: (T, T, 3) places on the average face.
        landmarks: its (68, 3) landmarks.
        surface: its throat and bare cheek.
        lip: (T, T) weight of the lips, on which nothing grows.
    """

    def __init__(self, position: Map, landmarks: npt.NDArray[np.float32], surface: Surface, lip: Map) -> None:
        self.weight = _beard(position, landmarks, surface) * (1 - lip)
        self._window = window_of(self.weight)
        self._share = np.ascontiguousarray(self.weight[self._window])

    def add(self, albedo: Pixels, appearance: Appearance) -> None:
        """Darkens a person's skin where he shaves."""
        if appearance.stubble <= 0:
            return
        random = generator(appearance.texture_seed, PURPOSE_BEARD)
        hair = hair_rgb(appearance.hair_melanin, 0.2 + 0.5 * appearance.hair_redness)
        # Grey and blond hair hardly shadows the skin.
        darkness = float(np.clip(1.3 - 4 * hair.mean(), 0.25, 1.0) * min(1.0, 1.2 * appearance.stubble))
        size, stubble = len(albedo), appearance.stubble
        # Under a beard hardly any skin is seen.
        covered = COVERED * float(np.clip((stubble - 0.65) / 0.25, 0, 1))
        amounts = darkness, covered, 0.9 * stubble, 1.1 - 0.9 * stubble
        at, grain, corner = movement(size, random), shared_grain(size), corner_of(self._window)
        shaven(albedo, self._share, corner, grain, at, amounts, SHADOW, hair, LINEAR, ENCODED)


def _beard(position: Map, landmarks: npt.NDArray[np.float32], surface: Surface) -> Map:
    x, y, z = np.moveaxis(position, -1, 0)
    beard = surface.beard
    top = landmarks[33, 1] - 0.002 + np.maximum(np.abs(x) - 0.03, 0) * 0.55
    jaw = (
        smoothstep(0.0, -0.014, y - top) * smoothstep(*beard.throat, y) * smoothstep(-0.025, 0.005, z - surface.axis_z)
    )
    cheek = smoothstep(0.02, 0.045, np.hypot(x - np.sign(x) * beard.cheek[0], (y - beard.cheek[1]) * 1.2))
    return np.asarray(jaw * cheek, dtype=np.float32)
