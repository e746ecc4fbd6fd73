"""Drift against its analytic values."""

import numpy as np
import pytest

from faceset.drift import INTENSITY_EDGES, divergence, drift, histogram, pattern_cover, pooled_edges

EDGES = np.array([-np.inf, 0.5, np.inf])


def found(first: np.ndarray, second: np.ndarray, edges: np.ndarray = EDGES) -> dict[str, float]:
    result = drift(first, second, edges)
    assert result is not None
    return result


def test_a_shift_is_its_wasserstein_distance() -> None:
    values = np.random.default_rng(0).random(999)
    assert found(values, values + 0.25)["wasserstein"] == pytest.approx(0.25)
    assert found(values, values[::-1])["wasserstein"] == pytest.approx(0.0, abs=1e-12)


def test_equal_sets_do_not_drift_and_swapping_sets_swaps_the_directions() -> None:
    rng = np.random.default_rng(1)
    one, other = rng.beta(1, 3, 500), rng.beta(2, 2, 700)
    edges = pooled_edges(one, other)
    same, there, back = found(one, one, edges), found(one, other, edges), found(other, one, edges)
    assert (same["js"], same["psi"], same["kl_first"], same["covered_first"]) == (0.0, 0.0, 0.0, 1.0)
    assert (there["kl_first"], there["covered_first"]) == (back["kl_second"], back["covered_second"])
    assert (there["js"], there["psi"]) == pytest.approx((back["js"], back["psi"]))
    assert there["kl_first"] > 0.05


def test_two_bins_give_the_values_of_the_definitions() -> None:
    zeros, ones = np.zeros(4), np.ones(4)
    one, other = np.concatenate([zeros] * 3 + [ones]), np.concatenate([zeros] + [ones] * 3)
    p = np.array([12.5, 4.5]) / 17  # with half a face in each bin
    result = found(one, other)
    assert result["kl_first"] == pytest.approx(float((p * np.log2(p / p[::-1])).sum()))
    assert result["psi"] == pytest.approx(float(((p - p[::-1]) * np.log(p / p[::-1])).sum()))
    assert found(zeros.repeat(10**5), ones.repeat(10**5))["js"] == pytest.approx(1.0, abs=1e-4)


def test_coverage_has_a_direction() -> None:
    """A presence label, 0 or 1, is covered by a graded one; the graded one is not covered by presence."""
    presence, graded = np.array([0.0] * 50 + [1.0] * 50), np.linspace(0, 1, 101)
    result = found(presence, graded, INTENSITY_EDGES)
    assert result["covered_first"] == 1.0
    assert result["covered_second"] == pytest.approx((1 + 10) / 101)
    assert result["kl_first"] < result["kl_second"]


def test_exact_zero_has_a_bin_of_its_own_and_edges_belong_below() -> None:
    assert histogram(np.array([0.0, 0.0, 1e-9, 0.1, 0.1000001, 1.0]), INTENSITY_EDGES).tolist() == [
        2, 2, 1, 0, 0, 0, 0, 0, 0, 0, 1,
    ]  # fmt: skip
    assert divergence(np.array([0.0, 1.0]), np.array([0.5, 0.5])) == 1.0
    assert drift(np.zeros(0), np.ones(3), EDGES) is None


def test_combinations_of_aus_are_matched_as_wholes() -> None:
    one = np.array([[1, 0], [1, 1], [0, 0], [0, 0]], np.bool_)
    other = np.array([[0, 1], [0, 0]], np.bool_)
    assert pattern_cover(one, other) == (0.5, 0.5)
    wide = np.zeros((3, 20), np.bool_)
    wide[2, 19] = True
    assert pattern_cover(wide, wide[:2]) == (pytest.approx(2 / 3), 1.0)
