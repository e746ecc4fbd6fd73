"""Changes of a mesh added up, and the normals of its vertices: the loops of faces and their topology."""

from typing import Any

import numpy as np
import numpy.typing as npt

from render.kernels import kernel

Single = npt.NDArray[np.float32]
Values = npt.NDArray[np.floating[Any]]

TINY = np.float32(1e-20)


@kernel
def vertex_normals(vertices: Single, faces: npt.NDArray[np.int32]) -> Single:
    """Returns the (V, 3) unit normals of vertices (V, 3): area-weighted means of the adjoining triangles (F, 3)."""
    out = np.zeros(vertices.shape, np.float32)
    for k in range(len(faces)):
        a, b, c = vertices[faces[k, 0]], vertices[faces[k, 1]], vertices[faces[k, 2]]
        ux, uy, uz = b[0] - a[0], b[1] - a[1], b[2] - a[2]
        vx, vy, vz = c[0] - a[0], c[1] - a[1], c[2] - a[2]
        x, y, z = uy * vz - uz * vy, uz * vx - ux * vz, ux * vy - uy * vx
        for corner in range(3):
            vertex = faces[k, corner]
            out[vertex, 0] += x
            out[vertex, 1] += y
            out[vertex, 2] += z
    for k in range(len(out)):
        x, y, z = out[k, 0], out[k, 1], out[k, 2]
        size = max(np.sqrt(x * x + y * y + z * z), TINY)
        out[k, 0], out[k, 1], out[k, 2] = x / size, y / size, z / size
    return out


@kernel
def add_sparse(
    values: Values,
    chosen: npt.NDArray[np.int64],
    amounts: Values,
    starts: npt.NDArray[np.integer[Any]],
    places: npt.NDArray[np.int32],
    changes: Values,
) -> None:
    """Adds chosen changes (n,), each as much as its amount (n,), to values in place.

    Args:
        values: flat.
        chosen: numbers of changes.
        amounts: factors.
        starts: where each change begins in the next two; one more than there are changes.
        places: which value moves.
        changes: by how much.
    """
    for k in range(len(chosen)):
        for entry in range(starts[chosen[k]], starts[chosen[k] + 1]):
            values[places[entry]] += amounts[k] * changes[entry]
