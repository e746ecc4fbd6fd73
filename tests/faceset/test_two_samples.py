"""A classifier two-sample test: it cannot tell equal sets, always tells distant ones, and knows nobody."""

import numpy as np
import pytest
from scipy.stats import norm

from faceset.two_samples import area, told_apart


def people(count: int, faces: int) -> np.ndarray:
    return np.repeat(np.arange(count), faces)


def test_area_is_the_probability_of_the_right_order() -> None:
    scores, kinds = np.array([0.0, 1.0, 1.0, 2.0]), np.array([False, False, True, True])
    assert area(scores, kinds) == pytest.approx((1 + 1 + 0.5 + 1) / 4)
    assert area(-scores, kinds) == pytest.approx(1 - 3.5 / 4)
    repeated = area(np.repeat(scores, [3, 1, 2, 1]), np.repeat(kinds, [3, 1, 2, 1]))
    assert area(scores, kinds, np.array([3.0, 1.0, 2.0, 1.0])) == pytest.approx(repeated)


def test_equal_sets_cannot_be_told_apart() -> None:
    rng = np.random.default_rng(0)
    found = told_apart(rng.normal(size=(900, 4)), rng.normal(size=(900, 4)), (people(300, 3), people(300, 3)))
    assert (found.low or 1) <= 0.5 <= (found.high or 0)
    assert found.value == pytest.approx(0.5, abs=0.05)


def test_a_known_shift_gives_the_known_area() -> None:
    """Two normal distributions d apart: the area is Phi(d / sqrt 2)."""
    rng = np.random.default_rng(1)
    one, other = rng.normal(size=(2000, 3)), rng.normal(size=(2000, 3))
    other[:, 1] += 1.5
    found = told_apart(one, other, (people(2000, 1), people(2000, 1)))
    assert found.value == pytest.approx(norm.cdf(1.5 / np.sqrt(2)), abs=0.02)
    assert (found.low or 0) < (found.value or 0) < (found.high or 0)


def test_a_difference_in_spread_is_found() -> None:
    rng = np.random.default_rng(2)
    found = told_apart(rng.normal(size=(600, 2)), 3 * rng.normal(size=(600, 2)), (people(600, 1), people(600, 1)))
    assert (found.low or 0) > 0.75


def test_faces_of_one_person_teach_nothing_about_the_set() -> None:
    """Each person has a look of its own: memory would tell the sets apart, people who are held out cannot be."""
    rng = np.random.default_rng(3)
    looks = rng.normal(size=(2, 40, 12)).repeat(20, axis=1)
    one, other = looks + 0.01 * rng.normal(size=looks.shape)
    found = told_apart(one, other, (people(40, 20), people(40, 20)))
    assert (found.low or 1) < 0.5 < (found.high or 0)


def test_sets_of_few_people_tell_nothing() -> None:
    found = told_apart(np.zeros((5, 2)), np.ones((5, 2)), (people(1, 5), people(5, 1)))
    assert found.as_dict() == {"value": None, "low": None, "high": None}
