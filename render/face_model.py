"""One face model, ready to use: its basis, its rig and what is derived from both once."""

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property, lru_cache

import numpy as np
import numpy.typing as npt
from scipy.spatial import cKDTree

from faceset.spec import Appearance, Identity
from render.appearance.eyes import paint_eye
from render.appearance.noise import smoothstep
from render.appearance.skin import SkinPainter, SkinTexture
from render.appearance.teeth import arch_uv
from render.appearance.wrinkles import Wrinkles
from render.contact import Ball, Contacts
from render.errors import FaceModelError
from render.face_basis import AVERAGE_PERSON, PARTS, FaceBasis
from render.hair.beard import shadowed
from render.hair.salon import Salon
from render.kernels.occluders import spread_over
from render.mesh import Topology, front_hits
from render.neck import Neck
from render.rigs.recipe import recipe
from render.rigs.rig import AuRig
from render.rigs.surface import surface

TEXTURES_KEPT = 32
CHEEK = 0.0075
"""Metres of flesh between the skin and the mouth's inside, at least."""

BAND = 300
"""A row of teeth with fewer vertices than this is a band without single teeth."""
TOGETHER = (
    ("AU29", "AU30L"),
    ("AU29", "AU30R"),
    ("AU19", "AU26"),
    ("AU19", "AU27"),
    ("AU18", "AU22"),
    ("AU17", "AU18"),
)
"""Keys that take the jaw, the lips or the tongue further together than either alone."""

MOVED = 0.001
"""What an Action Unit moves by less than this stays where it is for all that is worn over it, metres."""

SIDES = ("left", "right")


@dataclass(frozen=True)
class Textures:
    """The textures of one person: skin, and (h, w, 3) uint8 sRGB eyes."""

    skin: SkinTexture
    eye: npt.NDArray[np.uint8]


@dataclass(frozen=True, eq=False)
class Person:
    """The head of one person at rest.

    Attributes:
        neutral: (V, 3) vertices, metres.
        vertices: (V, 3) the same in double precision.
        eyes: the eyeball of each side.
    """

    neutral: npt.NDArray[np.float32]
    vertices: npt.NDArray[np.float64]
    eyes: dict[str, Ball]


