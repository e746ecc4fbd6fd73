"""Brows: short hairs over the painted brow, up at its inner end and outwards along the rest."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.spatial import cKDTree

from faceset.spec import Appearance
from render.appearance.brows import half_height, profile
from render.appearance.noise import generator
from render.hair.growth import unit
from render.hair.riding import Riding, Rooting, bowed
from render.hair.scalp import scattered
from render.hair.skull import Points, spread_out

PURPOSE = 9
HAIRS, CANDIDATES = 110, 1500
"""Hairs of one brow that are drawn, at most, and places among which they are chosen."""


@dataclass(frozen=True, eq=False)
class Brows:
    """Where brow hairs root on a face model.

    Attributes:
        roots: of both brows.
        along: (n,) place from the inner end 0 to the outer 1.
        above: (n,) height over the brow's line, metres.
        onward: (n, 3) unit way along the brow, outwards.
        normal: (n, 3) of the skin.
        average: (V, 3) the average face.
    """

    roots: Rooting
    along: Points
    above: Points
    onward: Points
    normal: Points
    average: Points

    @classmethod
    def of(cls, average: Points, faces: npt.NDArray[np.int32], marks: Points) -> "Brows":
        """Returns the brows of skin triangles (F, 3) with 68 landmarks."""
        lines = [marks[17:22][::-1], marks[22:27]]
        parts = [_one(average, faces, line) for line in lines]
        corners, weights, along, above, onward = (np.concatenate(each) for each in zip(*parts, strict=True))
        roots = Rooting(corners, weights)
        return cls(roots, along, above, onward, roots.frames(average)[:, 2], average)

    def grown(self, person: Appearance) -> Riding:
        """Returns a person's brow hairs."""
        random = generator(person.texture_seed, PURPOSE)
        draws = random.uniform(-1, 1, (len(self.along), 4))
        half = half_height(person.brow_density) * profile(self.along)
        dense = np.abs(self.above) < half * (1.0 + 0.25 * draws[:, 0])
        kept = np.flatnonzero(dense & (0.5 + 0.5 * draws[:, 1] < 0.2 + 0.5 * person.brow_density))
        along, draws = self.along[kept], draws[kept]
        up = np.interp(along, (0.0, 0.25, 0.6, 1.0), (1.1, 0.45, 0.1, -0.1)) - 0.30 * self.above[kept] / half[kept]
        way = self.onward[kept] + (up + 0.15 * draws[:, 2])[:, None] * (0, 1, 0)
        normal = self.normal[kept]
        way = unit(unit(way - (way * normal).sum(axis=1, keepdims=True) * normal) + 0.16 * normal)
        long = 0.0065 * np.interp(along, (0, 0.3, 1), (0.8, 1.0, 0.75)) * (1 + 0.2 * draws[:, 3])
        curves = bowed(way, 0.12 * self.onward[kept] - 0.06 * normal, long, 3)
        width = np.full(len(kept), 0.00050)
        strip = random.uniform(0, 1, len(kept))
        return Riding.grown(self.roots.chosen(kept), self.average, curves, normal, width, strip)


def _one(
    average: Points, faces: npt.NDArray[np.int32], line: Points
) -> tuple[npt.NDArray[np.int32], Points, Points, Points, Points]:
    """Returns corners, weights, place along, height over the line and way outwards of one brow's roots."""
    piece = np.linspace(0, 1, 40, endpoint=False)[None, :, None]
    dense = (line[:-1, None] + piece * np.diff(line, axis=0)[:, None]).reshape(-1, 3)
    middle = average[faces].mean(axis=1)
    near = faces[cKDTree(dense).query(middle)[0] < 0.014]
    corners, weights = scattered(average, near, CANDIDATES)
    place = np.einsum("nk,nkd->nd", weights, average[corners])
    distance, found = cKDTree(dense[:, :2]).query(place[:, :2])
    nearest = np.asarray(found, dtype=np.int64)
    inside = np.flatnonzero((distance < 0.006) & (nearest > 0) & (nearest < len(dense) - 1))
    inside = inside[spread_out(place[inside], HAIRS * 2)]
    onward = unit(np.gradient(dense, axis=0))[nearest[inside]]
    above = place[inside, 1] - dense[nearest[inside], 1]
    return corners[inside], weights[inside], nearest[inside] / len(dense), above, onward
