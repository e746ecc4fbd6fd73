"""The answer: it never claims more than the intervals."""

from itertools import permutations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.report.answer import answer, ranking
from pipeline.report.evaluation import ArmScores, Bed
from pipeline.report.metrics import COLUMNS, GAIN
from pipeline.report.names import ArmName
from pipeline.report.set_names import SetName
from pipeline.report.spread import Drawn, Scores, difference, estimate

PEOPLE = np.array([f"person {number // 3}" for number in range(60)])
NAMES = ("real", "synthetic", "mixed")


def bed(gains: dict[str, float], noise: float = 0.1, name: str = "twins") -> Bed:
    """A bed whose arms gain so much over the input, with noise of each pair."""
    scores = {
        arm: Scores(gain + np.random.default_rng(number).normal(0, noise, (1, 60)), PEOPLE)
        for number, (arm, gain) in enumerate(gains.items())
    }
    found = {arm: estimate(each, Drawn(200, 0)) for arm, each in scores.items()}
    apart = {(one, two): difference(scores[one], scores[two], Drawn(200, 0)) for one, two in permutations(scores, 2)}
    nothing = {column.name: None for column in COLUMNS}
    arms = tuple(
        ArmScores(ArmName(arm, arm, arm, ""), {**nothing, GAIN.name: found[arm]}, nothing, nothing, ()) for arm in gains
    )
    where = "on emulated faces" if name == "twins_emulated" else "on synthetic faces"
    known = {pair: each for pair, each in apart.items() if each is not None}
    return Bed(SetName(name, name, "", where), 60, 20, arms, nothing, None, (), known, {})


def beds(first: dict[str, float], second: dict[str, float], noise: float = 0.1) -> list[Bed]:
    return [bed(first, noise), bed(second, noise, "twins_emulated")]


CLEAR = {"real": 0.5, "synthetic": 2.0, "mixed": 1.0}


def test_a_clear_winner_is_named_with_its_lead() -> None:
    found = answer(beds(CLEAR, CLEAR))
    assert found.headline == "The best training set of this run: synthetic."
    assert found.sentences[0].startswith("On synthetic faces (60 exact pairs of 20 people), synthetic comes nearest")
    assert "nearer than the runner-up, mixed." in found.sentences[0]
    assert found.sentences[1].startswith("On emulated faces")


def test_equal_arms_are_not_told_apart() -> None:
    found = answer(beds({"real": 1.0, "synthetic": 1.01, "mixed": 0.2}, CLEAR, noise=1.0))
    assert (
        found.headline == "The best training set on emulated faces: synthetic. On synthetic faces this run cannot tell."
    )
    assert "this run cannot tell it from" in found.sentences[0] and "may be none" in found.sentences[0]
    assert "mixed" not in found.sentences[0]


def test_beds_may_disagree() -> None:
    found = answer(beds(CLEAR, {"real": 3.0, "synthetic": 1.0, "mixed": 0.2}))
    assert found.headline == "It depends on the test: synthetic on synthetic faces and real on emulated faces."


def test_the_best_of_bad_edits_is_not_called_best() -> None:
    worse = {name: gain - 5.0 for name, gain in CLEAR.items()}
    found = answer(beds(worse, worse))
    assert found.headline == "No training set taught edits that beat leaving the face as it is."
    assert "3.0" in found.sentences[0] and "further from it than the unedited input" in found.sentences[0]


def test_edits_that_do_nothing_are_not_called_better() -> None:
    nothing = {"real": -1.0, "synthetic": 0.0, "mixed": -2.0}
    found = answer(beds(nothing, nothing, noise=0.5))
    assert found.headline == "This run does not show that any training set beats leaving the face as it is."
    assert "which may be nothing" in found.sentences[0]


def test_the_question_of_the_title_is_answered_for_each_test() -> None:
    plain = tuple(ArmName(name, name, name, "") for name in ("real", "synthetic"))
    found = answer(beds(CLEAR, {"real": 3.0, "synthetic": 1.0, "mixed": 0.2}), plain)
    assert found.question.startswith("Between real and synthetic: on synthetic faces synthetic is nearer")
    assert "; on emulated faces real is nearer to the truth by 2.0" in found.question
    alike = answer([bed({"real": 1.0, "synthetic": 1.0, "mixed": 0.2}, noise=1.0)], plain)
    assert "they cannot be told apart" in alike.question


def test_one_arm_has_nobody_to_be_compared_with() -> None:
    found = answer([bed({"real": 1.0})])
    assert found.headline == "This run cannot tell which training set is the best."
    assert "edits of real come nearer to the truth" in found.sentences[0]


def test_a_run_without_scored_pairs_says_so() -> None:
    assert answer([]).headline == "This run scored no pair."


@settings(max_examples=40)
@given(st.lists(st.floats(-2, 2), min_size=3, max_size=3), st.floats(0.05, 3.0))
def test_a_winner_leads_every_other_arm_and_the_input(gains: list[float], noise: float) -> None:
    one = bed(dict(zip(NAMES, gains, strict=True)), noise)
    order = ranking(one)
    assert order is not None
    winner = order.winner
    claimed = answer([one]).headline.startswith("The best training set")
    assert claimed == (winner is not None)
    if winner is not None:
        gain = winner.estimates["gain"]
        assert gain is not None and gain.low is not None and gain.low > 0.0
        others = [name for name in NAMES if name != winner.arm.name]
        assert all((one.differences[winner.arm.name, other].low or 0.0) > 0.0 for other in others)


@pytest.mark.parametrize("trial", range(5))
def test_arms_of_equal_worth_seldom_have_a_winner(trial: int) -> None:
    claims = 0
    for number in range(20):
        rng = np.random.default_rng([trial, number])
        people = np.repeat(rng.normal(1.0, 1.0, 20), 3)
        scores = {name: Scores(people[None] + rng.normal(0, 0.5, (1, 60)), PEOPLE) for name in NAMES}
        leads = {pair: difference(scores[pair[0]], scores[pair[1]], Drawn(200, 0)) for pair in permutations(NAMES, 2)}
        claims += any(
            all(lead is not None and lead.above_zero for pair, lead in leads.items() if pair[0] == name)
            for name in NAMES
        )
    assert claims <= 4
