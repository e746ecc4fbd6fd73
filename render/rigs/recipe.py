"""Recipe files: how one face model shows each Action Unit.

A recipe is data with its evidence (``render/rigs/<model>.yaml``); this module reads and checks it.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from typing import Any

import numpy as np
import numpy.typing as npt
import yaml

from facs.action_units import action_unit
from render.face_basis import FaceBasis

MIDLINE_WIDTH = 0.008
QUIET = 0.00015
"""Displacements below this are rounding in the model's files (steps of 0.1 mm), far from the AU; metres."""


@dataclass(frozen=True)
class AuRecipe:
    """How a face model shows one Action Unit.

    Attributes:
        code: for example "AU12".
        shapes: weight of each facial action at activation 1; "{Side}" stands for a side as the model names it.
        half: True if the shapes are bilateral and each side is cut out by a mask.
        evidence: why these shapes.
        looked: what was seen at full activation.
        sides: how the model names "L" and "R".
    """

    code: str
    shapes: Mapping[str, float]
    evidence: str
    looked: str
    sides: Mapping[str, str]
    half: bool = False

    def delta(self, basis: FaceBasis, key: str) -> npt.NDArray[np.float64]:
        """Returns the (V, 3) displacement of one key ("AU12L", "AU25") at activation 1, metres."""
        side = self.sides.get(key[-1], "")
        shapes = ((name.format(Side=side), weight) for name, weight in self.shapes.items())
        summed = np.sum([weight * basis.action_delta(name).astype(np.float64) for name, weight in shapes], axis=0)
        masked = np.asarray(summed * (_half_mask(basis, key[-1]) if self.half else 1.0))
        masked[np.linalg.norm(masked, axis=1) < QUIET] = 0.0
        return masked


@dataclass(frozen=True)
class Recipe:
    """The recipe file of one face model."""

    model: str
    action_units: Mapping[str, AuRecipe]
    lids_follow_gaze: Mapping[str, tuple[str, ...]]


def _half_mask(basis: FaceBasis, side: str) -> npt.NDArray[np.float64]:
    """Returns the (V, 1) smooth weight of one side; left and right sum to 1 everywhere."""
    t = np.clip(basis.template[:, :1].astype(np.float64) / MIDLINE_WIDTH + 0.5, 0.0, 1.0)
    left = t * t * (3 - 2 * t)
    return left if side == "L" else 1.0 - left


@lru_cache
def recipe(model: str) -> Recipe:
    """Returns the recipe of a face model.

    Raises:
        RecipeError: the file is malformed or names an unknown Action Unit.
    """
    path = files("render.rigs") / f"{model}.yaml"
    tree: dict[str, Any] = yaml.safe_load(path.read_text(encoding="utf-8"))
    sides = {"L": tree["sides"]["left"], "R": tree["sides"]["right"]}
    units = {
        code: AuRecipe(action_unit(code).code, sides=sides, **entry) for code, entry in tree["action_units"].items()
    }
    lids = {
        way: tuple(shape.format(Side=side) for side in sides.values())
        for way, shape in tree["lids_follow_gaze"].items()
    }
    return Recipe(model, units, lids)
