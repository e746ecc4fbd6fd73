"""How far two sets lie apart in one quantity, in both directions: what the one has and the other lacks.

Histograms are compared after half a face has been added to every bin (Jeffreys' prior), so that an empty bin costs
what the number of faces can tell and not infinity. Logarithms are to the base 2 (bits) but for PSI, where the rule of
thumb (.1 some, .25 a lot) is for natural ones.
"""

from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.stats import wasserstein_distance

Floats = npt.NDArray[np.float64]

BINS = 10
PRIOR = 0.5

INTENSITY_EDGES = np.array([-np.inf, 0.0, *np.linspace(0.0, 1.0, BINS + 1)[1:-1], np.inf])
"""Bins of activation, closed above: exactly 0, then ten equal ones."""


def drift(first: Floats, second: Floats, edges: Floats) -> dict[str, Any] | None:
    """Returns how far two samples lie apart; None where one is empty.

    Args:
        first: (M,) values, of the set that is explained.
        second: (N,) values, of the other.
        edges: rising, (B + 1,), the outermost infinite; a bin holds its upper edge.

    Returns:
        ``n``; ``means``; ``wasserstein`` in the unit of the values (Earth mover's distance: by how much the mean value
        has to be moved); ``js``, Jensen-Shannon divergence, 0 to 1 bit; ``psi``, population stability index;
        ``kl_first`` = KL(first || second) in bits, what is lost when the second stands in for the first;
        ``kl_second``, the reverse; ``covered_first``, the share of the first in bins that the second fills too, and
        ``covered_second``.
    """
    if not len(first) or not len(second):
        return None
    counts = np.stack([histogram(first, edges), histogram(second, edges)])
    one, other = (counts + PRIOR) / (counts + PRIOR).sum(axis=1, keepdims=True)
    middle = (one + other) / 2
    return {
        "n": [len(first), len(second)],
        "means": [float(first.mean()), float(second.mean())],
        "wasserstein": float(wasserstein_distance(first, second)),
        "js": (divergence(one, middle) + divergence(other, middle)) / 2,
        "psi": float(((one - other) * np.log(one / other)).sum()),
        "kl_first": divergence(one, other),
        "kl_second": divergence(other, one),
        "covered_first": float(counts[0][counts[1] > 0].sum() / counts[0].sum()),
        "covered_second": float(counts[1][counts[0] > 0].sum() / counts[1].sum()),
    }


def histogram(values: Floats, edges: Floats) -> Floats:
    """Returns the number of values in each bin, (B,); a bin holds its upper edge."""
    place = np.searchsorted(edges[1:-1], values, side="left")
    return np.bincount(place, minlength=len(edges) - 1).astype(np.float64)


def divergence(shares: Floats, others: Floats) -> float:
    """Returns KL(shares || others) in bits; where ``shares`` is 0 nothing is added."""
    some = shares > 0
    return float((shares[some] * np.log2(shares[some] / others[some])).sum())


def pooled_edges(first: Floats, second: Floats, bins: int = BINS) -> Floats:
    """Returns edges that cut both samples together into bins of equally many values, fewer where values repeat."""
    inner = np.unique(np.quantile(np.concatenate([first, second]), np.linspace(0, 1, bins + 1)[1:-1]))
    return np.array([-np.inf, *inner, np.inf])


def pattern_cover(first: npt.NDArray[np.bool_], second: npt.NDArray[np.bool_]) -> tuple[float, float]:
    """Returns the share of each set's faces whose combination of active AUs, (N, K), the other set shows too."""
    one, other = (_patterns(active) for active in (first, second))
    return float(np.isin(one, other).mean()), float(np.isin(other, one).mean())


def _patterns(active: npt.NDArray[np.bool_]) -> npt.NDArray[np.void]:
    packed = np.ascontiguousarray(np.packbits(active, axis=1))
    return packed.view(np.dtype((np.void, packed.shape[1]))).ravel()
