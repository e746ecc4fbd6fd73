"""Recipe files: how one face model shows each Action Unit.

A recipe is data with its evidence (``render/rigs/<model>.yaml``); this module reads and checks it.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

import numpy as np
import numpy.typing as npt

from facs.action_units import CODES, STILL, action_unit
from facs.regions import allowed_movement
from render.errors import RecipeError
from render.face_basis import FaceBasis
from render.rigs.fields import field_delta
from render.rigs.sections import section

Delta = npt.NDArray[np.float64]

WORDS = {"L": "Left", "R": "Right"}
MIDLINE_WIDTH = 0.008
QUIET = 0.00015
"""Displacements below this are rounding in the model's files (steps of 0.1 mm), far from the AU; metres."""


@dataclass(frozen=True)
class Movement:
    """Shapes of the model and fields of our own, added up.

    Attributes:
        shapes: weight of each facial action at activation 1; "{Side}" stands for a side as the model
            abbreviates it, "{Word}" for Left or Right.
        fields: movements that no shape of the model makes (``render.rigs.fields``).
        half: True if the shapes are bilateral and each side is cut out by a mask.
        sides: how the model names "L" and "R".
    """

    shapes: Mapping[str, float]
    fields: tuple[Mapping[str, Any], ...] = ()
    half: bool = False
    sides: Mapping[str, str] = field(default_factory=dict)

    def delta(self, basis: FaceBasis, side: str) -> Delta:
        """Returns the (V, 3) displacement of one side ("L", "R") or of both (""), metres."""
        summed = np.zeros((len(basis.template), 3))
        for name, weight in self.shapes.items():
            names = {name.format(Side=self.sides[each], Word=WORDS[each]) for each in (side or "LR")}
            summed += weight * np.sum([basis.action_delta(each).astype(np.float64) for each in sorted(names)], axis=0)
        if self.half and side:
            summed *= _half_mask(basis, side)
        for entry in self.fields:
            summed += field_delta(basis, entry, side)
        return summed


@dataclass(frozen=True)
class AuRecipe:
    """How a face model shows one Action Unit.

    Attributes:
        code: for example "AU12".
        movement: what moves at activation 1.
        evidence: why these shapes.
        looked: what was seen at full activation.
    """

    code: str
    movement: Movement
    evidence: str
    looked: str

    def delta(self, basis: FaceBasis, key: str) -> Delta:
        """Returns the (V, 3) displacement of one key ("AU12L", "AU25") at activation 1, metres.

        Nothing moves outside the AU's territory (``facs.regions``).
        """
        moved = self.movement.delta(basis, key[-1] if action_unit(key).sided else "")
        moved *= allowed_movement(self.code, basis.canonical.astype(np.float64))[:, None]
        moved[np.linalg.norm(moved, axis=1) < QUIET] = 0.0
        return moved


@dataclass(frozen=True)
class Corrective:
    """What two Action Units do together beyond the sum of both: added in proportion to the product of activations.

    Attributes:
        keys: of the two, such as ("AU12L", "AU26").
        movement: what moves when both are 1.
        side: "L", "R" or "" for both.
    """

    keys: tuple[str, str]
    movement: Movement
    side: str

    def delta(self, basis: FaceBasis) -> Delta:
        """Returns the (V, 3) displacement where both activations are 1, metres."""
        moved = self.movement.delta(basis, self.side)
        first, second = (allowed_movement(action_unit(key).code, basis.canonical) for key in self.keys)
        return np.asarray(moved * np.maximum(first, second)[:, None])


@dataclass(frozen=True)
class Recipe:
    """The recipe file of one face model.

    Attributes:
        model: its name.
        action_units: how it shows each AU, by code.
        correctives: what pairs of AUs do beyond their sum.
        lids_follow_gaze: the shapes of both lids for "up" and "down".
    """

    model: str
    action_units: Mapping[str, AuRecipe]
    correctives: tuple[Corrective, ...]
    lids_follow_gaze: Mapping[str, tuple[str, ...]]


def _half_mask(basis: FaceBasis, side: str) -> Delta:
    """Returns the (V, 1) smooth weight of one side; left and right sum to 1 everywhere."""
    t = np.clip(basis.template[:, :1].astype(np.float64) / MIDLINE_WIDTH + 0.5, 0.0, 1.0)
    left = t * t * (3 - 2 * t)
    return left if side == "L" else 1.0 - left


@lru_cache
def recipe(model: str) -> Recipe:
    """Returns the recipe of a face model.

    Raises:
        RecipeError: the file is malformed, names an unknown Action Unit, or leaves one out.
    """
    names = section(model, "sides")
    sides = {"L": names["left"], "R": names["right"]}
    units = {code: _au_recipe(code, entry, sides) for code, entry in section(model, "action_units").items()}
    missing = [code for code in CODES if STILL.get(code, code) not in units]
    if missing:
        raise RecipeError(f"render/rigs/{model}.yaml: action_units: no recipe for {', '.join(missing)}")
    correctives = tuple(
        each
        for pair, entry in section(model, "correctives").items()
        for each in _correctives(model, pair, entry, sides)
    )
    lids = {
        way: tuple(shape.format(Side=side) for side in sides.values())
        for way, shape in section(model, "lids_follow_gaze").items()
    }
    return Recipe(model, units, correctives, lids)


def _au_recipe(code: str, entry: Mapping[str, Any], sides: Mapping[str, str]) -> AuRecipe:
    words = {name: str(entry.get(name, "")) for name in ("evidence", "looked")}
    if not all(words.values()):
        raise RecipeError(f"recipe of {code}: expected its evidence and what was seen, found {dict(entry)}")
    return AuRecipe(action_unit(code).code, _movement(code, entry, sides), **words)


def _movement(where: str, entry: Mapping[str, Any], sides: Mapping[str, str]) -> Movement:
    unknown = sorted(set(entry) - {"shapes", "fields", "half", "evidence", "looked"})
    if unknown:
        raise RecipeError(f"recipe of {where}: unknown key {unknown[0]!r}")
    return Movement(entry.get("shapes", {}), tuple(entry.get("fields", ())), bool(entry.get("half", False)), sides)


def _correctives(model: str, pair: str, entry: Mapping[str, Any], sides: Mapping[str, str]) -> list[Corrective]:
    """Returns one corrective, or one for each side where one of the two AUs has sides."""
    units = [action_unit(code) for code in pair.split("+")]
    if len(units) != 2:
        raise RecipeError(f"render/rigs/{model}.yaml: correctives: expected a pair such as AU25+AU26, found {pair!r}")
    movement = _movement(pair, entry, sides)
    both = ("L", "R") if any(unit.sided for unit in units) else ("",)
    keys = [(side, [f"{unit.code}{side}" if unit.sided else unit.code for unit in units]) for side in both]
    return [Corrective((first, second), movement, side) for side, (first, second) in keys]
