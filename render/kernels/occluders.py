"""Tables of what stands where around a head, for what is worn: the loops of ``render.occluders``."""

from typing import Any

import numpy as np
import numpy.typing as npt

from render.kernels import kernel

Points = npt.NDArray[np.float64]


@kernel
def highest(table: Points, rows: npt.NDArray[np.int64], columns: npt.NDArray[np.int64], values: Points) -> None:
    """Raises the cells (n,) of a table, in place, to values (n,)."""
    for k in range(len(values)):
        table[rows[k], columns[k]] = max(table[rows[k], columns[k]], values[k])


@kernel
def spread(table: Points) -> Points:
    """Returns the largest value in the 3x3 cells around each; columns run around, rows end at the edges."""
    rows, columns = table.shape
    out = np.empty_like(table)
    for row in range(rows):
        above, below = max(row - 1, 0), min(row + 1, rows - 1)
        for column in range(columns):
            before, after = (column - 1) % columns, (column + 1) % columns
            found = max(table[above, before], table[above, column], table[above, after])
            found = max(found, table[row, before], table[row, column], table[row, after])
            out[row, column] = max(found, table[below, before], table[below, column], table[below, after])
    return out


@kernel
def filled(table: Points, rounds: int) -> Points:
    """Returns a table whose empty cells, 0, have the largest value beside them, grown into so many times at most."""
    for _ in range(rounds):
        if table.min() > 0:
            break
        grown = spread(table)
        table = np.where(table > 0, table, grown)
    return table


@kernel
def in_axes(points: Points, origin: Points, turn: Points) -> Points:
    """Returns points (n, 3) from an origin (3,) along axes (3, 3), one for each row."""
    out = np.empty(points.shape)
    for k in range(len(points)):
        x, y, z = points[k, 0] - origin[0], points[k, 1] - origin[1], points[k, 2] - origin[2]
        for row in range(3):
            out[k, row] = turn[row, 0] * x + turn[row, 1] * y + turn[row, 2] * z
    return out


@kernel
def over_plane(points: Points, low: Points, cell: float, shape: tuple[int, int], nowhere: float) -> Points:
    """Returns (rows, columns): the highest third coordinate of points (n, 3) in each cell of a plane.

    Args:
        points: metres.
        low: (2,) corner of the first cell.
        cell: width of a cell.
        shape: rows along the second axis, columns along the first.
        nowhere: height where there is nothing.
    """
    out = np.full(shape, nowhere)
    for k in range(len(points)):
        column, row = np.floor((points[k, 0] - low[0]) / cell), np.floor((points[k, 1] - low[1]) / cell)
        if 0 <= row < shape[0] and 0 <= column < shape[1]:
            i, j = int(row), int(column)
            out[i, j] = max(out[i, j], points[k, 2])
    return out


@kernel
def spread_over(
    vertices: Points,
    faces: npt.NDArray[np.integer[Any]],
    sides: npt.NDArray[np.integer[Any]],
    own: npt.NDArray[np.int64],
) -> Points:
    """Returns the middles of triangles (F, 3) and of sides (E, 2), and vertices (n,): points all over a surface."""
    count, after = len(faces), len(faces) + len(sides)
    out = np.empty((after + len(own), 3))
    for axis in range(3):
        for k in range(count):
            a, b, c = vertices[faces[k, 0], axis], vertices[faces[k, 1], axis], vertices[faces[k, 2], axis]
            out[k, axis] = (a + b + c) / 3
        for k in range(len(sides)):
            out[count + k, axis] = (vertices[sides[k, 0], axis] + vertices[sides[k, 1], axis]) / 2
        for k in range(len(own)):
            out[after + k, axis] = vertices[own[k], axis]
    return out


@kernel
def from_aside(points: Points, side: float, beyond: float) -> Points:
    """Returns the (m, 3) points of (n, 3) that lie further than that to one side, seen from there: axes z, y, x.

    Args:
        points: head's frame, metres.
        side: 1 for the person's left, -1 for the right.
        beyond: distance from the midline, metres.
    """
    count = 0
    for k in range(len(points)):
        count += side * points[k, 0] > beyond
    out, m = np.empty((count, 3)), 0
    for k in range(len(points)):
        if side * points[k, 0] > beyond:
            out[m, 0], out[m, 1], out[m, 2] = points[k, 2], points[k, 1], side * points[k, 0]
            m += 1
    return out


@kernel
def taut(values: Points) -> Points:
    """Returns the lowest concave row that is nowhere below values (n,)."""
    out, count = np.full(len(values), -np.inf), len(values)
    for first in range(count):
        for last in range(first + 1, count):
            for here in range(first, last + 1):
                share = (here - first) / (last - first)
                out[here] = max(out[here], values[first] + share * (values[last] - values[first]))
    return out
