"""Statistics of AU labels: known rates and correlations are found again; files are read strictly."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import betainc
from scipy.stats import multivariate_normal

from faceset.cooccurrence import DEFAULT_QUANTILES, LEVELS, Cooccurrence
from faceset.errors import StatisticsError
from faceset.nearest_correlation import LEAST_EIGENVALUE, nearest_correlation
from faceset.tetrachoric import bivariate_normal, tetrachoric

CODES = ("AU1", "AU2", "AU12", "AU45")
TRUE = np.array([[1.0, 0.7, 0.0, -0.3], [0.7, 1.0, 0.2, 0.0], [0.0, 0.2, 1.0, -0.5], [-0.3, 0.0, -0.5, 1.0]])
RATES = np.array([0.3, 0.2, 0.4, 0.1])


def drawn(count: int, seed: int = 0) -> Any:
    """Activations (N, 4) of a copula with the true rates and correlations; present ones are uniform in [.1, .9]."""
    rng = np.random.default_rng(seed)
    behind = rng.standard_normal((count, 4)) @ np.linalg.cholesky(TRUE).T
    present = behind > np.quantile(behind, 1 - RATES, axis=0).diagonal()
    return np.where(present, rng.uniform(0.1, 0.9, present.shape), 0.0)


@pytest.mark.parametrize("correlation", [-0.95, -0.4, 0.0, 0.3, 0.9, 0.98])
def test_the_bivariate_normal_agrees_with_scipy(correlation: float) -> None:
    law = multivariate_normal([0, 0], [[1, correlation], [correlation, 1]])
    points = np.array([(0.0, 0.0), (1.5, -0.3), (2.5, 2.0), (-1.0, 2.0), (-2.0, -2.5)])
    ours = bivariate_normal(points[:, 0], points[:, 1], np.full(len(points), correlation))
    assert ours == pytest.approx(law.cdf(points), abs=1e-5)


def test_a_quarter_and_a_third_of_the_plane() -> None:
    """Sheppard: the quadrant of two normal numbers has the probability 1/4 + asin(r) / 2 pi."""
    zero, r = np.zeros(5), np.linspace(-0.9, 0.9, 5)
    assert bivariate_normal(zero, zero, r) == pytest.approx(0.25 + np.arcsin(r) / (2 * np.pi), abs=1e-12)


def test_counts_give_the_correlation_back() -> None:
    r = np.array([-0.8, -0.2, 0.0, 0.5, 0.9])
    faces, rate = np.full(5, 1e7), 0.2
    x = np.full(5, -0.8416212335729143)
    both = bivariate_normal(x, x, r) * faces
    assert tetrachoric(both, faces * rate, faces * rate, faces) == pytest.approx(r, abs=1e-3)
    assert tetrachoric(np.zeros(1), np.zeros(1), np.zeros(1), np.zeros(1)).tolist() == [0.0]


@settings(max_examples=50, deadline=None)
@given(st.integers(1, 9), st.integers(0, 99))
def test_the_nearest_correlation_matrix_is_one(size: int, seed: int) -> None:
    noise = np.random.default_rng(seed).uniform(-1, 1, (size, size))
    matrix = (noise + noise.T) / 2
    np.fill_diagonal(matrix, 1.0)
    found = nearest_correlation(matrix)
    assert (np.diagonal(found) == 1.0).all() and np.array_equal(found, found.T)
    assert np.linalg.eigvalsh(found).min() > LEAST_EIGENVALUE / 2
    assert nearest_correlation(found) == pytest.approx(found, abs=1e-3), "what is one already hardly moves"


def test_a_known_nearest_matrix() -> None:
    """Higham (2002), section 4: ones beside the diagonal and a zero in the corner."""
    found = nearest_correlation(np.array([[1.0, 1.0, 0.0], [1.0, 1.0, 1.0], [0.0, 1.0, 1.0]]))
    assert found[0, 1] == pytest.approx(0.7607, abs=2e-3) and found[0, 2] == pytest.approx(0.1573, abs=4e-3)


def test_rates_correlations_and_intensities_are_found_again() -> None:
    found = Cooccurrence.fitted(drawn(20_000), np.ones((20_000, 4)), CODES, "a test", graded=True)
    assert found.rate == pytest.approx(RATES, abs=0.01)
    assert found.correlation == pytest.approx(TRUE, abs=0.05)
    assert found.quantiles == pytest.approx(np.tile(0.1 + 0.8 * LEVELS, (4, 1)), abs=0.03)
    assert found.known.tolist() == [20_000] * 4


def test_what_is_unknown_counts_for_nothing() -> None:
    au, rng = drawn(20_000), np.random.default_rng(1)
    known = rng.random(au.shape) < 0.5
    hidden = np.where(known, au, 1.0)
    found = Cooccurrence.fitted(hidden, known, CODES, "a test", graded=True)
    assert found.rate == pytest.approx(RATES, abs=0.02)
    assert found.correlation == pytest.approx(TRUE, abs=0.1)
    never = known & (np.arange(4) != 1)
    assert Cooccurrence.fitted(hidden, never, CODES, "a test", graded=True).codes == ("AU1", "AU12", "AU45")
    with pytest.raises(StatisticsError, match="found none in 20000 faces"):
        Cooccurrence.fitted(hidden, known & False, CODES, "a test", graded=True)


def test_few_faces_say_little_of_correlations() -> None:
    labels = np.array([[1.0, 1.0], [1.0, 1.0], *[[0.0, 0.0]] * 50])
    few = Cooccurrence.fitted(labels, np.ones((52, 2)), CODES[:2], "few", graded=False)
    many = Cooccurrence.fitted(np.tile(labels, (50, 1)), np.ones((2600, 2)), CODES[:2], "many", graded=False)
    assert few.correlation[0, 1] < 0.3 < 0.8 < many.correlation[0, 1]


def test_presence_alone_gives_the_default_intensities() -> None:
    found = Cooccurrence.fitted((drawn(500) > 0).astype(float), np.ones((500, 4)), CODES, "a test", graded=False)
    assert np.array_equal(found.quantiles, np.tile(DEFAULT_QUANTILES, (4, 1)))
    assert betainc(1.5, 2.5, (DEFAULT_QUANTILES - 0.05) / 0.95) == pytest.approx(LEVELS, abs=1e-3)


def test_a_file_keeps_everything(tmp_path: Path) -> None:
    found = Cooccurrence.fitted(drawn(2000), np.ones((2000, 4)), CODES, "a test", graded=True)
    found.save(tmp_path / "one.json")
    again = Cooccurrence.load(tmp_path / "one.json")
    again.save(tmp_path / "two.json")
    assert (tmp_path / "one.json").read_bytes() == (tmp_path / "two.json").read_bytes()
    for name in ("codes", "fitted_to"):
        assert getattr(again, name) == getattr(found, name)
    for name in ("known", "rate", "correlation", "quantiles"):
        assert np.array_equal(getattr(again, name), getattr(found, name)), name


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (lambda t: t.update(version=2), "expected the keys"),
        (lambda t: t.pop("rate"), "expected the keys"),
        (lambda t: t.update(extra=1), "expected the keys"),
        (lambda t: t["rate"].__setitem__(0, 1.5), r"rates in \[0, 1\]"),
        (lambda t: t["rate"].__setitem__(0, None), r"rates in \[0, 1\]|float"),
        (lambda t: t["rate"].__setitem__(0, float("nan")), r"rates in \[0, 1\]"),
        (lambda t: t["rate"].append(0.1), "arrays of their length"),
        (lambda t: t["codes"].__setitem__(0, "AU99"), "AU99"),
        (lambda t: t["codes"].__setitem__(0, "AU2"), "distinct codes"),
        (lambda t: t["known"].__setitem__(0, -1), "not negative"),
        (lambda t: t["correlation"][0].__setitem__(1, 0.9), "symmetric"),
        (lambda t: t["correlation"][0].__setitem__(0, 0.9), "1 on the diagonal"),
        (lambda t: t["quantiles"][0].reverse(), "do not decrease"),
        (lambda t: t["levels"].reverse(), "the levels"),
    ],
)
def test_other_files_are_refused(tmp_path: Path, change: Any, expected: str) -> None:
    path = tmp_path / "found.json"
    Cooccurrence.fitted(drawn(2000), np.ones((2000, 4)), CODES, "a test", graded=True).save(path)
    tree = json.loads(path.read_text())
    change(tree)
    path.write_text(json.dumps(tree))
    with pytest.raises(StatisticsError, match=expected):
        Cooccurrence.load(path)


def test_a_matrix_that_no_faces_have_is_refused(tmp_path: Path) -> None:
    bad = np.array([[1.0, 0.9, 0.9], [0.9, 1.0, -0.9], [0.9, -0.9, 1.0]])
    with pytest.raises(StatisticsError, match="positive semidefinite"):
        Cooccurrence(CODES[:3], np.ones(3, np.int64), RATES[:3], bad, np.tile(DEFAULT_QUANTILES, (3, 1)), "a test")


@pytest.mark.parametrize("text", ["", "[]", "3", "{", '{"format": "x"}'])
def test_texts_that_are_no_statistics(tmp_path: Path, text: str) -> None:
    (tmp_path / "bad.json").write_text(text)
    with pytest.raises(StatisticsError, match=r"bad\.json: not statistics of version 1"):
        Cooccurrence.load(tmp_path / "bad.json")


def test_a_part_and_a_whole() -> None:
    found = Cooccurrence.fitted(drawn(5000), np.ones((5000, 4)), CODES, "one set", graded=True)
    part = found.restricted(("AU45", "AU1"))
    assert part.rate.tolist() == found.rate[[3, 0]].tolist()
    assert part.correlation[0, 1] == found.correlation[3, 0]
    with pytest.raises(StatisticsError, match="do not hold AU9"):
        found.restricted(("AU9",))
    other = Cooccurrence.fitted(drawn(5000, 1), np.ones((5000, 4)), ("AU1", "AU4", "AU12", "AU9"), "other", graded=True)
    whole = found.completed(other)
    assert whole.codes == (*CODES, "AU4", "AU9")
    assert whole.fitted_to == "one set; AU4, AU9: other"
    assert whole.rate[:4].tolist() == found.rate.tolist()
    # The two sets contradict each other a little, and no faces have both their correlations in full.
    assert whole.correlation[:4, :4] == pytest.approx(found.correlation, abs=0.1)
    assert whole.correlation[0, 4] == pytest.approx(other.correlation[0, 1], abs=0.1)
    assert found.completed(part) is found
