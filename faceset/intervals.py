"""Intervals of shares and means: Wilson's for counts, a bootstrap over people for what faces of one person share."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]

Z95 = 1.959963984540054
"""Of a standard normal number, 95 % lie within this of 0."""

RESAMPLES = 400


@dataclass(frozen=True)
class Interval:
    """A statistic and the ends of its 95 % interval; None where there is nothing to tell it from."""

    value: float | None
    low: float | None
    high: float | None

    def as_dict(self) -> dict[str, float | None]:
        """Returns the interval as plain values."""
        return {**self.__dict__}


def wilson(count: int, total: int, z: float = Z95) -> Interval:
    """Returns the share ``count / total`` with Wilson's score interval, which stays within [0, 1].

    Wilson, "Probable inference, the law of succession, and statistical inference", JASA 22, 1927.
    """
    if total == 0:
        return Interval(None, None, None)
    share, spread = count / total, z * z / total
    middle = (share + spread / 2) / (1 + spread)
    half = z / (1 + spread) * np.sqrt(share * (1 - share) / total + spread / (4 * total))
    return Interval(share, float(max(0.0, middle - half)), float(min(1.0, middle + half)))


def mean_over_people(values: Floats, people: npt.NDArray[np.int64], seed: int = 0) -> Interval:
    """Returns the mean of ``values``, (N,), with a percentile interval from drawing whole people with replacement.

    Faces of one person are not independent (cluster bootstrap; Davison & Hinkley, "Bootstrap methods and their
    application", 1997, 3.8). Without two people there is no interval.

    Args:
        values: one per face.
        people: number of the person of each face, (N,).
        seed: of the draws.
    """
    if not len(values):
        return Interval(None, None, None)
    _, who = np.unique(people, return_inverse=True)
    sums, counts = np.bincount(who, values), np.bincount(who).astype(np.float64)
    mean = float(sums.sum() / counts.sum())
    if len(sums) < 2:
        return Interval(mean, None, None)
    drawn = weights(len(sums), seed)
    low, high = np.percentile((drawn @ sums) / (drawn @ counts), [2.5, 97.5])
    return Interval(mean, float(low), float(high))


def weights(count: int, seed: int, resamples: int = RESAMPLES) -> Floats:
    """Returns how often each of ``count`` people is drawn in each resample, (R, count)."""
    rng = np.random.Generator(np.random.Philox(seed))
    drawn = rng.integers(count, size=(resamples, count))
    rows = np.arange(resamples)[:, None] * count
    return np.bincount((drawn + rows).ravel(), minlength=resamples * count).reshape(resamples, count).astype(np.float64)
