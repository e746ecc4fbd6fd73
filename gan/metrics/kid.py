"""Kernel distance between two sets of features.

The squared maximum mean discrepancy with the kernel (x.y / d + 1)^3 in its unbiased form: Gretton et al., "A kernel
two-sample test", JMLR 13, 2012, eq. 3, with the kernel of Bińkowski et al., "Demystifying MMD GANs", ICLR 2018,
section 4, who call it KID. Being unbiased it may be compared between sets of few hundred images, and may fall a little
below 0 where the sets are alike. Bińkowski et al. mean over random subsets, to bound the cost for tens of thousands of
images; with hundreds all pairs are used at once, which has the same expectation and less variance.

A number says nothing without the name of the features ("KID-HOG"); it is not comparable with one from Inception.
"""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from gan.errors import MetricError
from gan.metrics.intervals import Interval

Features = npt.NDArray[np.float64]

DEGREE = 3
NORMAL_95 = 1.96


def kid(first: Features, second: Features, first_ids: Sequence[str], second_ids: Sequence[str]) -> Interval:
    """Returns the distance between two sets of features and its 95 % interval.

    The interval is that of a jackknife that leaves out one person at a time, of either set (Efron & Stein, "The
    jackknife estimate of variance", 1981): resampling with repetition would compare an image with its own copy.

    Args:
        first: (M, D).
        second: (N, D).
        first_ids: who is on each of the M.
        second_ids: who is on each of the N.

    Raises:
        MetricError: the features do not fit, or a set has fewer than three people.
    """
    if first.ndim != 2 or second.ndim != 2 or first.shape[1] != second.shape[1]:
        raise MetricError(f"expected features of one length, found {first.shape} and {second.shape}")
    groups = [np.unique(np.asarray(ids, dtype=np.str_), return_inverse=True)[1] for ids in (first_ids, second_ids)]
    for features, group in zip((first, second), groups, strict=True):
        if len(features) != len(group) or group.max(initial=0) < 2:
            raise MetricError(f"expected three people or more and a name each, found {len(group)} names")
    sums = _Sums(first, second)
    value = sums.distance()
    variance = sum(_jackknife_variance(sums.without(side, groups[side])) for side in (0, 1))
    half = NORMAL_95 * float(np.sqrt(variance))
    return Interval(value, value - half, value + half, len(first) + len(second))


def kernel(first: Features, second: Features) -> Features:
    """Returns (x.y / d + 1)^3 of every pair, (M, N)."""
    return np.asarray((first @ second.T / first.shape[1] + 1.0) ** DEGREE)


class _Sums:
    """Sums of the three kernel matrices, from which the distance without anybody follows at once."""

    def __init__(self, first: Features, second: Features) -> None:
        self.within = [kernel(first, first), kernel(second, second)]
        for matrix in self.within:
            np.fill_diagonal(matrix, 0.0)
        self.across = kernel(first, second)
        self.counts = [float(len(first)), float(len(second))]

    def distance(self) -> float:
        """Returns the distance of all."""
        totals = [float(matrix.sum()) for matrix in self.within]
        return _unbiased(totals[0], totals[1], float(self.across.sum()), *self.counts)

    def without(self, side: int, group: npt.NDArray[np.int64]) -> Features:
        """Returns the distance without each person of one side, (people,)."""
        own, across = self.within[side], self.across if side == 0 else self.across.T
        member = np.eye(int(group.max()) + 1)[group]  # (M, people)
        # A person's row and column leave; what lies in both is taken once.
        lost = 2.0 * member.T @ own.sum(axis=1) - np.einsum("mp,mn,np->p", member, own, member, optimize=True)
        kept_within = own.sum() - lost
        kept_across = across.sum() - member.T @ across.sum(axis=1)
        kept = self.counts[side] - member.sum(axis=0)
        other, count = float(self.within[1 - side].sum()), self.counts[1 - side]
        return np.array(
            [_unbiased(w, other, a, k, count) for w, a, k in zip(kept_within, kept_across, kept, strict=True)]
        )


def _unbiased(first: float, second: float, across: float, m: float, n: float) -> float:
    return float(first / (m * (m - 1.0)) + second / (n * (n - 1.0)) - 2.0 * across / (m * n))


def _jackknife_variance(values: Features) -> float:
    count = len(values)
    return float((count - 1.0) / count * np.sum((values - values.mean()) ** 2))
