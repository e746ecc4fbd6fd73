"""Whether a simple classifier can tell two sets apart: the area under its ROC curve on people it has not seen.

A classifier two-sample test (Lopez-Paz & Oquab, "Revisiting classifier two-sample tests", ICLR 2017) with the cheapest
classifier: a linear discriminant on standardised features and their products. It finds coarse differences alone;
that it finds none proves nothing about fine ones.
"""

import numpy as np
import numpy.typing as npt
from scipy.stats import rankdata

from faceset.intervals import Interval, weights

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]

FOLDS = 5
RIDGE = 1e-2
"""Of the standardised features' covariance: it keeps features that repeat each other harmless."""


def told_apart(first: Floats, second: Floats, people: tuple[Integers, Integers], seed: int = 0) -> Interval:
    """Returns the area under the ROC curve, 0.5 for sets that cannot be told apart, with an interval over people.

    Nothing is said of sets of fewer people than there are folds.

    Args:
        first: (M, F) features of the first set.
        second: (N, F) features of the second.
        people: number of the person of each face, (M,) and (N,); the two sets share nobody.
        seed: of folds and draws.
    """
    if min(len(np.unique(each)) for each in people) < FOLDS:
        return Interval(None, None, None)
    features = _expanded(_standardised(np.concatenate([first, second])))
    kinds = np.arange(len(features)) >= len(first)
    _, who = np.unique(np.concatenate([people[0], people[1] + people[0].max(initial=0) + 1]), return_inverse=True)
    fold = _folds(who, kinds, seed)
    scores = np.empty(len(features))
    for number in range(FOLDS):
        held = fold == number
        # Only the order within a fold counts: discriminants of other folds have another scale.
        scores[held] = features[held] @ _discriminant(features[~held], kinds[~held])
    return _area_with_interval(scores, kinds, fold, who, seed)


def area(scores: Floats, kinds: npt.NDArray[np.bool_], weight: Floats | None = None) -> float:
    """Returns how often one of the second kind scores above one of the first; a tie counts half.

    Args:
        scores: (N,).
        kinds: (N,) True for the second kind; both must be there.
        weight: how often each counts, (N,); once by default.
    """
    w = np.ones(len(scores)) if weight is None else weight
    rank = rankdata(scores, method="dense") - 1
    ones, zeros = (np.bincount(rank, np.where(kind, w, 0.0)) for kind in (kinds, ~kinds))
    below = np.cumsum(zeros) - zeros
    return float((ones * (below + zeros / 2)).sum() / (ones.sum() * zeros.sum()))


def _area_with_interval(
    scores: Floats, kinds: npt.NDArray[np.bool_], fold: Integers, who: Integers, seed: int
) -> Interval:
    def mean_area(weight: Floats | None) -> float:
        found = []
        for number in range(FOLDS):
            held = fold == number
            part = None if weight is None else weight[held]
            counts = [
                (np.ones(held.sum()) if part is None else part)[kind].sum() for kind in (kinds[held], ~kinds[held])
            ]
            if min(counts) > 0:
                found.append(area(scores[held], kinds[held], part))
        return float(np.mean(found)) if found else float("nan")

    value = mean_area(None)
    drawn = [mean_area(row[who]) for row in weights(int(who.max()) + 1, seed, resamples=200)]
    low, high = np.nanpercentile(drawn, [2.5, 97.5])
    return Interval(value, float(low), float(high))


def _standardised(features: Floats) -> Floats:
    spread = features.std(axis=0)
    return np.asarray((features - features.mean(axis=0)) / np.where(spread > 0, spread, 1.0))


def _expanded(features: Floats) -> Floats:
    """Returns features, their squares and their products, so that sets may also differ in spread."""
    upper = np.triu_indices(features.shape[1])
    return _standardised(np.concatenate([features, features[:, upper[0]] * features[:, upper[1]]], axis=1))


def _discriminant(features: Floats, kinds: npt.NDArray[np.bool_]) -> Floats:
    """Returns Fisher's direction: the difference of the means over the spread within kinds."""
    means = [features[kind].mean(axis=0) if kind.any() else np.zeros(features.shape[1]) for kind in (~kinds, kinds)]
    within = features - np.where(kinds[:, None], means[1], means[0])
    covariance = within.T @ within / len(features) + RIDGE * np.eye(features.shape[1])
    return np.asarray(np.linalg.solve(covariance, means[1] - means[0]))


def _folds(who: Integers, kinds: npt.NDArray[np.bool_], seed: int) -> Integers:
    """Returns the fold of each face, (N,): the people of each kind in random order dealt out in turn."""
    place = np.empty(int(who.max()) + 1, dtype=np.int64)
    random = np.random.Generator(np.random.Philox(seed))
    for kind in (kinds, ~kinds):
        persons = np.unique(who[kind])
        place[persons] = random.permutation(len(persons)) % FOLDS
    return place[who]
