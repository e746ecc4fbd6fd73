"""Tetrachoric correlation: of the normal numbers behind two things that are seen present or absent (Pearson 1900)."""

import numpy as np
import numpy.typing as npt
from scipy.special import ndtr, ndtri

Floats = npt.NDArray[np.float64]

_NODES, _WEIGHTS = np.polynomial.legendre.leggauss(24)  # type: ignore[no-untyped-call]
_HALVINGS = 40
_LIMIT = 0.99


def bivariate_normal(x: Floats, y: Floats, correlation: Floats) -> Floats:
    """Returns P(X <= x, Y <= y) of standard normal numbers with a correlation in (-1, 1); arrays of one shape.

    Plackett (1954): the derivative by the correlation r is the density, integrated here over the angle asin(r).
    """
    angle = np.arcsin(correlation)[..., None] * (_NODES + 1.0) / 2.0
    exponent = (x**2 + y**2)[..., None] - 2.0 * (x * y)[..., None] * np.sin(angle)
    density = np.exp(-exponent / (2.0 * np.cos(angle) ** 2)) / (2.0 * np.pi)
    return np.asarray(ndtr(x) * ndtr(y) + np.arcsin(correlation) / 2.0 * (density * _WEIGHTS).sum(axis=-1))


def tetrachoric(both: Floats, one: Floats, other: Floats, total: Floats) -> Floats:
    """Returns the correlations in [-.99, .99] that explain how often two things occur together; 0 without data.

    Half a face is added to each of the four cells, so that a cell that was never seen gives no certainty.

    Args:
        both: faces that show both; arrays of one shape, here and below.
        one: faces that show the one.
        other: faces that show the other.
        total: faces in which both are known.
    """
    faces = np.maximum(total, 0.0) + 2.0
    x, y = ndtri(1.0 - (one + 1.0) / faces), ndtri(1.0 - (other + 1.0) / faces)
    wanted = (both + 0.5) / faces
    low, high = np.full(faces.shape, -_LIMIT), np.full(faces.shape, _LIMIT)
    for _ in range(_HALVINGS):
        middle = (low + high) / 2.0
        # Both present: above both thresholds, which by symmetry is below both with their signs turned.
        less = bivariate_normal(-x, -y, middle) < wanted
        low, high = np.where(less, middle, low), np.where(less, high, middle)
    return np.where(total > 0, (low + high) / 2.0, 0.0)
