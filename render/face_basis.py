"""A compact linear face: template, identity deltas and facial actions as plain arrays.

Everything a renderer needs of a face model, cut to the vertices it draws, so that workers and GPU machines never
load the model itself. Built once by an adapter (``render.rigs.anny``), kept in a cache file.
"""

import math
import os
import tempfile
import zipfile
from dataclasses import dataclass, fields
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from faceset.spec import Identity
from render.errors import FaceModelError
from render.kernels.mesh import add_sparse
from render.kernels.placing import placed

FloatArray = npt.NDArray[np.float32]
IntArray = npt.NDArray[np.int32]

PARTS = (
    "skin",
    "eye_socket",
    "mouth_cavity",
    "upper_teeth",
    "lower_teeth",
    "tongue",
    "left_eye",
    "right_eye",
    "lashes",
    "gums",
)
"""Parts of the model, by the number stored per face."""


@dataclass(frozen=True)
class FaceBasis:
    """A face that is linear in its shape parameters; metres, +Y up, the face looks along +Z.

    Attributes:
        template: (V, 3) vertices of the average face.
        faces: (F, 3) triangles, counter-clockwise seen from outside.
        part: (F,) index into ``PARTS``.
        lip: (V,) weight of the lip vermilion in [0, 1].
        macro: (M, V, 3) macro deltas; ``macro_names`` joins the levels of its factors with ":".
        macro_names: for example "male:young:averagemuscle:averageweight" or "asian:female:old".
        local: (L, 2, V, 3) deltas of each local change at +1 and at -1.
        local_names: names of the local changes.
        action: (A, V, 3) deltas of each facial action at full weight.
        action_names: names of the facial actions.
        openness: (V,) ambient occlusion of the template, 1 open to 0 closed.
        landmark_vertices: (68, 3) vertices whose weighted mean is a landmark, iBUG order.
        landmark_weights: (68, 3) those weights; they sum to 1.
        skin_index: (U,) vertex of each texture vertex of the skin.
        skin_uv: (U, 2) texture coordinates.
        skin_faces: (S, 3) skin triangles over texture vertices, in the order of ``faces_of("skin")``.
        texel_position: (T, T, 3) place on the template of each texel, metres.
        texel_lip: (T, T) lip weight of each texel.
        canonical: (V, 2) canonical place of each vertex (``render.canonical``), millimetres.
        texel_canonical: (T, T, 2) canonical place of each texel, millimetres.
    """

    template: FloatArray
    faces: IntArray
    part: npt.NDArray[np.uint8]
    lip: FloatArray
    macro: FloatArray
    macro_names: npt.NDArray[np.str_]
    local: FloatArray
    local_names: npt.NDArray[np.str_]
    action: FloatArray
    action_names: npt.NDArray[np.str_]
    openness: FloatArray
    landmark_vertices: IntArray
    landmark_weights: FloatArray
    skin_index: IntArray
    skin_uv: FloatArray
    skin_faces: IntArray
    texel_position: FloatArray
    texel_lip: FloatArray
    canonical: FloatArray
    texel_canonical: FloatArray

    @property
    def phenotypes(self) -> tuple[str, ...]:
        """The phenotype parameters that move the vertices; the others of ``PHENOTYPES`` only say how a person looks."""
        return PHENOTYPES if len(self.macro_names) else ()

    def landmarks(self, vertices: npt.NDArray[np.floating[Any]]) -> npt.NDArray[np.floating[Any]]:
        """Returns the (68, 3) landmarks of a mesh (V, 3), iBUG order."""
        return placed(vertices, self.landmark_vertices, self.landmark_weights)

    def neutral(self, identity: Identity) -> FloatArray:
        """Returns the (V, 3) neutral vertices of one identity.

        Raises:
            FaceModelError: the identity names a parameter that this model does not have.
        """
        weights = macro_weights(self.macro_names, identity)
        vertices = self.template + np.tensordot(weights, self.macro, axes=1)
        vertices = np.ascontiguousarray(vertices, dtype=np.float32)
        chosen, amounts = [], []
        for name, value in sorted(identity.shape.items()):  # equal identities are equal to the last bit
            chosen.append(2 * self._local_index(name) + (value < 0))
            amounts.append(abs(value))
        starts, places, changes = self._sparse_local
        numbers, factors = np.array(chosen, dtype=np.int64), np.array(amounts, dtype=np.float32)
        add_sparse(vertices.reshape(-1), numbers, factors, starts, places, changes)
        return vertices

    def action_delta(self, name: str) -> FloatArray:
        """Returns the (V, 3) delta of one facial action at full weight."""
        found = np.flatnonzero(self.action_names == name)
        if found.size == 0:
            raise FaceModelError(f"the face model has no facial action {name!r}; it has {', '.join(self.action_names)}")
        return np.asarray(self.action[found[0]])

    def _local_index(self, name: str) -> int:
        if name not in self._local_indices:
            raise FaceModelError(f"the face model has no local shape change {name!r}")
        return self._local_indices[name]

    @cached_property
    def _sparse_local(self) -> tuple[npt.NDArray[np.int64], IntArray, FloatArray]:
        """The local changes without their zeros: where each begins, and which coordinate moves by how much."""
        changes = self.local.reshape(2 * len(self.local), -1)
        change, place = np.nonzero(changes)
        starts = np.searchsorted(change, np.arange(len(changes) + 1))
        return starts.astype(np.int64), place.astype(np.int32), changes[change, place]

    @cached_property
    def _local_indices(self) -> dict[str, int]:
        return {str(name): index for index, name in enumerate(self.local_names)}

    def faces_of(self, part: str) -> IntArray:
        """Returns the triangles of one part."""
        return np.asarray(self.faces[self.part == PARTS.index(part)])


