"""How to weigh Action Units so that a random choice of a few that go together shows each equally often."""

from collections.abc import Sequence
from functools import lru_cache

import numpy as np
import numpy.typing as npt

from facs.combinations import REQUIRES, allowed

Floats = npt.NDArray[np.float64]
Marks = npt.NDArray[np.bool_]

COMPANIONS: dict[str, tuple[str, float]] = {"AU26": ("AU25", 0.8)}
"""What is mostly seen beside an AU, and how often: a jaw that drops takes the lower lip along."""
DRAWS, ROUNDS = 4096, 40
LEAST_WEIGHT = 1e-3
MAX_ACTIVE = 4


def with_needs(code: str, codes: Sequence[str]) -> tuple[str, ...]:
    """Returns an AU with what it requires, as far as that may be drawn."""
    return (code, *(need.any_of[0] for need in REQUIRES.get(code, ()) if need.any_of[0] in codes))


def chosen(random: np.random.Generator, codes: tuple[str, ...]) -> list[str]:
    """Returns 1 to ``MAX_ACTIVE`` AUs that go together, and what they require besides.

    Over many draws each of ``codes`` is as frequent as any other; only AUs that others bring along are more frequent.
    """
    wanted = int(random.integers(1, min(MAX_ACTIVE, len(codes)) + 1))
    places = random.random(len(codes)) ** (1.0 / np.array(_weights(codes)))
    picked: list[str] = []
    shown: list[str] = []
    for index in np.argsort(-places):
        group = with_needs(codes[index], codes)
        if len(picked) < wanted and all(allowed(code, shown) for code in group):
            picked.append(codes[index])
            shown += [code for code in group if code not in shown]
    return shown + _companions(random, shown, codes)


def _companions(random: np.random.Generator, shown: list[str], codes: tuple[str, ...]) -> list[str]:
    pairs = [(COMPANIONS[code], random.random()) for code in shown if code in COMPANIONS]
    return [
        other
        for (other, share), luck in pairs
        if luck < share and other in codes and other not in shown and allowed(other, shown)
    ]


@lru_cache(16)
def _weights(codes: tuple[str, ...]) -> tuple[float, ...]:
    """Returns the weight of each AU, fitted on draws of its own so that the AUs come out equally often.

    An AU that many others exclude finds its place taken more often and gets a larger weight.
    """
    random = np.random.Generator(np.random.Philox(len(codes)))
    luck = random.random((DRAWS, len(codes)))
    wanted = random.integers(1, min(MAX_ACTIVE, len(codes)) + 1, DRAWS)
    brought = _brought(codes)
    # Free AUs are those that nothing brings along; their common rate is the target of all.
    free = (brought - np.eye(len(codes))).max(axis=0) == 0.0
    weights = np.ones(len(codes))
    conflicts = _conflicts(codes)
    for _ in range(ROUNDS):
        rate = _rates(luck, wanted, weights, conflicts, brought)
        weights *= (rate[free].mean() / np.maximum(rate, 1.0 / DRAWS)) ** 0.7
        weights = np.maximum(weights / weights.max(), LEAST_WEIGHT)
    return tuple(float(weight) for weight in weights)


def _conflicts(codes: tuple[str, ...]) -> Marks:
    """Returns which AUs, each with its needs, cannot be together, (K, K)."""
    groups = [with_needs(code, codes) for code in codes]
    return np.array([[not all(allowed(code, other) for code in one) for other in groups] for one in groups])


def _brought(codes: tuple[str, ...]) -> Floats:
    """Returns how often each AU brings along each other one, (K, K) in [0, 1]; itself always."""
    shares = [dict([COMPANIONS.get(code, (code, 1.0))]) | dict.fromkeys(with_needs(code, codes), 1.0) for code in codes]
    return np.array([[share.get(other, 0.0) for other in codes] for share in shares])


def _rates(luck: Floats, wanted: npt.NDArray[np.int64], weights: Floats, conflicts: Marks, brought: Floats) -> Floats:
    """Returns how often each AU is shown, (K,), over the draws of ``luck`` (N, K)."""
    taken = np.zeros(luck.shape, dtype=bool)
    rows = np.arange(len(luck))
    for column in np.argsort(-(luck ** (1.0 / weights)), axis=1).T:
        fits = (taken.sum(axis=1) < wanted) & ~(conflicts[column] & taken).any(axis=1)
        taken[rows[fits], column[fits]] = True
    absent = np.exp(taken.astype(np.float64) @ np.log1p(-np.minimum(brought, 1.0 - 1e-12)))
    return np.asarray(1.0 - absent.mean(axis=0))
