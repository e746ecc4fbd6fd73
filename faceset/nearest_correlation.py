"""The correlation matrix nearest to a symmetric one that is none, because it was filled in pair by pair."""

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]

LEAST_EIGENVALUE = 2e-3
"""Kept away from 0, so that rounding to four decimals does not make the matrix indefinite."""
_ROUNDS, _CLOSE = 200, 1e-9


def nearest_correlation(matrix: Floats) -> Floats:
    """Returns the positive definite matrix with a unit diagonal that is nearest to ``matrix`` (Frobenius norm).

    Alternating projections on the two convex sets with Dykstra's correction: Higham (2002), "Computing the nearest
    correlation matrix", algorithm 3.3.

    Args:
        matrix: (K, K), symmetric, ones on the diagonal.
    """
    found, correction = matrix.copy(), np.zeros_like(matrix)
    for _ in range(_ROUNDS):
        shifted = found - correction
        projected = _positive(shifted)
        correction = projected - shifted
        before, found = found, projected.copy()
        np.fill_diagonal(found, 1.0)
        if np.abs(found - before).max() < _CLOSE:
            break
    return _exact(found)


def _positive(matrix: Floats) -> Floats:
    values, vectors = np.linalg.eigh(matrix)
    result = (vectors * np.maximum(values, LEAST_EIGENVALUE)) @ vectors.T
    return np.asarray((result + result.T) / 2.0)


def _exact(matrix: Floats) -> Floats:
    """Returns the matrix mixed with the identity, as little as makes its least eigenvalue large enough."""
    least = float(np.linalg.eigvalsh(matrix).min())
    share = max(0.0, (LEAST_EIGENVALUE - least) / (1.0 - least)) if least < 1.0 else 0.0
    mixed = (1.0 - share) * matrix
    np.fill_diagonal(mixed, 1.0)
    return np.asarray(mixed)