AGE_ANCHORS = {"child": 1 / 3, "young": 2 / 3, "old": 1.0}
LEVELS = {
    "gender": ("male", "female"),
    "muscle": ("minmuscle", "averagemuscle", "maxmuscle"),
    "weight": ("minweight", "averageweight", "maxweight"),
}
ANCESTRIES = ("african", "asian", "caucasian")
AVERAGE_PERSON = Identity("average", {"age": 0.62, "african": 1.0, "asian": 1.0, "caucasian": 1.0})
"""The adult on whom landmarks are placed and textures are painted."""

PHENOTYPES = ("age", *LEVELS, *ANCESTRIES)
"""Macro parameters: each in [0, 1]; 0.5 when absent. Ancestries are normalised to sum to 1."""


def _hat(value: float, anchors: npt.ArrayLike) -> npt.NDArray[np.float64]:
    knots = np.asarray(anchors, dtype=np.float64)
    return np.array([np.interp(value, knots, row) for row in np.eye(len(knots))])


def _factor_weights(identity: Identity) -> dict[str, float]:
    unknown = sorted(set(identity.phenotype) - set(PHENOTYPES))
    if unknown:
        raise FaceModelError(
            f"identity {identity.name}: unknown phenotype {unknown[0]!r}; known: {', '.join(PHENOTYPES)}"
        )
    value = {name: identity.phenotype.get(name, 0.5) for name in PHENOTYPES}
    weights = dict(zip(AGE_ANCHORS, _hat(value["age"], list(AGE_ANCHORS.values())), strict=True))
    for name, levels in LEVELS.items():
        weights |= dict(zip(levels, _hat(value[name], np.linspace(0, 1, len(levels))), strict=True))
    total = sum(value[name] for name in ANCESTRIES) or 1.0
    return weights | {name: value[name] / total for name in ANCESTRIES}


def macro_weights(names: npt.NDArray[np.str_], identity: Identity) -> npt.NDArray[np.float32]:
    """Returns the (M,) weight of each macro delta: the product of the weights of its factors.

    This is how MakeHuman blends its macro targets; a factor lies between its two nearest levels (hat functions).
    """
    factors = _factor_weights(identity)
    return np.array([math.prod(factors[level] for level in str(name).split(":")) for name in names], dtype=np.float32)


def save_basis(basis: FaceBasis, path: Path) -> None:
    """Writes the basis as an uncompressed npz file, atomically."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.NamedTemporaryFile(dir=path.parent, suffix=".npz", delete=False) as handle:
        np.savez(handle, **{entry.name: getattr(basis, entry.name) for entry in fields(basis)})
    Path(handle.name).replace(path)


def load_basis(path: Path) -> FaceBasis:
    """Returns the basis that ``save_basis`` wrote.

    Raises:
        FaceModelError: the file is damaged or of another version.
    """
    try:
        with path.open("rb") as handle, np.load(handle, allow_pickle=False) as arrays:
            return FaceBasis(**{entry.name: arrays[entry.name] for entry in fields(FaceBasis)})
    except (OSError, KeyError, ValueError, zipfile.BadZipFile) as error:
        raise FaceModelError(
            f"{path}: expected a face basis, found {error!r}; delete the file to rebuild it"
        ) from error


def cache_folder() -> Path:
    """Returns the folder of caches: $FACSMITH_CACHE, else .cache/facsmith in the home folder."""
    return Path(os.environ.get("FACSMITH_CACHE") or Path.home() / ".cache" / "facsmith")
