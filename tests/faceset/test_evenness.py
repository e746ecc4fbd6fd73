"""Evenness against known distributions; the even choice against the best of all choices."""

import itertools
import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from faceset.evenness import LEVELS, UNKNOWN, cells, even_choice, evenness


def value(places: Any) -> float:
    counts = np.bincount(places[places >= 0], minlength=1)
    return float(np.log1p(counts).sum())


def test_cells_are_columns_and_letters() -> None:
    au = np.array([[0.0, 0.05, 0.2], [0.4, 0.7, 0.95], [0.04, 1.0, 0.5]], np.float32)
    known = np.array([[1, 1, 1], [1, 1, 1], [1, 0, 1]], np.uint8)
    assert cells(au, known).tolist() == [[0, 7, 14], [3, 10, 17], [0, UNKNOWN, 15]]
    assert LEVELS == 6


def test_evenness_is_one_where_all_cells_have_as_many() -> None:
    even = np.array([[0, 6], [1, 7], [2, 8]])
    assert evenness(even, even) == pytest.approx(1.0)
    assert evenness(even[:1], even) == pytest.approx(math.log(2) / math.log(6))
    assert evenness(np.array([[0], [0]]), np.array([[0], [3]])) == 0.0
    assert evenness(np.array([[0], [UNKNOWN]]), np.array([[0], [UNKNOWN]])) == 1.0


@settings(deadline=None, max_examples=40)
@given(seed=st.integers(0, 10**6), limit=st.integers(1, 6))
def test_an_even_choice_is_near_the_best(seed: int, limit: int) -> None:
    """Greedy thresholds guarantee 1 - 1/e - fineness of the best set of families of one size."""
    rng = np.random.default_rng(seed)
    places = rng.integers(-1, 12, (8, 3))
    chosen = even_choice(places, np.arange(8), limit)
    best = max(value(places[list(pick)]) for pick in itertools.combinations(range(8), limit))
    assert chosen.sum() == limit
    assert value(places[chosen]) >= (1 - 1 / math.e - 0.05) * best


@settings(deadline=None, max_examples=40)
@given(seed=st.integers(0, 10**6), limit=st.integers(0, 40))
def test_families_stay_whole_and_the_limit_is_met(seed: int, limit: int) -> None:
    rng = np.random.default_rng(seed)
    family = np.concatenate([np.arange(12), rng.integers(0, 12, 20)])
    places = rng.integers(-1, 12, (32, 2))
    sizes = np.bincount(family)
    chosen = even_choice(places, family, limit)
    assert sizes[chosen].sum() <= limit
    # Nothing that would still fit is left out.
    assert chosen.all() or sizes[~chosen].min() > limit - sizes[chosen].sum()


def test_rare_cells_are_filled_first() -> None:
    """99 of 100 faces are neutral: an even choice of ten takes every other one."""
    places = np.zeros((1000, 1), np.int64)
    rare = np.arange(0, 1000, 100)
    places[rare, 0] = 1 + np.arange(10) % 5
    chosen = even_choice(places, np.arange(1000), 12)
    assert chosen[rare].all()
    assert evenness(places[chosen], places) > 0.95 > 0.2 > evenness(places, places)


def test_alike_families_are_taken_in_their_order() -> None:
    chosen = even_choice(np.zeros((9, 2), np.int64), np.arange(9), 4)
    assert np.flatnonzero(chosen).tolist() == [0, 1, 2, 3]
