"""Which points triangles hide from a camera: the loops of ``render.sight``."""

import numpy as np
import numpy.typing as npt

from render.kernels import kernel

Values = npt.NDArray[np.float64]
Cells = npt.NDArray[np.int16]
Faces = npt.NDArray[np.int32]

CELLS = 96
"""The picture has so many cells to a side, so that a triangle meets only the points near it; the outermost reach on
beyond the picture."""

FLAT = 1e-18
"""A triangle with less area than this in the picture hides nothing."""


@kernel
def cell(place: float, low: float, per_cell: float) -> int:
    """Returns the column or row of a place in the picture."""
    found = np.floor((place - low) * per_cell)
    return int(min(max(found, 0.0), CELLS - 1.0))


@kernel
def seen(vertices: npt.NDArray[np.float32], turn: Values, shift: Values) -> Values:
    """Returns (V, 3): where vertices (V, 3) lie in the picture at unit depth, and one over their depth.

    Args:
        vertices: world frame, metres, in front of the camera.
        turn: (3, 3) from the world to the camera.
        shift: (3,) what is added then.
    """
    out = np.empty((len(vertices), 3))
    for k in range(len(vertices)):
        x, y, z = float(vertices[k, 0]), float(vertices[k, 1]), float(vertices[k, 2])
        inverse = -1 / (turn[2, 0] * x + turn[2, 1] * y + turn[2, 2] * z + shift[2])
        out[k, 0] = (turn[0, 0] * x + turn[0, 1] * y + turn[0, 2] * z + shift[0]) * inverse
        out[k, 1] = (turn[1, 0] * x + turn[1, 1] * y + turn[1, 2] * z + shift[1]) * inverse
        out[k, 2] = inverse
    return out


@kernel
def extents(place: Values, faces: Faces, grid: Values) -> tuple[Cells, Values]:
    """Returns the (F, 4) first and last columns and rows of triangles, and the (F,) largest of one over their depth.

    Args:
        place: (V, 3) as ``seen`` returns it.
        faces: (F, 3).
        grid: left end, lower end, cells per unit across and up.
    """
    box, nearest = np.empty((len(faces), 4), np.int16), np.empty(len(faces))
    for k in range(len(faces)):
        a, b, c = place[faces[k, 0]], place[faces[k, 1]], place[faces[k, 2]]
        nearest[k] = max(a[2], b[2], c[2])
        box[k, 0] = cell(min(a[0], b[0], c[0]), grid[0], grid[2])
        box[k, 1] = cell(max(a[0], b[0], c[0]), grid[0], grid[2])
        box[k, 2] = cell(min(a[1], b[1], c[1]), grid[1], grid[3])
        box[k, 3] = cell(max(a[1], b[1], c[1]), grid[1], grid[3])
    return box, nearest


@kernel
def hidden(
    place: Values, faces: Faces, box: Cells, nearest: Values, points: Values, wanted: Values, grid: Values
) -> npt.NDArray[np.bool_]:
    """Returns (n,) whether a triangle lies before each point.

    Args:
        place: (V, 3) as ``seen`` returns it.
        faces: (F, 3).
        box: (F, 4) as ``extents`` returns it.
        nearest: (F,) likewise.
        points: (n, 2) in the picture at unit depth.
        wanted: (n,) one over the depth before which a triangle must lie to hide the point.
        grid: as for ``extents``.
    """
    out = np.zeros(len(points), np.bool_)
    order, start, table = _sorted(points, grid)
    # By their rounding, weights may add up to a little more than 1.
    least = (1 - 1e-9) * wanted.min() if len(wanted) else np.inf
    for k in range(len(faces)):
        if nearest[k] <= least:
            continue
        left, right, low, high = box[k]
        below, above = table[low], table[high + 1]
        if above[right + 1] - above[left] == below[right + 1] - below[left]:
            continue
        a, b, c = place[faces[k, 0]], place[faces[k, 1]], place[faces[k, 2]]
        for row in range(low, high + 1):
            for number in range(start[CELLS * row + left], start[CELLS * row + right + 1]):
                point = order[number]
                if nearest[k] > (1 - 1e-9) * wanted[point] and not out[point]:
                    out[point] = _covers(a, b, c, points[point, 0], points[point, 1], wanted[point])
    return out


@kernel
def _sorted(points: Values, grid: Values) -> tuple[npt.NDArray[np.int32], npt.NDArray[np.int32], npt.NDArray[np.int32]]:
    """Returns the points by cell, where each cell's begin, and how many lie before each row and column (Crow 1984)."""
    cells, start = np.empty(len(points), np.int32), np.zeros(CELLS * CELLS + 1, np.int32)
    for k in range(len(points)):
        cells[k] = CELLS * cell(points[k, 1], grid[1], grid[3]) + cell(points[k, 0], grid[0], grid[2])
        start[cells[k] + 1] += 1
    table = np.zeros((CELLS + 1, CELLS + 1), np.int32)
    for row in range(CELLS):
        for column in range(CELLS):
            here = start[CELLS * row + column + 1]
            table[row + 1, column + 1] = here + table[row, column + 1] + table[row + 1, column] - table[row, column]
    for k in range(CELLS * CELLS):
        start[k + 1] += start[k]
    order, filled = np.empty(len(points), np.int32), start.copy()
    for k in range(len(points)):
        order[filled[cells[k]]] = k
        filled[cells[k]] += 1
    return order, start, table


@kernel
def _covers(a: Values, b: Values, c: Values, x: float, y: float, wanted: float) -> bool:
    """Returns whether the triangle of three places covers (x, y) with a one over depth above ``wanted``."""
    ax, ay, bx, by, cx, cy = a[0] - x, a[1] - y, b[0] - x, b[1] - y, c[0] - x, c[1] - y
    first, second, third = bx * cy - by * cx, cx * ay - cy * ax, ax * by - ay * bx
    area = first + second + third
    if abs(area) < FLAT:
        return False
    first, second, third = first / area, second / area, third / area
    if min(first, second, third) < 0:
        return False
    return bool(first * a[2] + second * b[2] + third * c[2] > wanted)
