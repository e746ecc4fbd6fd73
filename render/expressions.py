"""Draws expressions: balanced over AUs and intensities, or natural combinations."""

from collections.abc import Sequence

import numpy as np

from facs.action_units import action_unit
from facs.combinations import PROTOTYPES, allowed
from facs.expression import NEUTRAL, Expression

NEUTRAL_SHARE = 0.08
MAX_ACTIVE = 4
EXTRA_PROBABILITY = 0.25


def sample_expression(random: np.random.Generator, kind: str, codes: Sequence[str], asymmetry: float) -> Expression:
    """Returns an expression over the given AUs.

    Args:
        random: the generator to draw from.
        kind: "balanced" or "natural".
        codes: AUs that may be active.
        asymmetry: probability that the sides of sided AUs differ.
    """
    if random.uniform() < NEUTRAL_SHARE:
        return NEUTRAL
    active = _balanced(random, codes) if kind == "balanced" else _natural(random, codes)
    return _with_sides(random, active, asymmetry)


def _balanced(random: np.random.Generator, codes: Sequence[str]) -> dict[str, float]:
    """Every AU is equally likely to be drawn first, and intensities are uniform: flat histograms on purpose."""
    wanted = int(random.integers(1, min(MAX_ACTIVE, len(codes)) + 1))
    chosen: list[str] = []
    for code in random.permutation(list(codes)):
        if len(chosen) < wanted and allowed(code, chosen):
            chosen.append(str(code))
    return {code: float(random.uniform(0.05, 1.0)) for code in chosen}


def _natural(random: np.random.Generator, codes: Sequence[str]) -> dict[str, float]:
    """The AUs of one common expression at one overall intensity, some left out, now and then one more."""
    name = str(random.choice(sorted(PROTOTYPES)))
    strength = float(random.beta(1.6, 1.6))
    members = [code for code in PROTOTYPES[name] if code in codes and random.uniform() < 0.9]
    active = {code: float(np.clip(strength * random.uniform(0.6, 1.3), 0.05, 1.0)) for code in members}
    if not active or random.uniform() < EXTRA_PROBABILITY:
        extra = str(random.choice(list(codes)))
        if extra not in active and allowed(extra, active):
            active[extra] = float(random.beta(1.2, 2.5) * 0.95 + 0.05)
    return active


def _with_sides(random: np.random.Generator, active: dict[str, float], asymmetry: float) -> Expression:
    uneven = random.uniform() < asymmetry
    intensity: dict[str, float] = {}
    for code, value in active.items():
        weaker = value * random.uniform(0.3, 1.0) if uneven else value
        sides = (value, weaker) if random.uniform() < 0.5 else (weaker, value)
        keys = action_unit(code).keys
        intensity |= dict(zip(keys, sides if len(keys) == 2 else (value,), strict=True))
    return Expression(intensity)
