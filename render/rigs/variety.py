"""How widely the shape of a face model varies between people: the recipe's section ``identity``."""

from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import lru_cache

import numpy as np

from render.errors import RecipeError
from render.rigs.sections import section


@dataclass(frozen=True)
class Variety:
    """The distribution of a model's local shape changes over people: normal around a mean, cut off.

    Attributes:
        spread: standard deviation of a change that ``spreads`` does not name.
        spreads: (pattern, standard deviation); the first pattern that fits a change's name counts.
        own_spread: standard deviation of what the left and the right side do not share.
        limit: largest distance from the mean.
        means: (pattern, mean); 0 for what no pattern fits.
        sides: prefixes of the changes of one side.
    """

    spread: float
    limit: float
    own_spread: float = 0.0
    spreads: tuple[tuple[str, float], ...] = ()
    sides: tuple[str, ...] = ()
    means: tuple[tuple[str, float], ...] = ()

    def spread_of(self, name: str) -> float:
        """Returns how widely a change varies between people."""
        return _first(self.spreads, name, self.spread)

    def mean_of(self, name: str) -> float:
        """Returns the mean of a change over people."""
        return _first(self.means, name, 0.0)

    def sample(self, random: np.random.Generator, names: tuple[str, ...]) -> dict[str, float]:
        """Returns the shape of one person.

        Left and right changes share most of their draw, so that faces are nearly symmetric, as faces are.
        """
        shared: dict[str, float] = {}
        shape: dict[str, float] = {}
        for name in names:
            base = next((name.removeprefix(side) for side in self.sides if name.startswith(side)), name)
            drawn, own = random.normal(0, self.spread_of(base)), random.normal(0, self.own_spread)
            value = shared.setdefault(base, drawn) + (own if base != name else 0.0)
            shape[name] = float(self.mean_of(base) + np.clip(value, -self.limit, self.limit))
        return shape


def _first(table: tuple[tuple[str, float], ...], name: str, otherwise: float) -> float:
    return next((value for pattern, value in table if fnmatchcase(name, pattern)), otherwise)


@lru_cache
def variety(model: str) -> Variety:
    """Returns how a face model's people vary.

    Raises:
        RecipeError: the section is absent or malformed.
    """
    tree = section(model, "identity")
    try:
        spreads, means = (tuple(tree.pop(name, {}).items()) for name in ("spreads", "means"))
        return Variety(spreads=spreads, means=means, sides=tuple(tree.pop("sides", ())), **tree)
    except (AttributeError, TypeError) as error:
        raise RecipeError(f"render/rigs/{model}.yaml: identity: {error!r}") from error
