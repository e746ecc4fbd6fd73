"""Confidence intervals by resampling identities: faces of one person are not independent of each other.

The bootstrap draws whole identities with replacement (a cluster bootstrap; Davison & Hinkley, "Bootstrap methods and
their application", 1997, section 3.8) and takes percentiles. Values that are not a number take no part.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from gan.errors import MetricError
from gan.streams import Purpose, stream

Values = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Interval:
    """A statistic and the ends of its 95 % interval; the ends are not a number with fewer than two identities."""

    value: float
    low: float
    high: float
    n: int


def mean_interval(values: npt.ArrayLike, identities: Sequence[str], resamples: int = 1000, seed: int = 0) -> Interval:
    """Returns the mean of ``values``, (N,), and its interval over identities.

    Raises:
        MetricError: the lengths differ.
    """
    numbers = np.asarray(values, dtype=np.float64)
    names = _checked(numbers, identities)
    valid = np.isfinite(numbers)
    _, group = np.unique(names[valid], return_inverse=True)
    sums, counts = np.bincount(group, numbers[valid]), np.bincount(group).astype(np.float64)
    mean = float(sums.sum() / counts.sum()) if len(sums) else float("nan")
    if len(sums) < 2:
        return Interval(mean, float("nan"), float("nan"), int(valid.sum()))
    weights = _weights(len(sums), resamples, seed)
    low, high = np.percentile((weights @ sums) / (weights @ counts), [2.5, 97.5])
    return Interval(mean, float(low), float(high), int(valid.sum()))


def difference_interval(
    first: npt.ArrayLike, second: npt.ArrayLike, identities: Sequence[str], resamples: int = 1000, seed: int = 0
) -> Interval:
    """Returns the mean of ``first - second`` of the same samples: what the choice between two models changes."""
    one, two = np.asarray(first, dtype=np.float64), np.asarray(second, dtype=np.float64)
    if one.shape != two.shape:
        raise MetricError(f"a paired difference needs values of the same samples, found {one.shape} and {two.shape}")
    return mean_interval(one - two, identities, resamples, seed)


def statistic_interval(
    statistic: Callable[[npt.NDArray[np.int64]], float], identities: Sequence[str], resamples: int = 200, seed: int = 0
) -> Interval:
    """Returns a statistic of rows (a correlation, for example) and its interval over identities.

    Args:
        statistic: rows, with repetitions, to a number.
        identities: of the N rows.
        resamples: draws; each calls ``statistic`` once.
        seed: of the draws.
    """
    names = np.asarray(identities, dtype=np.str_)
    unique, group = np.unique(names, return_inverse=True)
    rows = [np.flatnonzero(group == number) for number in range(len(unique))]
    value = statistic(np.arange(len(names)))
    if len(unique) < 2:
        return Interval(value, float("nan"), float("nan"), len(names))
    rng = stream(seed, Purpose.BOOTSTRAP)
    drawn = [np.concatenate([rows[i] for i in rng.integers(len(unique), size=len(unique))]) for _ in range(resamples)]
    found = np.array([statistic(sample) for sample in drawn])
    finite = found[np.isfinite(found)]
    low, high = np.percentile(finite, [2.5, 97.5]) if len(finite) else (float("nan"), float("nan"))
    return Interval(value, float(low), float(high), len(names))


def _checked(numbers: Values, identities: Sequence[str]) -> npt.NDArray[np.str_]:
    if numbers.shape != (len(identities),):
        raise MetricError(f"expected one value per identity entry, found {numbers.shape} and {len(identities)}")
    return np.asarray(identities, dtype=np.str_)


def _weights(count: int, resamples: int, seed: int) -> Values:
    """Returns how often each identity is drawn in each resample, (R, I)."""
    rng = stream(seed, Purpose.BOOTSTRAP)
    return rng.multinomial(count, np.full(count, 1.0 / count), size=resamples).astype(np.float64)
