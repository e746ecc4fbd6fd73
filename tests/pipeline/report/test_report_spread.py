"""Intervals: agreement with the bootstrap of gan.metrics, and the laws of differences."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gan.metrics import difference_interval, mean_interval
from pipeline.report.by_au import gain_by_au
from pipeline.report.spread import Drawn, Scores, difference, estimate

PEOPLE = np.array([f"person {number // 4}" for number in range(80)])


def scores(seed: int, trainings: int = 1, shift: float = 0.0) -> Scores:
    rng = np.random.default_rng(seed)
    people = np.repeat(np.random.default_rng(99).normal(0, 1, 20), 4)
    return Scores(people + shift + rng.normal(0, 0.5, (trainings, 80)), PEOPLE)


def test_one_training_agrees_with_the_bootstrap_over_people() -> None:
    found, theirs = estimate(scores(0), Drawn(4000, 0)), mean_interval(scores(0).values[0], PEOPLE.tolist(), 4000)
    assert found is not None and found.low is not None and found.high is not None
    assert (found.value, found.n) == (pytest.approx(theirs.value), theirs.n)
    width = theirs.high - theirs.low
    assert found.low == pytest.approx(theirs.low, abs=0.06 * width)
    assert found.high == pytest.approx(theirs.high, abs=0.06 * width)


def test_a_difference_agrees_with_the_paired_bootstrap() -> None:
    one, other = scores(1), scores(2)
    found = difference(one, other, Drawn(4000, 0))
    theirs = difference_interval(one.values[0], other.values[0], PEOPLE.tolist(), 4000)
    assert found is not None and found.low is not None and found.high is not None
    assert found.value == pytest.approx(theirs.value)
    assert (found.low, found.high) == (pytest.approx(theirs.low, abs=0.02), pytest.approx(theirs.high, abs=0.02))


def test_what_people_share_does_not_widen_a_difference() -> None:
    one, other = scores(1), scores(2)
    apart, alone = difference(one, other, Drawn(500, 0)), estimate(one, Drawn(500, 0))
    assert apart and alone and apart.low and apart.high and alone.low and alone.high
    assert apart.high - apart.low < 0.5 * (alone.high - alone.low)


def test_trainings_that_differ_widen_the_interval() -> None:
    same = scores(3, trainings=1)
    lucky = Scores(np.concatenate([same.values - 1.0, same.values + 1.0]), PEOPLE)
    narrow, wide = estimate(same, Drawn(500, 0)), estimate(lucky, Drawn(500, 0))
    assert narrow and wide and narrow.low and narrow.high and wide.low and wide.high
    assert wide.value == pytest.approx(narrow.value)
    assert wide.high - wide.low > 1.5 * (narrow.high - narrow.low)


@given(st.integers(0, 50), st.floats(-3, 3), st.integers(1, 3))
def test_adding_a_constant_moves_value_and_ends(seed: int, shift: float, trainings: int) -> None:
    plain, moved = (estimate(scores(seed, trainings, by), Drawn(50, 0)) for by in (0.0, shift))
    assert plain and moved and plain.low is not None and moved.low is not None
    assert moved.value == pytest.approx(plain.value + shift)
    assert moved.low == pytest.approx(plain.low + shift)


@given(st.integers(0, 50))
def test_a_difference_is_turned_round_with_its_sides(seed: int) -> None:
    one, other = scores(seed), scores(seed + 100)
    forth, back = difference(one, other, Drawn(50, 0)), difference(other, one, Drawn(50, 0))
    assert forth and back and forth.low is not None and back.high is not None
    assert (forth.value, forth.low) == (pytest.approx(-back.value), pytest.approx(-back.high))


def test_an_arm_does_not_differ_from_itself() -> None:
    found = difference(scores(0), scores(0), Drawn(200, 0))
    assert found is not None
    assert (found.value, found.low, found.high) == (0.0, 0.0, 0.0)
    assert not found.above_zero and not found.below_zero


def test_pairs_without_a_score_take_no_part() -> None:
    values = scores(0).values.copy()
    values[0, :4] = np.nan
    found = estimate(Scores(values, PEOPLE), Drawn(100, 0))
    assert found is not None
    assert (found.n, found.value) == (76, pytest.approx(np.nanmean(values)))
    paired = difference(Scores(values, PEOPLE), scores(1), Drawn(100, 0))
    assert paired is not None
    assert paired.value == pytest.approx(float(np.mean(values[0, 4:] - scores(1).values[0, 4:])))


def test_nothing_scored_gives_nothing_and_one_person_no_interval() -> None:
    assert estimate(Scores(np.full((1, 80), np.nan), PEOPLE), Drawn(100, 0)) is None
    alone = estimate(Scores(np.ones((1, 4)), PEOPLE[:4]), Drawn(100, 0))
    assert alone is not None
    assert (alone.value, alone.low, alone.high, alone.above_zero) == (1.0, None, None, False)


def test_the_interval_holds_the_truth_about_as_often_as_it_says() -> None:
    held = 0
    for seed in range(200):
        rng = np.random.default_rng(seed)
        values = np.repeat(rng.normal(0, 1, 20), 4) + rng.normal(0, 0.5, 80)
        found = estimate(Scores(values[None], PEOPLE), Drawn(200, seed))
        assert found is not None and found.low is not None and found.high is not None
        held += found.low <= 0.0 <= found.high
    assert 0.86 <= held / 200 <= 0.98


def test_the_gain_by_au_is_that_of_the_pairs_that_change_it() -> None:
    rng = np.random.default_rng(5)
    aus = rng.choice(["AU12", "AU4+AU12", "AU26", ""], 80)
    one, other = (
        pd.DataFrame(
            {
                "seed": 0,
                "identity": PEOPLE,
                "aus": aus,
                "psnr_changed": rng.normal(20, 1, 80),
                "input_psnr_changed": rng.normal(20, 1, 80),
            }
        )
        for _ in range(2)
    )
    found = gain_by_au({"one": one, "other": other}, Drawn(50, 0))
    assert list(found) == ["AU4", "AU12", "AU26"]
    gain, changes = other["psnr_changed"] - other["input_psnr_changed"], [("AU12" in each) for each in aus]
    assert found["AU12"]["other"].value == pytest.approx(gain[changes].mean())
    assert found["AU12"]["other"].n == sum(changes)