@dataclass(frozen=True, eq=False)
class FaceModel:
    """A face model and everything that is the same for all its faces.

    Attributes:
        name: key of ``render.rigs.FACE_MODELS``.
        basis: template, deltas and layout.
    """

    name: str
    basis: FaceBasis
    _last_person: tuple[Identity, Person] | None = field(default=None, init=False, repr=False)

    @cached_property
    def rig(self) -> AuRig:
        """The AU rig of this model."""
        return AuRig(self.basis, recipe(self.name))

    @cached_property
    def topology(self) -> Topology:
        """The triangles of all parts together, for normals."""
        return Topology(self.basis.faces, len(self.basis.template))

    @cached_property
    def average(self) -> npt.NDArray[np.float32]:
        """The (V, 3) average face, on which textures are painted."""
        return self.basis.neutral(AVERAGE_PERSON)

    @cached_property
    def salon(self) -> Salon:
        """Dresses hair for the heads of this model."""
        eyes = {side: self.part_vertices[f"{side}_eye"] for side in SIDES}
        return Salon(self.basis, self.average, surface(self.name), self.neck, self.lid_rings, eyes)

    @cached_property
    def lid_rings(self) -> dict[str, npt.NDArray[np.int64]]:
        """The vertices of each lid margin, by "left" and "right"."""
        edge = np.intersect1d(np.unique(self.basis.faces_of("skin")), np.unique(self.basis.faces_of("eye_socket")))
        x = self.average[edge, 0]
        return {"left": edge[x > 0].astype(np.int64), "right": edge[x < 0].astype(np.int64)}

    @cached_property
    def teeth_uv(self) -> dict[str, npt.NDArray[np.float32]]:
        """Texture coordinates of rows of teeth that are mere bands, to be painted; none where teeth are modelled."""
        bands = {part: self.part_vertices[part] for part in ("upper_teeth", "lower_teeth")}
        return {part: arch_uv(self.average[used], part) for part, used in bands.items() if 0 < len(used) < BAND}

    @cached_property
    def margins(self) -> dict[str, npt.NDArray[np.float32]]:
        """How near the edge of the lids ("eyes") and of the lips ("mouth") each vertex lies, (V,): 1 within 3 mm."""
        marks = self.basis.landmarks(self.average)
        rings = {"eyes": (marks[36:42], marks[42:48]), "mouth": (marks[60:68],)}
        return {name: _nearness(self.average, loops) for name, loops in rings.items()}

    @cached_property
    def _tucked(self) -> npt.NDArray[np.float32]:
        """The (V, 3) displacement that keeps the mouth's inside ``CHEEK`` behind the skin, except at the lips.

        Where it lies closer, some people's cheeks are too flat for it and it would show as dark spots on them.
        """
        skin, average = self.basis.faces_of("skin"), self.average.astype(np.float64)
        outer = np.unique(skin)
        inner = np.setdiff1d(self.part_vertices["mouth_cavity"], outer)
        inner = inner[cKDTree(average[outer]).query(average[inner])[0] < 1.2 * CHEEK]
        inner = inner[self.margins["mouth"][inner] < 1]
        face, weight = front_hits(average, skin, average[inner, :2])
        depth = np.einsum("nk,nk->n", weight, average[skin[face], 2]) - average[inner, 2]
        out = np.zeros_like(self.average)
        out[inner, 2] = -np.clip(CHEEK - depth, 0.0, CHEEK) * (1 - self.margins["mouth"][inner])
        return out

    @cached_property
    def part_vertices(self) -> dict[str, npt.NDArray[np.int64]]:
        """The vertices that the triangles of each part use."""
        return {part: np.unique(self.basis.faces_of(part)).astype(np.int64) for part in PARTS}

    @cached_property
    def part_faces(self) -> dict[str, npt.NDArray[np.int32]]:
        """The (f, 3) triangles of each part, over ``part_vertices``."""
        used = self.part_vertices
        return {part: np.searchsorted(used[part], self.basis.faces_of(part)).astype(np.int32) for part in PARTS}

    @cached_property
    def textures(self) -> Callable[[Appearance], Textures]:
        """Paints the skin and the eyes of an appearance; those of the last few people are kept."""
        painter = SkinPainter(self.basis, self.average, surface(self.name))
        return lru_cache(TEXTURES_KEPT)(lambda person: Textures(painter.paint(shadowed(person)), paint_eye(person)))

    @cached_property
    def contacts(self) -> Contacts:
        """Where skin can touch eyes and teeth."""
        average = self.average.astype(np.float64)
        return Contacts(self.basis, average, {side: self.eye(self.average, side) for side in SIDES})

    @cached_property
    def neck(self) -> Neck:
        """How the neck follows the shoulders."""
        return Neck.of(self.basis, self.average, surface(self.name).collar)

    @cached_property
    def moves(self) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.float64]]:
        """Where Action Units take skin and tongue: (n,) vertices and (n, 3) displacements at activation 1."""
        seen = np.zeros(len(self.average), dtype=bool)
        seen[np.concatenate([self.part_vertices["skin"], self.part_vertices["tongue"]])] = True
        keys, deltas = self.rig.keys, self.rig.deltas
        pairs = [[keys.index(key) for key in pair] for pair in TOGETHER if set(pair) <= set(keys)]
        deltas = np.concatenate([deltas, *(deltas[pair].sum(axis=0)[None] for pair in pairs)])
        which, vertex = np.nonzero(seen & (np.linalg.norm(deltas, axis=2) > MOVED))
        return vertex.astype(np.int64), deltas[which, vertex]

    @cached_property
    def ears(self) -> dict[str, npt.NDArray[np.int64]]:
        """The skin vertices of each ear, by "left" and "right"."""
        skin = self.part_vertices["skin"]
        ear = skin[surface(self.name).is_ear(self.average[skin])]
        x = self.average[ear, 0]
        return {"left": ear[x > 0], "right": ear[x < 0]}

    def spread(self, vertices: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        """Returns points all over the skin of a mesh (V, 3): middles of triangles and of their sides, and vertices."""
        return spread_over(vertices, self._skin_faces, self._skin_sides, self.part_vertices["skin"])

    @cached_property
    def _skin_faces(self) -> npt.NDArray[np.int32]:
        return np.ascontiguousarray(self.basis.faces_of("skin"))

    @cached_property
    def _skin_sides(self) -> npt.NDArray[np.int32]:
        """The (E, 2) sides of the skin's triangles, each once."""
        sides = self._skin_faces[:, [[0, 1], [1, 2], [2, 0]]].reshape(-1, 2)
        return np.unique(np.sort(sides, axis=1), axis=0)

    @cached_property
    def wrinkles(self) -> Wrinkles:
        """The folds of the skin that come with the Action Units."""
        return Wrinkles(self.basis)

    def neutral(self, identity: Identity) -> npt.NDArray[np.float32]:
        """Returns the (V, 3) neutral vertices of a person."""
        return self.person(identity).neutral

    def person(self, identity: Identity) -> Person:
        """Returns the head of a person; the last person's is kept."""
        if self._last_person is None or self._last_person[0] != identity:
            neutral = self.basis.neutral(identity) + self._tucked
            head = Person(neutral, neutral.astype(np.float64), {side: self.eye(neutral, side) for side in SIDES})
            object.__setattr__(self, "_last_person", (identity, head))
        assert self._last_person is not None
        return self._last_person[1]

    def eye(self, neutral: npt.NDArray[np.float32], side: str) -> Ball:
        """Returns the eyeball of one neutral face: as large as the lids let it be."""
        centre = neutral[self.part_vertices[f"{side}_eye"]].astype(np.float64).mean(axis=0)
        distance = np.linalg.norm(neutral[self.lid_rings[side]] - centre, axis=1)
        return Ball(centre, float(np.percentile(distance, 15)) - 0.0001)


def _nearness(vertices: npt.NDArray[np.float32], loops: tuple[npt.NDArray[np.float32], ...]) -> npt.NDArray[np.float32]:
    """Returns (V,): 1 within 3 mm of closed loops of points, falling to 0 at 7 mm."""
    steps = np.arange(5)[:, None, None] / 5
    dense = np.concatenate([(loop + steps * (np.roll(loop, -1, axis=0) - loop)).reshape(-1, 3) for loop in loops])
    return smoothstep(0.007, 0.003, np.asarray(cKDTree(dense).query(vertices)[0]))


@lru_cache(2)
def face_model(name: str = "anny") -> FaceModel:
    """Returns a face model by name, built and cached on first use.

    Raises:
        FaceModelError: there is no such model, or its data is missing.
    """
    from render.rigs import FACE_MODELS

    if name not in FACE_MODELS:
        raise FaceModelError(f"unknown face model {name!r}; known: {', '.join(FACE_MODELS)}")
    return FaceModel(name, FACE_MODELS[name]())
