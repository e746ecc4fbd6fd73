"""Intervals against published values and against what they promise."""

import numpy as np
import pytest

from faceset.intervals import mean_over_people, wilson


def test_wilson_agrees_with_a_published_value_and_with_its_equation() -> None:
    # Newcombe, "Two-sided confidence intervals for the single proportion", Stat. Med. 17, 1998, table I: 81 of 263.
    found = wilson(81, 263)
    assert (round(found.low or 0, 4), round(found.high or 0, 4)) == (0.2553, 0.3662)
    found = wilson(0, 20)
    assert (found.value, found.low, round(found.high or 0, 4)) == (0.0, 0.0, 0.1611)
    z = 1.959963984540054
    for count, total in ((1, 29), (15, 148), (500, 500)):
        ends = wilson(count, total)
        for end in (ends.low or 0.0, ends.high or 0.0):
            # The ends are where the score statistic reaches z.
            assert (count / total - end) ** 2 == pytest.approx(z * z * end * (1 - end) / total, abs=1e-12)


def test_nothing_is_told_of_nothing() -> None:
    assert wilson(0, 0).as_dict() == {"value": None, "low": None, "high": None}
    assert mean_over_people(np.zeros(0), np.zeros(0, np.int64)).value is None
    assert mean_over_people(np.ones(4), np.zeros(4, np.int64)).as_dict() == {"value": 1.0, "low": None, "high": None}


def test_repeating_faces_of_the_same_people_does_not_narrow_an_interval() -> None:
    values = np.random.default_rng(0).normal(size=60)
    once = mean_over_people(values, np.arange(60))
    often = mean_over_people(np.repeat(values, 9), np.repeat(np.arange(60), 9))
    assert often.value == pytest.approx(once.value)
    assert (often.low, often.high) == pytest.approx((once.low, once.high))
    assert (once.low or 0) < values.mean() < (once.high or 0)
    # A normal mean of 60: +-1.96 standard errors.
    half = 1.96 * values.std() / np.sqrt(60)
    assert ((once.high or 0) - (once.low or 0)) / 2 == pytest.approx(half, rel=0.15)
