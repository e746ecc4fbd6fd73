"""The answer in plain sentences, computed from the numbers: it claims what the intervals allow and no more.

A training set is called better than another only where the whole 95 % interval of their difference, over the same
test pairs, lies on one side of 0; and the best only where its edits also come nearer to the truth than the input does
without any edit.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from pipeline.report.evaluation import ArmScores, Bed
from pipeline.report.metrics import GAIN
from pipeline.report.names import ArmName
from pipeline.report.spread import Estimate
from pipeline.report.wording import counted, interval, listed, number


@dataclass(frozen=True)
class Answer:
    """What the run says.

    Attributes:
        headline: in one line.
        sentences: one for each bed.
        question: real or synthetic, in one sentence; "" where the run did not ask.
    """

    headline: str
    sentences: tuple[str, ...]
    question: str = ""


@dataclass(frozen=True, eq=False)
class Ranking:
    """The arms of one bed by their gain over the input.

    Attributes:
        best: the arm with the highest mean.
        gain: its gain.
        rivals: arms that cannot be told from it.
        second: the next arm and how far it is behind; None where there is one arm.
    """

    best: ArmScores
    gain: Estimate
    rivals: tuple[ArmScores, ...]
    second: tuple[ArmScores, Estimate] | None

    @property
    def winner(self) -> ArmScores | None:
        """The arm that is better than all others and than no edit; None where the numbers do not say so."""
        return self.best if self.second and not self.rivals and self.gain.above_zero else None


def ranking(bed: Bed) -> Ranking | None:
    """Returns the ranking of a bed, or None where no pair could be scored."""
    scored = [(each, found) for each in bed.arms if (found := each.estimates[GAIN.name]) is not None]
    if not scored:
        return None
    order = sorted(scored, key=lambda entry: -entry[1].value)
    (best, gain), others = order[0], [arm for arm, _ in order[1:]]
    behind = {arm.arm.name: bed.differences[best.arm.name, arm.arm.name] for arm in others}
    rivals = tuple(arm for arm in others if not behind[arm.arm.name].above_zero)
    return Ranking(best, gain, rivals, (others[0], behind[others[0].arm.name]) if others else None)


def answer(beds: Sequence[Bed], plain: tuple[ArmName, ArmName] | None = None) -> Answer:
    """Returns the answer of a run.

    Args:
        beds: the scores.
        plain: the arms that learnt from real and from synthetic faces alone, where the run has both.
    """
    found = [(bed, order) for bed in beds if (order := ranking(bed)) is not None]
    if not found:
        return Answer("This run scored no pair.", ())
    question = "" if plain is None else _question([bed for bed, _ in found], *plain)
    return Answer(_headline(found), tuple(_sentence(bed, order) for bed, order in found), question)


def _headline(found: Sequence[tuple[Bed, Ranking]]) -> str:
    winners = {bed.name.name: winner.arm.label for bed, order in found if (winner := order.winner)}
    names = sorted(set(winners.values()))
    if not winners:
        if any(order.gain.above_zero for _, order in found):
            return "This run cannot tell which training set is the best."
        if all(order.gain.below_zero for _, order in found):
            return "No training set taught edits that beat leaving the face as it is."
        return "This run does not show that any training set beats leaving the face as it is."
    if len(names) > 1:
        parts = [f"{order.winner.arm.label} {bed.name.where}" for bed, order in found if order.winner]
        return f"It depends on the test: {listed(parts)}."
    if len(winners) == len(found):
        return f"The best training set of this run: {names[0]}."
    where = listed([bed.name.where for bed, order in found if order.winner])
    elsewhere = listed([bed.name.where for bed, order in found if not order.winner])
    return f"The best training set {where}: {names[0]}. {_capital(elsewhere)} this run cannot tell."


def _sentence(bed: Bed, order: Ranking) -> str:
    test = f"{counted(bed.num_pairs, 'exact pair')} of {counted(bed.num_people, 'person', 'people')}"
    start = f"{_capital(bed.name.where)} ({test}), "
    if not order.gain.above_zero:
        return start + _useless(order)
    gain = f"{number(order.gain.value, 2)} dB ({interval(order.gain, 2)})"
    best = order.best.arm.label
    if order.second is None:
        return f"{start}edits of {best} come nearer to the truth than the unedited input by {gain}."
    if order.rivals:
        return f"{start}{best} comes nearest to the truth, {gain} nearer than the unedited input, {_undecided(order)}."
    second, lead = order.second
    return (
        f"{start}{best} comes nearest to the truth: {gain} nearer than the unedited input, and "
        f"{number(lead.value, 2)} dB ({interval(lead, 2)}) nearer than the runner-up, {second.arm.label}."
    )


def _undecided(order: Ranking) -> str:
    names = [arm.arm.label for arm in order.rivals]
    assert order.second is not None, "rivals are others"
    lead = order.second[1]
    return f"but this run cannot tell it from {listed(names, 'or')}: the lead is {_spread(lead)} and may be none"


def _useless(order: Ranking) -> str:
    best = order.best.arm.label
    if order.gain.below_zero:
        away = Estimate(-order.gain.value, -(order.gain.high or 0.0), -(order.gain.low or 0.0), order.gain.n)
        return (
            f"edits are on average worse than none: even {best}, nearest to the truth, lies {_spread(away)} further "
            "from it than the unedited input, so no training set is called better."
        )
    return (
        f"no training set is shown to beat the unedited input: {best}, the nearest to the truth, differs from it by "
        f"{_spread(order.gain, sign=True)}, which may be nothing."
    )


def _question(beds: Sequence[Bed], real: ArmName, synthetic: ArmName) -> str:
    told = [_comparison(bed, real, synthetic) for bed in beds]
    return f"Between {real.label} and {synthetic.label}: {'; '.join(told)}." if told else ""


def _comparison(bed: Bed, real: ArmName, synthetic: ArmName) -> str:
    forth, back = bed.differences[synthetic.name, real.name], bed.differences[real.name, synthetic.name]
    if forth.above_zero:
        return f"{bed.name.where} {synthetic.label} is nearer to the truth by {_spread(forth)}"
    if back.above_zero:
        return f"{bed.name.where} {real.label} is nearer to the truth by {_spread(back)}"
    return f"{bed.name.where} they cannot be told apart (a difference of {_spread(forth, sign=True)})"


def _spread(found: Estimate, sign: bool = False) -> str:
    return f"{number(found.value, 2, sign)} dB ({interval(found, 2, sign)})"


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
