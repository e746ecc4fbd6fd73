"""The AU rig: an expression to displacements of one face model, and displacements back to the expression.

A face is its neutral vertices plus one displacement for each active AU, plus one for each pair of AUs that do something
else together than apart (correctives, in proportion to the product), plus the lids that follow the gaze. All of these
are columns of one basis, so that least squares finds every coefficient back in the mesh.
"""

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy import sparse

from facs.action_units import action_unit
from facs.expression import Expression
from render.errors import RecipeError
from render.face_basis import FaceBasis
from render.kernels.mesh import add_sparse
from render.rigs.recipe import Recipe

Vertices = npt.NDArray[np.float64]
Coefficients = npt.NDArray[np.float64]

FULL_LOOK = 0.5
"""Gaze pitch at which the lids have followed all the way, radians."""


@dataclass(frozen=True)
class Measured:
    """What least squares found in a mesh.

    Attributes:
        activations: (K,) of each key.
        products: (P,) coefficient of each corrective.
        lids: (2,) how far the lids follow the gaze up and down.
        unexplained: largest distance between the mesh and what these coefficients make, metres.
    """

    activations: Coefficients
    products: Coefficients
    lids: Coefficients
    unexplained: float


@dataclass(frozen=True)
class AuRig:
    """Moves the vertices of one face model.

    Attributes:
        basis: the face model.
        recipe: how it shows each Action Unit.
    """

    basis: FaceBasis
    recipe: Recipe

    @cached_property
    def keys(self) -> tuple[str, ...]:
        """The expression keys that the rig can show, in FACS order, such as "AU1L", "AU1R" and "AU25"."""
        return tuple(key for code in self.recipe.action_units for key in action_unit(code).keys)

    @cached_property
    def deltas(self) -> Vertices:
        """The (K, V, 3) displacement of each key at activation 1, metres."""
        units = self.recipe.action_units
        return np.stack([units[action_unit(key).code].delta(self.basis, key) for key in self.keys])

    @cached_property
    def reach(self) -> Coefficients:
        """The (K,) largest displacement of each key at activation 1, metres."""
        return np.asarray(np.linalg.norm(self.deltas, axis=2).max(axis=1))

    @cached_property
    def columns(self) -> Vertices:
        """The (K + P + 2, V, 3) displacements of all coefficients: keys, correctives, lids up and lids down."""
        correctives = [entry.delta(self.basis) for entry in self.recipe.correctives]
        lids = [self._lids(way) for way in ("up", "down")]
        return np.concatenate([self.deltas, np.stack([*correctives, *lids])])

    def _lids(self, way: str) -> Vertices:
        shapes = self.recipe.lids_follow_gaze[way]
        return np.asarray(np.sum([self.basis.action_delta(name).astype(np.float64) for name in shapes], axis=0))

    def weights(self, expression: Expression) -> Coefficients:
        """Returns the (K,) activation of each key.

        Raises:
            RecipeError: the expression uses an AU for which the face model has no recipe.
        """
        missing = sorted(set(expression.intensity) - set(self.keys))
        if missing:
            known = ", ".join(self.recipe.action_units)
            raise RecipeError(f"the face model {self.recipe.model} has no recipe for {missing[0]}; it shows {known}")
        return np.array([expression.intensity.get(key, 0.0) for key in self.keys])

    def products(self, weights: Coefficients) -> Coefficients:
        """Returns the (P,) coefficient of each corrective: the product of the activations of its pair."""
        return np.array([weights[first] * weights[second] for first, second in self._pairs])

    @cached_property
    def _pairs(self) -> list[list[int]]:
        """The places in ``keys`` of each corrective's pair."""
        return [[self.keys.index(key) for key in entry.keys] for entry in self.recipe.correctives]

    def displacement(self, expression: Expression, gaze_pitch: float = 0.0) -> Vertices:
        """Returns the (V, 3) displacement of an expression and of lids that follow the gaze, metres.

        Raises:
            RecipeError: the expression uses an AU for which the face model has no recipe.
        """
        weights = self.weights(expression)
        look = float(np.clip(gaze_pitch / FULL_LOOK, -1.0, 1.0))
        coefficients = np.concatenate([weights, self.products(weights), [max(look, 0.0), max(-look, 0.0)]])
        active, out, columns = np.flatnonzero(coefficients), np.zeros(self.basis.template.shape), self._sparse
        add_sparse(out.reshape(-1), active, coefficients[active], columns.indptr, columns.indices, columns.data)
        return out

    def deform(self, neutral: npt.NDArray[np.floating[Any]], expression: Expression) -> Vertices:
        """Returns the (V, 3) vertices of a neutral face showing an expression."""
        return np.asarray(neutral + self.displacement(expression))

    def measure(
        self,
        start: npt.NDArray[np.floating[Any]],
        vertices: npt.NDArray[np.floating[Any]],
        touched: npt.NDArray[np.bool_] | None = None,
    ) -> Measured:
        """Returns the coefficients measured back from a mesh: least squares on the columns.

        Args:
            start: (V, 3) vertices without expression and gaze, metres.
            vertices: (V, 3) vertices as they are.
            touched: (V,) vertices that something else has moved (a lid that rests on the eye); they do not count.
        """
        offset = np.asarray(vertices, dtype=np.float64) - np.asarray(start, dtype=np.float64)
        held = np.zeros(len(offset), dtype=bool) if touched is None else touched
        found = self._solved(offset, np.flatnonzero(held & self._movable))
        x, y, z = (offset - (self._made_by @ found).reshape(-1, 3)).T
        unexplained = np.sqrt((x * x + y * y + z * z)[~held].max(initial=0.0))
        num_keys = len(self.keys)
        return Measured(found[:num_keys], found[num_keys:-2], found[-2:], float(unexplained))

    def _solved(self, offset: Vertices, held: npt.NDArray[np.int64]) -> Coefficients:
        """Returns the coefficients of the normal equations without the rows of the vertices ``held``."""
        gram, right = self._gram, self._sparse @ offset.ravel()
        if held.size:
            lost = self.columns[:, held].reshape(len(gram), -1)
            gram, right = gram - lost @ lost.T, right - lost @ offset[held].ravel()
        return np.asarray(np.linalg.solve(gram, right))

    @cached_property
    def _movable(self) -> npt.NDArray[np.bool_]:
        return np.asarray((self.columns != 0).any(axis=(0, 2)))

    @cached_property
    def _sparse(self) -> sparse.csr_matrix:
        """The columns as (K + P + 2, 3 V): most of them move a small part of the face."""
        return sparse.csr_matrix(self.columns.reshape(len(self.columns), -1))

    @cached_property
    def _made_by(self) -> sparse.csr_matrix:
        """The (3 V, K + P + 2) matrix from coefficients to displacements."""
        return self._sparse.T.tocsr()

    @cached_property
    def _gram(self) -> Vertices:
        return np.asarray((self._sparse @ self._sparse.T).toarray())
