"""Which polygons points lie in, looked up in a map of cells: the loops of ``render.polygons``."""

from typing import Any

import numpy as np
import numpy.typing as npt

from render.kernels import kernel

Sets = npt.NDArray[np.uint64]

UNCLEAR = 255
"""Kind of the cells that a side crosses."""


@kernel
def decided(x: float, y: float, sides: npt.NDArray[np.float64], bits: Sets) -> np.uint64:
    """Returns the polygons, as bits, that a place lies in: rays to the right cross its sides an odd number of times.

    Args:
        x: place.
        y: place.
        sides: (m, 4) where each begins and where it ends.
        bits: (m,) the polygon of each.
    """
    found = np.uint64(0)
    for k in range(len(sides)):
        ax, ay, bx, by = sides[k, 0], sides[k, 1], sides[k, 2], sides[k, 3]
        if (ay > y) != (by > y) and x < ax + (y - ay) / (by - ay) * (bx - ax):
            found ^= bits[k]
    return found


@kernel
def in_rows(x: npt.NDArray[np.float64], y: npt.NDArray[np.float64], sides: npt.NDArray[np.float64], bits: Sets) -> Sets:
    """Returns (rows, columns): the polygons, as bits, that the places at x (columns,), y (rows,) lie in."""
    out = np.empty((len(y), len(x)), np.uint64)
    for row in range(len(y)):
        near = (sides[:, 1] > y[row]) != (sides[:, 3] > y[row])
        near_sides, near_bits = sides[near], bits[near]
        for column in range(len(x)):
            out[row, column] = decided(x[column], y[row], near_sides, near_bits)
    return out


@kernel
def looked_up(
    points: npt.NDArray[np.floating[Any]],
    corner: npt.NDArray[np.float64],
    cell: float,
    cells: npt.NDArray[np.uint8],
    kinds: Sets,
    sides: npt.NDArray[np.float64],
    bits: Sets,
) -> Sets:
    """Returns the (n,) polygons, as bits, that points (n, 2) lie in.

    Args:
        points: places.
        corner: (2,) of the map.
        cell: width of its cells.
        cells: (rows, columns) the kind of each cell, or ``UNCLEAR``; the first lies in no polygon.
        kinds: (k,) the polygons in which cells of each kind lie.
        sides: (m, 4) as ``decided`` takes them.
        bits: (m,) likewise.
    """
    rows, columns = cells.shape
    out = np.zeros(len(points), np.uint64)
    for k in range(len(points)):
        x, y = float(points[k, 0]), float(points[k, 1])
        column, row = np.floor((x - corner[0]) / cell), np.floor((y - corner[1]) / cell)
        if 0 <= column < columns and 0 <= row < rows:
            kind = cells[int(row), int(column)]
            out[k] = decided(x, y, sides, bits) if kind == UNCLEAR else kinds[kind]
    return out


@kernel
def grouped(sets: Sets, members: Sets) -> npt.NDArray[np.uint8]:
    """Returns (n,) bits: bit g is set where a set (n,) holds a member of group g, whose members are ``members[g]``."""
    out = np.zeros(len(sets), np.uint8)
    for k in range(len(sets)):
        for group in range(len(members)):
            if sets[k] & members[group]:
                out[k] |= np.uint8(1 << group)
    return out
