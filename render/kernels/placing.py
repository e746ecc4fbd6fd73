"""Points and directions moved rigidly, and bent with the neck: vertex by vertex, each the same in any company."""

from typing import Any

import numpy as np
import numpy.typing as npt

from render.kernels import inlined, kernel

Points = npt.NDArray[np.float64]
Single = npt.NDArray[np.float32]


@inlined
def _move(points: Points, matrix: Points, out: npt.NDArray[np.floating[Any]]) -> None:
    for k in range(len(points)):
        x, y, z = points[k, 0], points[k, 1], points[k, 2]
        for row in range(3):
            out[k, row] = matrix[row, 0] * x + matrix[row, 1] * y + matrix[row, 2] * z + matrix[row, 3]


@kernel
def moved(points: Points, matrix: Points) -> Points:
    """Returns points (n, 3) under a rigid transform (4, 4)."""
    out = np.empty_like(points)
    _move(points, matrix, out)
    return out


@kernel
def moved_single(points: Points, matrix: Points) -> Single:
    """Returns points (n, 3) under a rigid transform (4, 4), in single precision."""
    out = np.empty(points.shape, np.float32)
    _move(points, matrix, out)
    return out


@kernel
def turned(vectors: npt.NDArray[np.floating[Any]], matrix: Points) -> Single:
    """Returns directions (n, 3), single or double, under a rigid transform (4, 4), in single precision."""
    out = np.empty(vectors.shape, np.float32)
    for k in range(len(vectors)):
        x, y, z = float(vectors[k, 0]), float(vectors[k, 1]), float(vectors[k, 2])
        for row in range(3):
            out[k, row] = matrix[row, 0] * x + matrix[row, 1] * y + matrix[row, 2] * z
    return out


@kernel
def bent(points: Points, share: Points, turn: Points, joint: Points) -> Points:
    """Returns points (n, 3) of which shares (n, 1) of the way are turned by (3, 3) about a joint (3,)."""
    out = points.copy()
    for k in range(len(points)):
        part = share[k, 0]
        if part > 0:
            x, y, z = points[k, 0] - joint[0], points[k, 1] - joint[1], points[k, 2] - joint[2]
            out[k, 0] += part * (turn[0, 0] * x + turn[0, 1] * y + turn[0, 2] * z - x)
            out[k, 1] += part * (turn[1, 0] * x + turn[1, 1] * y + turn[1, 2] * z - y)
            out[k, 2] += part * (turn[2, 0] * x + turn[2, 1] * y + turn[2, 2] * z - z)
    return out


@kernel
def normalised(vectors: Points) -> Points:
    """Returns vectors (n, 3) of length 1."""
    out = np.empty_like(vectors)
    for k in range(len(vectors)):
        x, y, z = vectors[k, 0], vectors[k, 1], vectors[k, 2]
        size = max(np.sqrt(x * x + y * y + z * z), 1e-9)
        out[k, 0], out[k, 1], out[k, 2] = x / size, y / size, z / size
    return out


@kernel
def projected(points: Points, focal: float, middle: tuple[float, float]) -> Points:
    """Returns the (n, 2) pixel positions of points (n, 3) in the camera's frame."""
    out = np.empty((len(points), 2))
    for k in range(len(points)):
        out[k, 0] = middle[0] - focal * points[k, 0] / points[k, 2]
        out[k, 1] = middle[1] + focal * points[k, 1] / points[k, 2]
    return out


@kernel
def placed(
    vertices: npt.NDArray[np.floating[Any]],
    corners: npt.NDArray[np.int32],
    weights: npt.NDArray[np.floating[Any]],
) -> npt.NDArray[np.floating[Any]]:
    """Returns where (n, 3) barycentric places on triangles (n, 3) of vertices (V, 3) lie, in their precision."""
    out = np.empty(weights.shape, vertices.dtype)
    for k in range(len(corners)):
        a, b, c = corners[k, 0], corners[k, 1], corners[k, 2]
        for axis in range(3):
            first = weights[k, 0] * vertices[a, axis] + weights[k, 1] * vertices[b, axis]
            out[k, axis] = first + weights[k, 2] * vertices[c, axis]
    return out


@kernel
def unit_rays(across: Points, up: Points, turn: Points) -> Points:
    """Returns the (rows, columns, 3) unit vectors through (across, up, -1); rows of ``turn`` are where axes go."""
    out = np.empty((len(up), len(across), 3))
    for row in range(len(up)):
        for column in range(len(across)):
            x, y = across[column], up[row]
            size = np.sqrt(x * x + y * y + 1.0)
            for axis in range(3):
                out[row, column, axis] = (x * turn[0, axis] + y * turn[1, axis] - turn[2, axis]) / size
    return out
