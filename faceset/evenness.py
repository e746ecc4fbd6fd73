"""How evenly faces cover Action Units and their intensities, and which faces to take so that they do."""

import numpy as np
import numpy.typing as npt

from faceset.channels import Array
from facs.intensity import LETTERS, ordinal

Indices = npt.NDArray[np.int64]

LEVELS = 1 + len(LETTERS)
"""Of intensity: absent, and A to E."""

UNKNOWN = -1

_FINENESS = 0.05
"""Of the gains that a pass over the families takes: smaller is closer to the best choice at every step, and slower."""


def cells(au: Array, known: Array) -> Indices:
    """Returns the cell of each AU of each face, (N, K): the AU's column times ``LEVELS`` plus its intensity.

    Args:
        au: (N, K) activations.
        known: (N, K) whether they are; ``UNKNOWN`` stands for those that are not.
    """
    # Rounded, so that 0.7 as it is stored in 32 bits, a little less, has the letter of 0.7.
    place = np.arange(au.shape[1]) * LEVELS + ordinal(np.round(au.astype(np.float64), 6))
    return np.where(known.astype(bool), place, UNKNOWN)


def evenness(places: Indices, offered: Indices) -> float:
    """Returns how evenly faces fill the cells, in [0, 1]; 1 where each has as many as any other.

    Shannon's entropy of the cells' shares over its largest value, the logarithm of the number of cells that can be
    filled (Pielou, "The measurement of diversity in different types of biological collections", 1966, J).

    Args:
        places: (N, K) of ``cells``, of the faces that are judged.
        offered: (M, K) of all faces there are: a cell that none of them fills is not missed.
    """
    possible = np.unique(offered[offered >= 0])
    counts = np.bincount(places[places >= 0], minlength=1)
    share = counts[counts > 0] / max(counts.sum(), 1)
    return float(-(share * np.log(share)).sum() / np.log(len(possible))) if len(possible) > 1 else 1.0


def even_choice(places: Indices, family: Indices, limit: int) -> npt.NDArray[np.bool_]:
    """Returns which families to take so that their faces fill the cells as evenly as possible, (F,).

    Each family is worth the rise of sum log(1 + faces in the cell) for each of its faces. The sum is submodular:
    passes over all families that take whatever is worth at least a threshold, which falls by a twentieth from pass to
    pass, come near the best of greedy choices (Badanidiyuru & Vondrák, "Fast algorithms for maximizing submodular
    functions", SODA 2014, algorithm 1). Families that are worth the same are taken in their order.

    Args:
        places: (N, K) of ``cells``.
        family: (N,) number of each face's family, from 0 to F - 1; all of a family are taken or none.
        limit: faces at most.
    """
    from faceset.evenness_kernels import take

    order = np.argsort(family, kind="stable")
    sizes = np.bincount(family)
    # By how much a cell that holds n faces raises the sum with one more; whole families may pass the limit on trial.
    worth = np.log1p(1.0 / (1.0 + np.arange(limit + int(sizes.max(initial=0)) + 1)))
    starts = np.concatenate([[0], np.cumsum(sizes)])
    num_cells = places.shape[1] * LEVELS
    return np.asarray(take(np.ascontiguousarray(places[order]), starts, num_cells, limit, worth, 1.0 - _FINENESS))
