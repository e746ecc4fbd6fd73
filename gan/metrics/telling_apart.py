"""How well a classifier tells two kinds of images apart: the area under its ROC curve, and its accuracy.

It learns from four fifths of the people and is asked about the rest, five times (a classifier two-sample test;
Lopez-Paz & Oquab, "Revisiting classifier two-sample tests", ICLR 2017). 0.5 means that it cannot tell them, 1 that it
always can.
"""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
from scipy.stats import rankdata

from gan.metrics.classifiers import CLASSIFIERS, Kinds, Scores
from gan.metrics.intervals import Interval, statistic_interval
from gan.metrics.population import Population
from gan.streams import Purpose, stream

FOLDS = 5


def asked_scores(first: Population, second: Population, classifier: str, seed: int = 0) -> tuple[Scores, Kinds]:
    """Returns the log-odds of the second kind for every image, each by a classifier that saw nobody on it.

    Args:
        first: M images.
        second: N images.
        classifier: of ``CLASSIFIERS``.
        seed: of the folds and of the learning.

    Returns:
        Scores and kinds, (M + N,) each; True for the second kind.
    """
    see, learn = CLASSIFIERS[classifier]
    inputs = np.concatenate([see(first.images), see(second.images)])
    kinds = np.arange(len(inputs)) >= len(first)
    fold = np.concatenate([people_folds(each.identities, seed + side) for side, each in enumerate((first, second))])
    scores = np.empty(len(inputs))
    for number in range(FOLDS):
        held = fold == number
        scores[held] = learn(inputs[~held], kinds[~held], inputs[held], seed + number)
    return scores, kinds


def people_folds(identities: Sequence[str], seed: int) -> npt.NDArray[np.int64]:
    """Returns the fold of each image, (N,): people in random order dealt out in turn, so that nobody is in two."""
    people, who = np.unique(np.asarray(identities, dtype=np.str_), return_inverse=True)
    order = stream(seed, Purpose.FOLDS).permutation(len(people))
    return np.asarray(order[who] % FOLDS, dtype=np.int64)


def told_apart(
    first: Population, second: Population, classifier: str, resamples: int = 400, seed: int = 0
) -> dict[str, Interval]:
    """Returns ``auc`` and ``accuracy`` with their intervals over people."""
    scores, kinds = asked_scores(first, second, classifier, seed)
    people = [f"0 {name}" for name in first.identities] + [f"1 {name}" for name in second.identities]
    measures = {"auc": area_under_roc, "accuracy": balanced_accuracy}
    return {
        name: statistic_interval(lambda rows, of=of: of(scores[rows], kinds[rows]), people, resamples, seed)  # type: ignore[misc]
        for name, of in measures.items()
    }


def area_under_roc(scores: Scores, kinds: Kinds) -> float:
    """Returns how often an image of the second kind scores above one of the first; a tie counts half.

    Hanley & McNeil, "The meaning and use of the area under a ROC curve", Radiology 143, 1982. Not a number where a
    kind is missing.
    """
    ones = int(kinds.sum())
    zeros = len(kinds) - ones
    if not ones or not zeros:
        return float("nan")
    return float((rankdata(scores)[kinds].sum() - ones * (ones + 1) / 2.0) / (ones * zeros))


def balanced_accuracy(scores: Scores, kinds: Kinds) -> float:
    """Returns the mean over both kinds of the share that is called right."""
    right = (scores > 0.0) == kinds
    return (
        float((right[kinds].mean() + right[~kinds].mean()) / 2.0) if kinds.any() and not kinds.all() else float("nan")
    )
