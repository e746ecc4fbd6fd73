"""The skin's texture: complexion, marks, lips, beard, brows, scalp and clothes of one person.

Everything is painted in millimetres on the average face (``FaceBasis.texel_position``), so it moves with the skin:
a brow rises because its texels rise.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from faceset.spec import Appearance
from render.appearance.beard import Beard
from render.appearance.brows import Brows
from render.appearance.clothes import Clothes
from render.appearance.complexion import Complexion
from render.appearance.lips import Lips
from render.appearance.marks import Marks
from render.appearance.noise import generator, movement, shared_grain, shared_octaves, smoothstep
from render.appearance.pigment import Pigment
from render.appearance.scalp import Scalp
from render.appearance.texels import Map, Pixels, laid_over, polyline_maps, window_of
from render.face_basis import FaceBasis
from render.kernels.painting import pigmented
from render.rigs.surface import Surface
from render.scene import SEGMENT

EYE_DEPTH = 0.03
"""What lies this far behind the outer eye corner is not the front of the face, metres."""

PURPOSE_SKIN = 1
LASH_LINE: npt.NDArray[Any] = np.array([0.020, 0.013, 0.011], dtype=np.float32)
"""Linear colour of the line on which lashes root."""

CLOUDS, MOTTLING = (((9, 14), 1.0), ((26, 40), 0.5)), (((26, 40), 1.0), ((110, 150), 0.6))
"""Cells and weights of the noise of melanin and of haemoglobin."""

FLUSH = 0.8
"""Haemoglobin of full cheeks over the mean, relative to the mean."""


@dataclass(frozen=True)
class SkinTexture:
    """A painted skin: (T, T, 3) uint8 sRGB and (T, T) uint8 segments."""

    albedo: Pixels
    segments: Pixels


class SkinPainter:
    """Paints skin textures for one face model; the maps that every person shares are made once.

    Attributes:
        bare: (T, T) bool, the bare skin of the face: its mean colour is that of a person's melanin and haemoglobin.
    """

    def __init__(self, basis: FaceBasis, average: npt.NDArray[np.float32], surface: Surface) -> None:
        position, marks = basis.texel_position, basis.landmarks(average).astype(np.float32)
        front = float(marks[36, 2]) - EYE_DEPTH
        middle = float(marks[62, 1] + marks[66, 1]) / 2
        self._lips = Lips(basis.texel_lip, smoothstep(-0.001, 0.001, position[..., 1] - middle))
        self._beard = Beard(position, marks, surface, self._lips.weight)
        self._scalp, self._clothes = Scalp(position, surface), Clothes(position, surface)
        self._brows = Brows(position, marks, front)
        lid = _lid_map(position, marks, front)
        self._lid_window = window_of(lid)
        self._lid = lid[self._lid_window]
        self._plain = _plain_segments(position, marks, surface, self._lips.weight)
        self.bare = self._bare(position, front, float(marks[8, 1]))
        self._complexion = Complexion.of(position, marks, surface, self.bare)
        self._marks = Marks(position, marks, self.bare)

    def paint(self, appearance: Appearance) -> SkinTexture:
        """Returns the texture of one person."""
        pigment, segments = self._skin(appearance), self._plain.copy()
        self._marks.add(pigment, appearance)
        self._lips.add(pigment, appearance)
        albedo = pigment.albedo()
        laid_over(albedo, LASH_LINE, self._lid, self._lid_window)
        self._beard.add(albedo, appearance)
        self._brows.add(albedo, segments, appearance)
        self._scalp.add(albedo, segments, appearance)
        self._clothes.add(albedo, segments, appearance)
        return SkinTexture(albedo, segments)

    def _skin(self, appearance: Appearance) -> Pigment:
        """Returns the pigments of a person's skin without marks."""
        random, size = generator(appearance.texture_seed, PURPOSE_SKIN), len(self.bare)
        noises = shared_octaves(size, CLOUDS), shared_octaves(size, MOTTLING), shared_grain(size)
        at = np.stack([movement(size, random) for _ in noises])
        hollow = (0.02 + 0.03 * appearance.wrinkles) * (0.5 + random.uniform())
        blotch = 0.030 * appearance.blotchiness
        grain = 0.007 + 0.014 * appearance.pores
        melanin = appearance.melanin, 0.8 + 1.2 * appearance.melanin, blotch, grain, hollow
        redness = appearance.haemoglobin
        flush = FLUSH * (0.4 + redness) * random.uniform(0.7, 1.3)
        haemoglobin = redness, flush, 10 * blotch, 8 * hollow * random.uniform()
        maps = self._complexion.maps
        return Pigment(*pigmented(maps, noises, at, _singles(melanin), _singles(haemoglobin)))

    def _bare(self, position: Map, front: float, throat: float) -> npt.NDArray[np.bool_]:
        """Returns the skin of the face on which nothing grows: forehead, cheeks, nose."""
        skin = np.isin(self._plain, (SEGMENT["skin"], SEGMENT["nose"]))
        here = (position[..., 2] > front) & (position[..., 1] > throat)
        bald = (self._beard.weight < 0.05) & (self._scalp.above < -0.012) & ~self._brows.widest
        return np.asarray(skin & here & bald)


def _singles(values: Iterable[float]) -> tuple[np.float32, ...]:
    return tuple(np.float32(value) for value in values)


def _lid_map(position: Map, marks: npt.NDArray[np.float32], front: float) -> Map:
    """Returns a thin line around both eye openings, where lashes root: dark above, faint below."""
    lines = []
    for first in (36, 42):
        ring = np.vstack([marks[first : first + 6], marks[first]])[:, :2].astype(np.float64)
        distance = polyline_maps(position, ring, front, extended=False)[1]
        upper = smoothstep(-0.0005, 0.0015, position[..., 1] - marks[[first, first + 3], 1].mean())
        lines.append(smoothstep(0.0017, 0.0003, distance) * (0.22 + 0.5 * upper))
    return np.asarray(np.maximum(*lines), dtype=np.float32)


def _plain_segments(position: Map, marks: npt.NDArray[np.float32], surface: Surface, lip: Map) -> Pixels:
    x, y, z = np.moveaxis(position, -1, 0)
    segments = np.full(x.shape, SEGMENT["skin"], dtype=np.uint8)
    chin = marks[8, 1] - 0.004 + np.clip((marks[8, 2] - z) * 0.55, 0, 0.075)
    segments[y < chin] = SEGMENT["neck"]
    half_width = np.interp(-y, (-marks[27, 1], -marks[33, 1]), (0.007, 0.0165))
    nose = (np.abs(x) < half_width) & (y < marks[27, 1]) & (y > marks[33, 1]) & (z > marks[27, 2] - 0.04)
    segments[nose] = SEGMENT["nose"]
    ear = surface.is_ear(position)
    segments[ear & (x > 0)], segments[ear & (x < 0)] = SEGMENT["left_ear"], SEGMENT["right_ear"]
    middle = (marks[62, 1] + marks[66, 1]) / 2
    segments[(lip > 0.5) & (y >= middle)] = SEGMENT["upper_lip"]
    segments[(lip > 0.5) & (y < middle)] = SEGMENT["lower_lip"]
    return segments
