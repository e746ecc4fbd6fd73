"""Vectors of three numbers, which stay in registers: parts of the other loops."""

from typing import TypeAlias

import numpy as np

from render.kernels import inlined

Vector: TypeAlias = tuple[float, float, float]


@inlined
def dot(a: Vector, b: Vector) -> float:
    """Returns a scalar product."""
    return a[0] * b[0] + a[1] * b[1] + a[2] * b[2]


@inlined
def minus(a: Vector, b: Vector) -> Vector:
    """Returns a difference."""
    return a[0] - b[0], a[1] - b[1], a[2] - b[2]


@inlined
def cross(a: Vector, b: Vector) -> Vector:
    """Returns a cross product."""
    return a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]


@inlined
def unit(x: float, y: float, z: float) -> Vector:
    """Returns a vector of length 1."""
    size = max(np.sqrt(x * x + y * y + z * z), 1e-9)
    return x / size, y / size, z / size
