"""An expression: the activation of every Action Unit, left and right."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cache
from types import MappingProxyType

import numpy as np
import numpy.typing as npt

from facs.action_units import STILL, ActionUnit, action_unit
from facs.errors import IntensityError


def _order(key: str) -> tuple[int, str]:
    return action_unit(key).number, key


@cache
def _shown(code: str) -> ActionUnit:
    """Returns the AU under which a still picture keeps ``code`` (AU43 is kept as AU45)."""
    unit = action_unit(code)
    return action_unit(STILL.get(unit.code, unit.code))


def _still(key: str) -> str:
    unit = action_unit(key)
    return key.replace(unit.code, STILL.get(unit.code, unit.code))


def _checked(key: str, value: float) -> float:
    unit = action_unit(key)
    if unit.position:
        raise IntensityError(f"{key} ({unit.name}) is a position, not an expression; see facs.positions")
    if key not in unit.keys:
        raise IntensityError(f"{key} is scored on each side: use {' and '.join(unit.keys)}")
    if not 0.0 <= value <= 1.0:
        raise IntensityError(f"{key}: the activation must lie in [0, 1], found {value}")
    return float(value)


@dataclass(frozen=True)
class Expression:
    """Activations in [0, 1] by key ("AU12L", "AU12R", "AU25"); a key that is absent is 0.

    Left and right are the *person's* left and right. An activation of 0 is dropped, so that equal faces are
    equal values, and the keys are kept in the catalogue's order. A closed eye is kept as AU45 and is AU43 as well,
    since a still picture cannot tell them apart.

    Raises:
        UnknownActionUnitError: a key that the catalogue does not hold, or a sided AU without its side.
        IntensityError: an activation outside [0, 1], a position of head or eyes, or AU43 and AU45 on one side.
    """

    intensity: Mapping[str, float] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Checks the keys and values and freezes them."""
        checked = {_still(key): _checked(key, value) for key, value in self.intensity.items()}
        if len(checked) < len(self.intensity):
            raise IntensityError("AU43 and AU45 are the same closed eye in a still picture: give one of them")
        kept = {key: checked[key] for key in sorted(checked, key=_order) if checked[key] > 0.0}
        object.__setattr__(self, "intensity", MappingProxyType(kept))

    def __hash__(self) -> int:
        """Hashes by value."""
        return hash(tuple(self.intensity.items()))

    def __reduce__(self) -> tuple[type["Expression"], tuple[dict[str, float]]]:
        """Pickles as a plain mapping (a mapping proxy does not pickle)."""
        return Expression, (dict(self.intensity),)

    @classmethod
    def bilateral(cls, intensity: Mapping[str, float]) -> "Expression":
        """Returns an expression from codes without sides: {"AU12": 0.5} sets AU12L and AU12R."""
        return cls({key: value for code, value in intensity.items() for key in action_unit(code).keys})

    def left(self, code: str) -> float:
        """Returns the activation on the person's left side; a midline AU has one value for both sides."""
        return self.intensity.get(_shown(code).keys[0], 0.0)

    def right(self, code: str) -> float:
        """Returns the activation on the person's right side; a midline AU has one value for both sides."""
        return self.intensity.get(_shown(code).keys[-1], 0.0)

    def both(self, code: str) -> float:
        """Returns the bilateral score: the higher side (FACS 2002, Scoring Step V)."""
        return max(self.left(code), self.right(code))

    def vector(self, codes: Iterable[str]) -> npt.NDArray[np.float64]:
        """Returns the bilateral activations of ``codes``, (K,) in [0, 1]."""
        return np.array([self.both(code) for code in codes], dtype=np.float64)

    def mirrored(self) -> "Expression":
        """Returns the expression with left and right exchanged."""
        other = {"L": "R", "R": "L"}
        return Expression({key[:-1] + other.get(key[-1], key[-1]): value for key, value in self.intensity.items()})

    def with_au(self, code: str, activation: float) -> "Expression":
        """Returns the expression with one AU set on both sides and every other AU kept."""
        return Expression({**self.intensity, **dict.fromkeys(_shown(code).keys, activation)})

    def scaled(self, factor: float) -> "Expression":
        """Returns the expression with every activation multiplied by ``factor`` in [0, 1]."""
        return Expression({key: value * factor for key, value in self.intensity.items()})


NEUTRAL = Expression()
"""No AU active."""
