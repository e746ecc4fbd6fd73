"""What ``faceset.evenness`` does with every family in every pass."""

from typing import Any

import numpy as np

from faceset.compiled import compiled


@compiled
def take(places: Any, starts: Any, num_cells: int, limit: int, worth: Any, shrink: float) -> Any:
    """Returns which families are taken, (F,).

    Args:
        places: (N, K) cell of each AU of each face, family after family; negative where unknown.
        starts: (F + 1,) where each family begins.
        num_cells: number of cells.
        limit: faces at most.
        worth: (>= limit + 1,) worth of one more face in a cell that holds so many; it falls.
        shrink: factor of the threshold from one pass to the next, below 1.
    """
    counts, taken = np.zeros(num_cells, np.int64), np.zeros(len(starts) - 1, np.bool_)
    left, threshold = limit, worth[0] * places.shape[1]
    least = worth[len(worth) - 1] * shrink
    while left > 0:
        # The last pass takes whatever still fits, even faces of which nothing is known.
        threshold = threshold * shrink if threshold > least else 0.0
        for family in range(len(taken)):
            size = starts[family + 1] - starts[family]
            if taken[family] or size > left:
                continue
            faces = places[starts[family] : starts[family + 1]]
            if _add(faces, counts, worth) >= threshold * size:
                taken[family] = True
                left -= size
            else:
                _remove(faces, counts)
        if threshold == 0.0:
            break
    return taken


@compiled
def _add(faces: Any, counts: Any, worth: Any) -> float:
    """Counts the faces in their cells and returns what that is worth."""
    total = 0.0
    for cell in faces.flat:
        if cell >= 0:
            total += worth[counts[cell]]
            counts[cell] += 1
    return total


@compiled
def _remove(faces: Any, counts: Any) -> None:
    for cell in faces.flat:
        if cell >= 0:
            counts[cell] -= 1
