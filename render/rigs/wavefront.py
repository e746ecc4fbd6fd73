"""Reads Wavefront OBJ files quickly: their vertices, and the polygons of one of them."""

from pathlib import Path

import numpy as np
import numpy.typing as npt

from render.errors import FaceModelError


def obj_vertices(path: Path) -> npt.NDArray[np.float64]:
    """Returns the (V, 3) vertices of a file whose ``v`` lines follow each other, as written.

    Raises:
        FaceModelError: the file is absent or holds no such lines.
    """
    try:
        text = path.read_bytes()
    except OSError as error:
        raise FaceModelError(f"{path}: expected a Wavefront OBJ file: {error}") from error
    first, last = text.find(b"\nv "), text.rfind(b"\nv ")
    block = text[first : text.find(b"\n", last + 1)]
    numbers = np.array(block.replace(b"\nv ", b" ").split(), dtype=np.float64) if first >= 0 else np.zeros(0)
    if numbers.size == 0 or numbers.size % 3:
        raise FaceModelError(f"{path}: expected lines `v x y z`, found {numbers.size} numbers")
    return numbers.reshape(-1, 3)


def obj_polygons(path: Path) -> list[tuple[int, ...]]:
    """Returns the vertex indices of each polygon, from 0."""
    with path.open(encoding="utf-8") as file:
        lines = [line.split()[1:] for line in file if line.startswith("f ")]
    return [tuple(int(corner.split("/")[0]) - 1 for corner in corners) for corners in lines]


def fan(polygon: tuple[int, ...]) -> list[tuple[int, int, int]]:
    """Returns the triangles of a convex polygon."""
    return [(polygon[0], polygon[index], polygon[index + 1]) for index in range(1, len(polygon) - 1)]
