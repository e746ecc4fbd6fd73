"""The region of each Action Unit: the skin that it moves, on either side of the face."""

from dataclasses import dataclass
from functools import cached_property, lru_cache

import numpy as np
import numpy.typing as npt

from facs.action_units import CODES, STILL, action_unit
from facs.regions import REGIONS, TERRITORY
from render.face_model import FaceModel, face_model
from render.rigs.recipe import QUIET

Indices = npt.NDArray[np.int64]

MOVES = 0.35
"""Share of an AU's largest displacement that a vertex must move to belong to its region."""


@dataclass(frozen=True)
class MovedSkin:
    """The regions of all Action Units of one face model.

    Attributes:
        vertices: (n,) those of all regions.
        regions: for each of the 3 K regions, places in ``vertices``: all AUs on the left, on the right, on both sides.
    """

    vertices: Indices
    regions: tuple[Indices, ...]

    def shares(self, seen: npt.NDArray[np.bool_]) -> npt.NDArray[np.float64]:
        """Returns the (3, K) shares of each AU's region on the left, the right and both sides that are seen.

        Args:
            seen: (n,) which of ``vertices`` are.
        """
        counts = np.add.reduceat(seen[self._joined], self._starts, dtype=np.int64)
        return np.asarray(counts / self._sizes).reshape(3, -1)

    @cached_property
    def _joined(self) -> Indices:
        return np.concatenate(self.regions)

    @cached_property
    def _sizes(self) -> Indices:
        return np.array([len(region) for region in self.regions])

    @cached_property
    def _starts(self) -> Indices:
        return np.cumsum(self._sizes) - self._sizes


@lru_cache(2)
def moved_skin(model_name: str) -> MovedSkin:
    """Returns the regions of all Action Units of one face model."""
    sides = list(zip(*au_regions(model_name).values(), strict=True))
    both = [np.union1d(left, right) for left, right in zip(*sides, strict=True)]
    regions = [*sides[0], *sides[1], *both]
    vertices = np.unique(np.concatenate(regions))
    return MovedSkin(vertices, tuple(np.searchsorted(vertices, region) for region in regions))


@lru_cache(2)
def au_regions(model_name: str) -> dict[str, tuple[Indices, Indices]]:
    """Returns per AU code the skin vertices that it moves on the left and on the right.

    Only those count that a viewer could see on the average face. An AU that moves no skin, such as the tongue's, is
    seen in the first region of its territory.
    """
    model = face_model(model_name)
    skin, x = open_skin(model), model.average[:, 0]
    length = np.linalg.norm(model.rig.deltas, axis=2) * skin
    regions = {}
    for code in CODES:
        unit = action_unit(STILL.get(code, code))
        rows = [model.rig.keys.index(key) for key in unit.keys]
        moves = np.any([(length[row] >= MOVES * length[row].max()) & (length[row] > QUIET) for row in rows], axis=0)
        own = REGIONS[TERRITORY[unit.code][0]].distance(model.basis.canonical) == 0
        shown = moves if moves.any() else own & skin
        regions[code] = (np.flatnonzero(shown & (x >= 0)), np.flatnonzero(shown & (x <= 0)))
    return regions


def open_skin(model: FaceModel) -> npt.NDArray[np.bool_]:
    """Returns which vertices (V,) are skin that a viewer in front of the average face could see."""
    skin = np.zeros(len(model.basis.template), dtype=bool)
    skin[model.part_vertices["skin"]] = True
    facing = model.topology.normals(model.average)[:, 2] > 0.2
    return np.asarray(skin & facing & (model.basis.openness > 0.25))
