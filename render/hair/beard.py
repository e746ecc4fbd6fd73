"""Facial hair: short ribbons on lip, chin, jaw and cheeks that move with the skin."""

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from faceset.spec import Appearance
from render.appearance.noise import generator, smoothstep
from render.errors import RenderError
from render.hair.growth import unit
from render.hair.riding import Riding, Rooting, bowed
from render.hair.scalp import scattered
from render.hair.skull import Points, spread_out
from render.hair.style import FacialHair
from render.hair.styles import FACIAL_HAIR
from render.mesh import Topology
from render.rigs.surface import Surface

PURPOSE = 10
HAIRS, LIP_HAIRS, CANDIDATES = 1300, 260, 16000


def beard_of(person: Appearance) -> FacialHair:
    """Returns the style of facial hair of a person.

    Raises:
        RenderError: there is no such style.
    """
    if person.facial_hair not in FACIAL_HAIR:
        raise RenderError(f"unknown facial hair {person.facial_hair!r}; known: {', '.join(FACIAL_HAIR)}")
    return FACIAL_HAIR[person.facial_hair]


def shadowed(person: Appearance) -> Appearance:
    """Returns a person with the stubble that is painted under the beard, so that no skin shines through it."""
    return replace(person, stubble=max(person.stubble, beard_of(person).shadow))


@dataclass(frozen=True, eq=False)
class Beards:
    """Where facial hair roots on a face model.

    Attributes:
        roots: of all of it.
        place: (n, 3) on the average face.
        moustache: (n,) how far each root belongs to the moustache, 0 to 1.
        chin: (n,) to the chin.
        cheeks: (n,) to jaw, cheeks and throat.
        normal: (n, 3) of the skin, smooth.
        average: (V, 3) the average face.
    """

    roots: Rooting
    place: Points
    moustache: Points
    chin: Points
    cheeks: Points
    normal: Points
    average: Points

    @classmethod
    def of(
        cls, average: Points, faces: npt.NDArray[np.int32], lip: Points, marks: Points, surface: Surface
    ) -> "Beards":
        """Returns the beards of skin triangles (F, 3); ``lip`` (V,) is the weight of the vermilion."""
        middle = average[faces].mean(axis=1)
        low, high = surface.beard.throat[0] - 0.01, marks[33, 1] + 0.05
        near = faces[
            (middle[:, 1] > low)
            & (middle[:, 1] < high)
            & (middle[:, 2] > surface.axis_z - 0.03)
            & ~surface.is_ear(middle)
        ]
        corners, weights = scattered(average, near, CANDIDATES)
        place = np.einsum("nk,nkd->nd", weights, average[corners])
        parts = _parts(place, np.einsum("nk,nk->n", weights, lip[corners]), marks, surface)
        # A moustache is small, and denser than the rest.
        lip_hair = np.flatnonzero(parts[0] > 0.3)
        rest = np.flatnonzero((np.max(parts, axis=0) > 0.08) & (parts[0] <= 0.3))
        chosen = [every[spread_out(place[every], count)] for every, count in ((lip_hair, LIP_HAIRS), (rest, HAIRS))]
        kept = np.concatenate(chosen)
        smooth = Topology(faces, len(average)).normals(average.astype(np.float32)).astype(np.float64)
        normal = unit(np.einsum("nk,nkd->nd", weights[kept], smooth[corners[kept]]))
        moustache, chin, cheeks = (part[kept] for part in parts)
        return cls(Rooting(corners[kept], weights[kept]), place[kept], moustache, chin, cheeks, normal, average)

    def grown(self, person: Appearance) -> Riding | None:
        """Returns a person's facial hair, or None for what paint alone shows."""
        style = beard_of(person)
        random = generator(person.texture_seed, PURPOSE)
        draws = random.uniform(-1, 1, (len(self.place), 5))
        lengths = np.array([style.moustache, style.chin, style.cheeks])[:, None]
        weights = np.stack([self.moustache, self.chin, self.cheeks]) * (lengths > 0)
        kept = np.flatnonzero(weights.max(axis=0) > 0.45 + 0.35 * draws[:, 0])
        if not len(kept):
            return None
        weights, draws = weights[:, kept], draws[kept]
        long = (lengths * weights).sum(axis=0) / np.maximum(weights.sum(axis=0), 1e-6) * (1 + 0.25 * draws[:, 1])
        way, bend = self._ways(kept, weights, draws, person.hair_curl)
        width = np.clip(0.28 * long, 0.0016, 0.0038)
        strip = random.uniform(0, 1, len(kept))
        curves = bowed(way, bend, long, 3)
        return Riding.grown(self.roots.chosen(kept), self.average, curves, self.normal[kept], width, strip)

    def _ways(self, kept: npt.NDArray[np.int64], weights: Points, draws: Points, curl: float) -> tuple[Points, Points]:
        """Returns the ways (n, 3) in which hair sets out, and in which it bends."""
        x, normal = self.place[kept, 0], self.normal[kept]
        aside = np.clip(x / 0.012, -1, 1) * weights[0] * (weights[0] > weights[1:].max(axis=0))
        way = np.column_stack([1.1 * aside - 4 * x * weights[2], -1 + 0.35 * np.abs(aside), np.zeros(len(kept))])
        way += (0.18 + 0.35 * curl) * draws[:, 2:5]
        way = unit(way - (way * normal).sum(axis=1, keepdims=True) * normal)
        return unit(way + 0.45 * normal), np.array([0.0, -0.25, 0.0]) - 0.18 * normal


def _parts(place: Points, lip: Points, marks: Points, surface: Surface) -> tuple[Points, Points, Points]:
    """Returns how far places (n, 3) belong to moustache, chin and cheeks."""
    x, y, z = place.T
    free = smoothstep(0.55, 0.25, lip)
    mouth, corner = float(marks[62, 1] + marks[66, 1]) / 2, abs(float(marks[54, 0]))
    below_nose = smoothstep(0.0, -0.003, y - (marks[33, 1] - 0.003))
    moustache = 1.4 * below_nose * smoothstep(-0.012, -0.003, y - mouth) * smoothstep(corner + 0.010, corner, np.abs(x))
    # Beside the mouth it hangs a little lower.
    throat = smoothstep(*surface.beard.throat, y - np.where(z > surface.axis_z + 0.05, 0.004, 0.0))
    chin = smoothstep(0.030, 0.020, np.abs(x)) * smoothstep(-0.006, -0.012, y - mouth) * throat
    chin = chin * smoothstep(marks[8, 2] - 0.040, marks[8, 2] - 0.028, z)
    top = marks[33, 1] - 0.008 + np.maximum(np.abs(x) - 0.032, 0) * 0.3
    bare = np.hypot(x - np.sign(x) * surface.beard.cheek[0], (y - surface.beard.cheek[1]) * 1.2)
    jaw = smoothstep(0.002, -0.010, y - top) * throat * smoothstep(-0.004, 0.010, z - surface.axis_z)
    cheeks = (
        jaw
        * smoothstep(0.0740, 0.0700, np.abs(x))
        * smoothstep(0.016, 0.032, bare)
        * smoothstep(0.018, 0.030, np.abs(x))
    )
    return np.asarray(moustache * free), np.asarray(chin * free), np.asarray(cheeks * free)
