"""How true and how fine Action Unit labels are: against the truth where there is one, and by the values they take."""

from typing import Any

import numpy as np
import numpy.typing as npt

from faceset.loading import ShardSet

WRONG = 0.5
"""A label that is further than this many of its own steps from the truth names another level; a graded one has a step
of 1, and is wrong where it lies nearer to the other end."""

MOST_STEPS = 20
"""Labels that need more equal steps than this are graded."""

EXACT = 1e-4
"""Activations closer than this count as the same number."""

Floats = npt.NDArray[np.float64]


def accuracy(faces: ShardSet, truth: Floats | None) -> dict[str, Any] | None:
    """Returns how far labels lie from what the faces really show; None where nobody knows what they show.

    Args:
        faces: a set.
        truth: (N, K) activations with which the faces were drawn; not a number where a face is unknown.

    Returns:
        ``labels`` that are known and have a truth; ``wrong``, the share that names another level; ``mean_error`` of
        activation; ``exact``, the share that equals the truth. And ``measured``, the largest difference to what was
        measured back on the meshes, where it was.
    """
    if truth is None:
        return None
    known = (faces.labels("au_known") != 0) & np.isfinite(truth)
    error = np.abs(faces.labels("au").astype(np.float64) - truth)[known]
    if not len(error):
        return None
    step = 1.0 / max(levels(faces)["steps"] or 0, 1)
    return {
        "labels": len(error),
        "wrong": float((error > WRONG * step + EXACT).mean()),
        "mean_error": float(error.mean()),
        "exact": float((error < EXACT).mean()),
        "measured": _measured(faces),
    }


def levels(faces: ShardSet) -> dict[str, Any]:
    """Returns how many different intensities the labels know.

    Returns:
        ``labels`` above 0; ``values``, the different ones among them; ``steps``, the number of equal steps from 0 to 1
        that explains all of them, or None where more than ``MOST_STEPS`` would be needed: graded.
    """
    au, known = faces.labels("au").astype(np.float64), faces.labels("au_known") != 0
    above = au[known & (au > 0)]
    values = np.unique(np.round(above, 4))
    return {"labels": len(above), "values": len(values), "steps": _steps(values)}


def _steps(values: Floats) -> int | None:
    if not len(values):
        return None
    for steps in range(1, MOST_STEPS + 1):
        if np.all(np.abs(values * steps - np.round(values * steps)) < EXACT * steps):
            return steps
    return None


def _measured(faces: ShardSet) -> float | None:
    if not {"au_measured_left", "au_measured_right", "au_scorable"} <= set(faces.channels):
        return None
    scored = faces.labels("au_scorable") != 0
    apart = [
        np.abs(faces.labels(f"au_{side}").astype(np.float64) - faces.labels(f"au_measured_{side}"))[scored]
        for side in ("left", "right")
    ]
    return float(max(each.max(initial=0.0) for each in apart))
