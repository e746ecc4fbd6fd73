"""The AU rig: an expression to displacements of one face model, linear in the activations."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from facs.action_units import action_unit
from facs.expression import Expression
from render.errors import RecipeError
from render.face_basis import FaceBasis
from render.rigs.recipe import Recipe

FULL_LOOK = 0.5
"""Gaze pitch at which the lids have followed all the way, radians."""


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
    def deltas(self) -> npt.NDArray[np.float32]:
        """The (K, V, 3) displacement of each key at activation 1, metres."""
        units = self.recipe.action_units
        return np.stack([units[action_unit(key).code].delta(self.basis, key) for key in self.keys]).astype(np.float32)

    def weights(self, expression: Expression) -> npt.NDArray[np.float64]:
        """Returns the (K,) activation of each key.

        Raises:
            RecipeError: the expression uses an AU for which the face model has no recipe.
        """
        missing = sorted(set(expression.intensity) - set(self.keys))
        if missing:
            known = ", ".join(self.recipe.action_units)
            raise RecipeError(f"the face model {self.recipe.model} has no recipe for {missing[0]}; it shows {known}")
        return np.array([expression.intensity.get(key, 0.0) for key in self.keys])

    def deform(self, neutral: npt.NDArray[np.float32], expression: Expression) -> npt.NDArray[np.float32]:
        """Returns the (V, 3) vertices of a neutral face showing an expression."""
        weights = self.weights(expression)
        active = np.flatnonzero(weights)
        moved = np.tensordot(weights[active], self.deltas[active].astype(np.float64), axes=1)
        return np.asarray(neutral + moved, dtype=np.float32)

    def measure(self, neutral: npt.NDArray[np.float32], vertices: npt.NDArray[np.float32]) -> npt.NDArray[np.float64]:
        """Returns the (K,) activations measured back from a mesh: least squares on the rig's own basis."""
        offset = (vertices.astype(np.float64) - neutral.astype(np.float64)).ravel()
        return np.asarray(self._pseudo_inverse @ offset)

    @cached_property
    def _pseudo_inverse(self) -> npt.NDArray[np.float64]:
        return np.asarray(np.linalg.pinv(self.deltas.reshape(len(self.keys), -1).astype(np.float64).T))

    def lids_following(self, pitch: float) -> npt.NDArray[np.float32]:
        """Returns the (V, 3) displacement of the lids when the eyes look up or down by ``pitch`` radians."""
        amount = float(np.clip(abs(pitch) / FULL_LOOK, 0.0, 1.0))
        names = self.recipe.lids_follow_gaze["up" if pitch > 0 else "down"]
        return np.asarray(amount * np.sum([self.basis.action_delta(name) for name in names], axis=0), dtype=np.float32)
