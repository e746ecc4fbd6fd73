"""Draws expressions that faces can show: balanced, after prototypes of emotions, or as they occur together in a set.

- balanced: every AU and every intensity equally often, on purpose: what training needs.
- prototypes: the AUs of one common expression (``facs.prototypes``) at one overall intensity.
- natural: a Gaussian copula fitted to a labelled set (``faceset.cooccurrence``): its rates, combinations, intensities.

What they draw is settled by ``facs.combinations``, so that no expression breaks a rule.
"""

from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path

import numpy as np
from scipy.special import ndtr

from faceset.cooccurrence import LEVELS, Cooccurrence
from facs.action_units import CODES, STILL, action_unit
from facs.combinations import LEAST, ONE_SIDED, allowed, settled
from facs.expression import NEUTRAL, Expression
from facs.prototypes import PROTOTYPES, UNILATERAL
from render.balance import chosen
from render.randomness import stream

KINDS = ("balanced", "prototypes", "natural")
NATURAL = Path(__file__).with_name("natural.json")
"""The statistics that natural expressions follow unless others are given; fitted to ``prototype_labels``."""
NUM_PROTOTYPES = 20_000
NEUTRAL_SHARE = 0.08
EXTRA_PROBABILITY = 0.25


def sample_expression(
    random: np.random.Generator,
    kind: str,
    codes: Sequence[str],
    asymmetry: float,
    statistics: Cooccurrence | None = None,
) -> Expression:
    """Returns an expression over the given AUs that a face can show.

    Args:
        random: the generator to draw from.
        kind: one of ``KINDS``.
        codes: AUs that may be active.
        asymmetry: probability that the sides of sided AUs differ.
        statistics: what natural expressions follow; ``NATURAL`` if absent, and for AUs that they do not hold.
    """
    drawable = _still(tuple(codes))
    if kind == "natural":
        return _with_sides(random, _natural(random, statistics or default_statistics(), drawable), asymmetry)
    if random.uniform() < NEUTRAL_SHARE:
        return NEUTRAL
    if kind == "balanced":
        return _with_sides(random, _balanced(random, drawable), asymmetry)
    name = str(random.choice(sorted(PROTOTYPES)))
    return _with_sides(random, _prototype(random, name, drawable), asymmetry, name in UNILATERAL)


@lru_cache(1)
def default_statistics() -> Cooccurrence:
    """Returns the statistics that come with facsmith."""
    return Cooccurrence.load(NATURAL)


def prototype_statistics(seed: int = 0) -> Cooccurrence:
    """Returns statistics fitted to 20,000 draws of the prototypes: what ``NATURAL`` holds."""
    codes = _still(CODES)
    draws = (stream(seed, "prototypes", index) for index in range(NUM_PROTOTYPES))
    labels = np.stack([sample_expression(random, "prototypes", codes, 0.0).vector(codes) for random in draws])
    origin = f"{NUM_PROTOTYPES} draws of facsmith's mixture of EMFACS prototypes, no photographs"
    return Cooccurrence.fitted(labels, np.ones(labels.shape), codes, origin, graded=True)


def _balanced(random: np.random.Generator, codes: tuple[str, ...]) -> dict[str, float]:
    return settled({code: float(random.uniform(LEAST, 1.0)) for code in chosen(random, codes)}, codes)


def _prototype(random: np.random.Generator, name: str, codes: tuple[str, ...]) -> dict[str, float]:
    """The AUs of one common expression at one overall intensity, some left out, now and then one more."""
    variants = PROTOTYPES[name]
    variant = variants[int(random.integers(len(variants)))]
    strength = float(random.beta(1.6, 1.6))
    members = [code for code in variant if code in codes and random.uniform() < 0.9]
    active = {code: float(np.clip(strength * random.uniform(0.6, 1.3), LEAST, 1.0)) for code in members}
    if not active or random.uniform() < EXTRA_PROBABILITY:
        extra = str(random.choice(list(codes)))
        if extra not in active and allowed(extra, active):
            active[extra] = float(random.beta(1.2, 2.5) * (1.0 - LEAST) + LEAST)
    return settled(active, codes)


def _natural(random: np.random.Generator, statistics: Cooccurrence, codes: tuple[str, ...]) -> dict[str, float]:
    """One draw of the copula; what breaks a rule is settled in favour of the stronger AU."""
    found, root = _copula(statistics, codes)
    behind = (root * random.standard_normal(len(codes))).sum(axis=1)
    beyond = (ndtr(behind) - (1.0 - found.rate)) / found.rate
    active = {
        code: float(np.interp(share, LEVELS, found.quantiles[row]))
        for row, (code, share) in enumerate(zip(codes, beyond, strict=True))
        if share > 0.0
    }
    return settled(active, codes)


@lru_cache(16)
def _copula(
    statistics: Cooccurrence, codes: tuple[str, ...]
) -> tuple[Cooccurrence, np.ndarray[tuple[int, ...], np.dtype[np.float64]]]:
    """Returns the statistics of these AUs and the lower triangular root of their correlation matrix."""
    whole = statistics if set(codes) <= set(statistics.codes) else statistics.completed(default_statistics())
    found = whole.restricted(codes)
    return found, np.linalg.cholesky(found.correlation)


@lru_cache(64)
def _still(codes: tuple[str, ...]) -> tuple[str, ...]:
    """Returns the codes without those that a still picture cannot tell from another one."""
    return tuple(dict.fromkeys(STILL.get(code, code) for code in codes))


def _with_sides(
    random: np.random.Generator, active: dict[str, float], asymmetry: float, unilateral: bool = False
) -> Expression:
    uneven = random.uniform() < asymmetry
    side = int(random.integers(2))
    intensity: dict[str, float] = {}
    for code, value in active.items():
        weaker = value * random.uniform(0.3, 1.0) if uneven else value
        sides = (value, weaker) if random.uniform() < 0.5 else (weaker, value)
        if unilateral or code in ONE_SIDED:
            sides = (value, 0.0) if side == 0 else (0.0, value)
        keys = action_unit(code).keys
        intensity |= dict(zip(keys, sides if len(keys) == 2 else (value,), strict=True))
    return Expression(intensity)
