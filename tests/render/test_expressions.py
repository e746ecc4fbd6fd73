"""The three samplers draw faces that can be, each with the frequencies it promises."""

from pathlib import Path

import numpy as np
import pytest

from faceset.cooccurrence import Cooccurrence
from faceset.sources.emotionet import read_emotionet
from facs.action_units import CODES, OPENFACE17, STILL
from facs.combinations import faults
from facs.expression import Expression
from facs.prototypes import PROTOTYPES
from render.config import SamplingConfig
from render.expressions import KINDS, NATURAL, default_statistics, prototype_statistics, sample_expression
from render.randomness import stream

DRAWN = tuple(code for code in CODES if code not in STILL)
DEMO = ("AU4", "AU5", "AU12", "AU26", "AU45")
EMOTIONET = Path(__file__).parents[3] / "shared/real/emotionet"


def draws(kind: str, codes: tuple[str, ...], count: int, statistics: Cooccurrence | None = None) -> list[Expression]:
    random = stream(3, f"test/{kind}")
    return [sample_expression(random, kind, codes, 0.3, statistics) for _ in range(count)]


def labels(expressions: list[Expression], codes: tuple[str, ...]) -> np.ndarray:
    return np.stack([expression.vector(codes) for expression in expressions])


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("codes", [CODES, OPENFACE17, DEMO], ids=["all", "openface", "demo"])
def test_every_expression_of_every_sampler_can_be_shown(kind: str, codes: tuple[str, ...]) -> None:
    found = draws(kind, codes, 10_000 if codes == CODES else 2000)
    assert [fault for expression in found for fault in faults(expression)] == []
    rate = (labels(found, codes) > 0).mean(axis=0)
    assert rate.min() > 0.005, "every AU that may be active is, now and then"


@pytest.mark.parametrize("codes", [DRAWN, OPENFACE17, DEMO], ids=["all", "openface", "demo"])
def test_balanced_is_flat(codes: tuple[str, ...]) -> None:
    au = labels(draws("balanced", codes, 10_000 if codes == DRAWN else 3000), codes)
    free = [k for k, code in enumerate(codes) if code != "AU25"]
    rate = (au > 0).mean(axis=0)
    # Five standard deviations of a binomial share, and what the fit of the weights leaves.
    slack = 5 * np.sqrt(rate.max() / len(au)) + 0.05 * rate.max()
    assert np.ptp(rate[free]) < slack
    # AU25 comes with every AU27, AU19 and most AU26, so that it can only be as frequent or more so.
    assert "AU25" not in codes or rate[codes.index("AU25")] > rate[free].min() - slack
    strong = [np.mean(column[column > 0] > 0.525) for column in au[:, free].T]
    assert 0.35 < min(strong) <= max(strong) < 0.6, "intensities are uniform, but where an opposed AU takes its part"


def test_lips_part_with_most_jaws_that_drop() -> None:
    for kind in KINDS:
        au = labels(draws(kind, DRAWN, 6000), ("AU25", "AU26"))
        dropped = au[au[:, 1] > 0]
        assert 0.6 < np.mean(dropped[:, 0] > 0) < 0.99, kind


def test_natural_has_the_rates_and_correlations_it_was_fitted_to() -> None:
    """AUs that no rule concerns come out as the copula says, within what 10,000 draws can tell."""
    codes = ("AU1", "AU2", "AU6", "AU9", "AU11")
    truth = Cooccurrence(
        codes,
        np.full(5, 1000),
        np.array([0.3, 0.25, 0.5, 0.1, 0.2]),
        np.array(
            [
                [1.0, 0.8, -0.3, 0.0, 0.2],
                [0.8, 1.0, -0.2, 0.0, 0.1],
                [-0.3, -0.2, 1.0, 0.4, 0.0],
                [0.0, 0.0, 0.4, 1.0, 0.0],
                [0.2, 0.1, 0.0, 0.0, 1.0],
            ]
        ),
        np.tile(np.linspace(0.1, 0.6, 11), (5, 1)),
        "a test",
    )
    au = labels(draws("natural", codes, 10_000, truth), codes)
    again = Cooccurrence.fitted(au, np.ones(au.shape), codes, "again", graded=True)
    assert again.rate == pytest.approx(truth.rate, abs=0.025)
    assert again.correlation == pytest.approx(truth.correlation, abs=0.08)
    assert again.quantiles == pytest.approx(truth.quantiles, abs=0.05)


