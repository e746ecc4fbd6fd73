"""How sure a mean over test pairs is, and the difference of two means over the same pairs.

Pairs of one person resemble each other, and so do edits of one training: both people and trainings are drawn with
replacement (a bootstrap with two crossed factors; Owen, "The pigeonhole bootstrap", 2007). With one training this is
the bootstrap over people of ``gan.metrics``, and says nothing of the luck of a training.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Values = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Drawn:
    """How intervals are drawn: number of resamples, and the seed of the draws."""

    resamples: int
    seed: int


@dataclass(frozen=True)
class Estimate:
    """A mean and the ends of its 95 % interval; the ends are None where there are fewer than two people."""

    value: float
    low: float | None
    high: float | None
    n: int

    @property
    def above_zero(self) -> bool:
        """True where the whole interval is above 0."""
        return self.low is not None and self.low > 0.0

    @property
    def below_zero(self) -> bool:
        """True where the whole interval is below 0."""
        return self.high is not None and self.high < 0.0


@dataclass(frozen=True, eq=False)
class Scores:
    """One metric of one arm.

    Attributes:
        values: one for each training and pair, (S, P); not a number where the metric does not apply.
        people: whom each pair shows, (P,).
    """

    values: Values
    people: npt.NDArray[np.str_]


def estimate(scores: Scores, drawn: Drawn) -> Estimate | None:
    """Returns the mean over trainings and pairs, or None where the metric applies to no pair."""
    sums, counts = _by_person(scores.values, scores.people)
    return _estimate(_ratio(sums, counts), _Draws(sums.shape, drawn).means(sums, counts), counts)


def difference(first: Scores, second: Scores, drawn: Drawn) -> Estimate | None:
    """Returns the mean of ``first`` minus that of ``second`` over the same pairs, or None where there is none.

    The same people are drawn for both; trainings are drawn for each.
    """
    usable = np.isfinite(first.values).all(axis=0) & np.isfinite(second.values).all(axis=0)
    one, other = (_by_person(np.where(usable, each.values, np.nan), first.people) for each in (first, second))
    people = _Draws(one[0].shape, drawn)
    found = people.means(*one) - people.beside(other[0].shape[0]).means(*other)
    return _estimate(_ratio(*one) - _ratio(*other), found, one[1])


def _by_person(values: Values, people: npt.NDArray[np.str_]) -> tuple[Values, Values]:
    """Returns sums and numbers of the finite values of each training and person, (S, I) both."""
    names, group = np.unique(people, return_inverse=True)
    member = np.zeros((len(people), len(names)))
    member[np.arange(len(people)), group] = 1.0
    valid = np.isfinite(values)
    return np.where(valid, values, 0.0) @ member, valid.astype(np.float64) @ member


class _Draws:
    """How often each training and each person is drawn in each of R resamples."""

    def __init__(self, shape: tuple[int, ...], drawn: Drawn) -> None:
        self._rng = np.random.Generator(np.random.Philox(key=[drawn.seed, 1]))
        self._people = self._drawn(shape[1], drawn.resamples)
        self._trainings = self._drawn(shape[0], drawn.resamples)

    def beside(self, trainings: int) -> "_Draws":
        """Returns draws of the same people and of other trainings."""
        other = object.__new__(_Draws)
        other._rng, other._people = self._rng, self._people
        other._trainings = self._drawn(trainings, len(self._people))
        return other

    def means(self, sums: Values, counts: Values) -> Values:
        """Returns the mean of each resample, (R,); not a number where it drew nobody with a value."""
        above, below = (np.einsum("rs,si,ri->r", self._trainings, part, self._people) for part in (sums, counts))
        return np.where(below > 0, above / np.maximum(below, 1.0), np.nan)

    def _drawn(self, number: int, resamples: int) -> Values:
        return self._rng.multinomial(number, np.full(number, 1.0 / number), size=resamples).astype(np.float64)


def _ratio(sums: Values, counts: Values) -> float:
    return float(sums.sum() / counts.sum()) if counts.sum() else float("nan")


def _estimate(value: float, drawn: Values, counts: Values) -> Estimate | None:
    pairs = int(counts.max(axis=0).sum())
    if np.isnan(value):
        return None
    if np.count_nonzero(counts.sum(axis=0)) < 2:
        return Estimate(value, None, None, pairs)
    low, high = np.percentile(drawn[np.isfinite(drawn)], [2.5, 97.5])
    return Estimate(value, float(low), float(high), pairs)
