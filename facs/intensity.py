"""Intensity scales: activation [0, 1], FACS letters A to E, and the 0 to 5 ordinal of OpenFace and DISFA.

facsmith stores *activation*, the fraction of what one identity's rig can do. Coders write letters. The table
below maps one to the other; it is monotone and uneven because FACS gives C and D the widest ranges, from
"marked" to "severe", and A and B the narrowest (FACS manual, 2002, intensity scoring). The knots are this
project's convention, not a measurement: FACS publishes no numbers.
"""

import numpy as np
import numpy.typing as npt

from facs.errors import IntensityError

LETTERS = ("A", "B", "C", "D", "E")
"""Trace, slight, marked or pronounced, severe or extreme, maximum."""

KNOTS = (0.0, 0.05, 0.20, 0.40, 0.70, 0.95)
"""Activation at which the ordinal reaches 0 (absent), 1 (A), 2 (B), 3 (C), 4 (D) and 5 (E)."""


def _checked(activation: npt.ArrayLike) -> npt.NDArray[np.float64]:
    values = np.asarray(activation, dtype=np.float64)
    if not np.all((values >= 0.0) & (values <= 1.0)):
        raise IntensityError(f"activation must lie in [0, 1], found {values.min():g} to {values.max():g}")
    return values


def ordinal(activation: npt.ArrayLike) -> npt.NDArray[np.int64]:
    """Returns the FACS ordinal, 0 (absent) or 1 to 5 (A to E), of each activation.

    Raises:
        IntensityError: an activation lies outside [0, 1].
    """
    return np.asarray(np.searchsorted(KNOTS[1:], _checked(activation), side="right"), dtype=np.int64)


def letter(activation: float) -> str:
    """Returns "" (absent) or the FACS letter of one activation in [0, 1]."""
    level = int(ordinal(activation))
    return LETTERS[level - 1] if level else ""


def score(activation: npt.ArrayLike) -> npt.NDArray[np.float64]:
    """Returns the continuous 0 to 5 score: piecewise linear through the knots, 5 only at activation 1.

    The integer part of the score is the ordinal, except that activations of .95 and more, all letter E, share
    the score 5. Used to write formats that hold 0 to 5; never to call ``5 * activation`` FACS.
    """
    return np.asarray(np.interp(_checked(activation), KNOTS, np.arange(6.0)), dtype=np.float64)


def activation(scores: npt.ArrayLike) -> npt.NDArray[np.float64]:
    """Returns the activation in [0, 1] of each 0 to 5 score: the inverse of ``score`` below its plateau.

    Raises:
        IntensityError: a score lies outside [0, 5].
    """
    values = np.asarray(scores, dtype=np.float64)
    if not np.all((values >= 0.0) & (values <= 5.0)):
        raise IntensityError(f"a FACS score must lie in [0, 5], found {values.min():g} to {values.max():g}")
    return np.asarray(np.interp(values, np.arange(6.0), KNOTS), dtype=np.float64)


def quantised(activations: npt.ArrayLike, levels: int) -> npt.NDArray[np.float64]:
    """Returns each activation rounded to the nearest of ``levels`` evenly spaced values from 0 to 1."""
    if levels < 2:
        raise IntensityError(f"a discrete scale needs at least 2 levels, found {levels}")
    return np.asarray(np.round(_checked(activations) * (levels - 1)) / (levels - 1))
