"""The hair of one face model: what its styles share, and the hair that the last few people wear."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Any

import numpy as np
import numpy.typing as npt

from faceset.spec import Appearance
from render.face_basis import FaceBasis
from render.hair.beard import Beards
from render.hair.brows import Brows
from render.hair.growth import Grown
from render.hair.hairdo import Dresser
from render.hair.hairline import style_of
from render.hair.lashes import Lids
from render.hair.riding import Riding
from render.hair.scalp import Scalp
from render.hair.skull import Carrier, Points, Skull
from render.hair.worn import Worn, worn
from render.neck import Neck
from render.rigs.surface import Surface

KEPT = 16


@dataclass(frozen=True, eq=False)
class Salon:
    """Dresses the heads of one face model.

    Attributes:
        basis: the face model.
        average: (V, 3) its average face.
        surface: where hair and ears lie.
        neck: how it bends.
        lids: the vertices of each lid margin, by side.
        eyes: the vertices of each eyeball, by side.
    """

    basis: FaceBasis
    average: npt.NDArray[np.float32]
    surface: Surface
    neck: Neck
    lids: dict[str, npt.NDArray[np.int64]]
    eyes: dict[str, npt.NDArray[np.int64]]

    @cached_property
    def dresser(self) -> Dresser:
        """What every hairdo of the model needs."""
        average, faces = self.average.astype(np.float64), self.basis.faces_of("skin")
        return Dresser(Skull.of(average, faces), Scalp.of(average, faces, self.surface), self.surface)

    @cached_property
    def carrier(self) -> Carrier:
        """Carries hair to other heads."""
        return Carrier.of(self.average.astype(np.float64), np.unique(self.basis.faces_of("skin")).astype(np.int64))

    @cached_property
    def _grown(self) -> Callable[[Appearance], Grown]:
        return lru_cache(KEPT)(lambda person: self.dresser.dress(style_of(person), person))

    @cached_property
    def _last(self) -> dict[Appearance, tuple[Points, Worn]]:
        return {}

    def worn(self, person: Appearance, neutral: npt.NDArray[np.floating[Any]]) -> Worn | None:
        """Returns the scalp hair of a person whose neutral vertices are (V, 3), or None for none; the last is kept."""
        if not style_of(person).clumps:
            return None
        kept = self._last.get(person)
        if kept is None or kept[0] is not neutral:
            grown, vertices = self._grown(person), neutral.astype(np.float64)
            hair = worn(style_of(person), person, grown, vertices, self.carrier, self.dresser, self.neck)
            self._last.clear()
            self._last[person] = kept = (neutral, hair)
        return kept[1]

    @cached_property
    def rims(self) -> Lids:
        """Where lashes root."""
        return Lids.of(self.average.astype(np.float64), self.basis.faces_of("skin"), self.lids, self.eyes)

    @cached_property
    def riding(self) -> Callable[[Appearance], dict[str, Riding]]:
        """Returns the hair of a person that moves with the skin, by name; that of the last few people is kept."""
        average, faces = self.average.astype(np.float64), self.basis.faces_of("skin")
        marks = self.basis.landmarks(average)
        lids, brows = self.rims, Brows.of(average, faces, marks)
        beards = Beards.of(average, faces, self.basis.lip.astype(np.float64), marks, self.surface)

        def grown(person: Appearance) -> dict[str, Riding]:
            found = {"lashes": lids.grown(person), "brows": brows.grown(person), "beard": beards.grown(person)}
            return {name: hair for name, hair in found.items() if hair is not None}

        return lru_cache(KEPT)(grown)