def test_aus_that_a_set_does_not_score_follow_the_default() -> None:
    au = np.zeros((100, 1))
    au[:90] = 1.0
    smiles = Cooccurrence.fitted(au, np.ones((100, 1)), ("AU12",), "smiles", graded=False)
    rate = (labels(draws("natural", ("AU12", "AU1"), 4000, smiles), ("AU12", "AU1")) > 0).mean(axis=0)
    default = default_statistics().restricted(("AU1",)).rate[0]
    assert rate == pytest.approx([0.9, default], abs=0.04)


def test_the_shipped_statistics_are_those_of_the_prototypes() -> None:
    """They say so, and fitting them anew gives them again: `facsmith fit-expressions prototypes` after a change."""
    found, shipped = prototype_statistics(), Cooccurrence.load(NATURAL)
    assert (found.codes, found.fitted_to) == (shipped.codes, shipped.fitted_to)
    for name in ("rate", "correlation", "quantiles"):
        assert getattr(shipped, name) == pytest.approx(getattr(found, name), abs=1e-3), name
    assert found.codes == DRAWN and "no photographs" in found.fitted_to


def test_natural_resembles_what_it_was_fitted_to() -> None:
    au = {kind: labels(draws(kind, DRAWN, 5000), DRAWN) > 0 for kind in ("natural", "prototypes")}
    rates = {kind: present.mean(axis=0) for kind, present in au.items()}
    assert np.abs(rates["natural"] - rates["prototypes"]).max() < 0.05
    pairs = {kind: np.corrcoef(present.T) for kind, present in au.items()}
    assert np.corrcoef(pairs["natural"].ravel(), pairs["prototypes"].ravel())[0, 1] > 0.95


def test_contempt_is_on_one_side_and_a_jaw_goes_to_one() -> None:
    found = draws("prototypes", ("AU14",), 3000)
    one_sided = [min(e.left("AU14"), e.right("AU14")) == 0.0 for e in found if e.both("AU14") > 0]
    assert 0.05 < np.mean(one_sided) < 0.2, "one in twelve, and extras on both sides"
    jaws = [e for e in draws("balanced", ("AU30",), 500) if e.intensity]
    assert all(len(e.intensity) == 1 for e in jaws)
    assert {key for e in jaws for key in e.intensity} == {"AU30L", "AU30R"}


def test_prototypes_are_recognisable() -> None:
    variants = {frozenset(variant) for kind in PROTOTYPES.values() for variant in kind}
    found = [frozenset(c for c in DRAWN if e.both(c) > 0) for e in draws("prototypes", DRAWN, 3000)]
    assert np.mean([each in variants for each in found]) > 0.35


@pytest.mark.skipif(not EMOTIONET.exists(), reason="the shared photographs are not here")
def test_a_real_release_can_be_followed() -> None:
    release = read_emotionet(EMOTIONET)
    codes = tuple(dict.fromkeys(STILL.get(code, code) for row in release.annotations for code in row.activation))
    rows = [row.activation for row in release.annotations]
    au = np.array([[row.get(code, 0.0) for code in codes] for row in rows])
    known = np.array([[code in row for code in codes] for row in rows])
    fitted = Cooccurrence.fitted(au, known, codes, "EmotioNet", graded=False)
    smiles = au[known[:, codes.index("AU12")], codes.index("AU12")].mean()
    assert fitted.rate[fitted.codes.index("AU12")] == pytest.approx(smiles, abs=0.01)
    found = labels(draws("natural", OPENFACE17, 3000, fitted), OPENFACE17)
    assert (found[:, OPENFACE17.index("AU12")] > 0).mean() == pytest.approx(smiles, abs=0.05)


@pytest.mark.parametrize("codes", [(), ("AU27",), ("AU51",)])
def test_what_cannot_be_drawn_is_refused(codes: tuple[str, ...]) -> None:
    with pytest.raises(ValueError, match="action_units: "):
        SamplingConfig(action_units=codes)
