"""What one lamp sees first, and how much of it reaches each vertex: the loops of ``render.shadow``."""

from typing import Any

import numpy as np
import numpy.typing as npt

from render.kernels import kernel

Single = npt.NDArray[np.float32]
Double = npt.NDArray[np.float64]
Values = npt.NDArray[np.floating[Any]]

REACH = 0.26
"""The map covers so much to every side of its middle, metres."""

MIDDLE = (0.0, -0.04, -0.05)
"""World frame: in the head, whose eyes are at the origin."""

CELL = 0.004
"""Of the map, metres."""

SIZE = int(2 * REACH / CELL)
"""Cells to a side."""

SOFT = 0.008
"""A surface so much below where another's shadow begins is all in it, metres."""

LIFT = np.float32(0.003)
"""Vertices are looked up so far above their surface, metres."""

PENUMBRA = 0.0055
"""Radius over which shadows are averaged: what a lamp as wide as Blender's makes 8 cm behind an edge, metres."""

ROUNDING = 1e-5
"""What is so near to all in shadow is looked at in detail, metres."""

OFFSETS = (
    (PENUMBRA / CELL)
    * np.array(
        [(0.0, 0.0)]
        + [(0.55 * np.cos(turn), 0.55 * np.sin(turn)) for turn in np.arange(4) * np.pi / 2]
        + [(np.cos(turn), np.sin(turn)) for turn in (np.arange(8) + 0.5) * np.pi / 4]
    )
).astype(np.float32)
"""Where a vertex looks around itself, (13, 2) columns and rows in cells."""


@kernel
def _seen(axes: Double, x: float, y: float, z: float) -> tuple[np.float32, np.float32, np.float32]:
    """Returns the column and row of a place in the map, in cells, and its height, metres."""
    x, y, z = x - MIDDLE[0], y - MIDDLE[1], z - MIDDLE[2]
    across = np.float32(x * axes[0, 0] + y * axes[1, 0] + z * axes[2, 0])
    down = np.float32(x * axes[0, 1] + y * axes[1, 1] + z * axes[2, 1])
    height = np.float32(x * axes[0, 2] + y * axes[1, 2] + z * axes[2, 2])
    return (across + np.float32(REACH)) / np.float32(CELL), (down + np.float32(REACH)) / np.float32(CELL), height


@kernel
def _cell(column: np.float32, row: np.float32) -> int:
    """Returns the cell of the map that a column and row lie in; beyond the map, that at its edge."""
    across = int(min(max(column, np.float32(0)), np.float32(SIZE - 1)))
    return across + SIZE * int(min(max(row, np.float32(0)), np.float32(SIZE - 1)))


@kernel
def _raise(heights: Single, column: np.float32, row: np.float32, height: np.float32) -> None:
    """Raises the map, in place, to what stands at a column and row."""
    cell = _cell(column, row)
    heights[cell] = max(heights[cell], height)


@kernel
def cast(heights: Single, axes: Double, vertices: Values, faces: npt.NDArray[np.int32]) -> None:
    """Raises a map (SIZE * SIZE,), in place, to vertices (V, 3) and to middles of triangles (F, 3) and of their sides.

    Args:
        heights: what lies nearest to the lamp so far.
        axes: (3, 3) across the map, down it and towards the lamp, in columns.
        vertices: all of them used, world frame, metres.
        faces: triangles.
    """
    seen = np.empty((len(vertices), 3), np.float32)
    for k in range(len(vertices)):
        column, row, height = _seen(axes, float(vertices[k, 0]), float(vertices[k, 1]), float(vertices[k, 2]))
        seen[k, 0], seen[k, 1], seen[k, 2] = column, row, height
        _raise(heights, column, row, height)
    half, third = np.float32(0.5), np.float32(3)
    for k in range(len(faces)):
        a, b, c = seen[faces[k, 0]], seen[faces[k, 1]], seen[faces[k, 2]]
        _raise(heights, (a[0] + b[0]) * half, (a[1] + b[1]) * half, (a[2] + b[2]) * half)
        _raise(heights, (b[0] + c[0]) * half, (b[1] + c[1]) * half, (b[2] + c[2]) * half)
        _raise(heights, (c[0] + a[0]) * half, (c[1] + a[1]) * half, (c[2] + a[2]) * half)
        _raise(heights, (a[0] + b[0] + c[0]) / third, (a[1] + b[1] + c[1]) / third, (a[2] + b[2] + c[2]) / third)


@kernel
def lit(maps: Single, axes: Double, vertices: Values, normals: Single, below: float) -> Single:
    """Returns the (V,) share of the lamp that reaches each vertex.

    Args:
        maps: (3, SIZE * SIZE) heights, and the highest and the lowest of them within a vertex's view.
        axes: as for ``cast``.
        vertices: (V, 3) world frame, metres.
        normals: (V, 3) unit.
        below: how far below another surface a shadow begins, metres.
    """
    out = np.ones(len(vertices), np.float32)
    for k in range(len(vertices)):
        nx, ny, nz = normals[k, 0], normals[k, 1], normals[k, 2]
        # Where the surface turns away from the lamp it has no light to lose, and its own slope would hide it.
        cosine = nx * axes[0, 2] + ny * axes[1, 2] + nz * axes[2, 2]
        if cosine <= 0:
            continue
        share = min(cosine / 0.3, 1.0)
        facing = np.float32(share * share * (3 - 2 * share))
        x, y, z = (
            vertices[k, 0] + float(LIFT * nx),
            vertices[k, 1] + float(LIFT * ny),
            vertices[k, 2] + float(LIFT * nz),
        )
        column, row, height = _seen(axes, x, y, z)
        # The map's cells are flat, and a slanted surface rises within each.
        kept = min(max(cosine, 0.3), 1.0)
        height = height + np.float32(CELL * np.sqrt(1 - kept * kept) / kept) + np.float32(below)
        out[k] -= facing * _hidden(maps, column, row, height)
    return out


@kernel
def _hidden(maps: Single, column: np.float32, row: np.float32, height: np.float32) -> np.float32:
    """Returns the share of the view around a place of the map that lies clearly above a height."""
    cell = _cell(column, row)
    # Most places lie wholly in the light or wholly in the shadow; only at its edge a view is looked at in detail.
    if maps[2, cell] - height > np.float32(SOFT + ROUNDING):
        return np.float32(1)
    if maps[1, cell] <= height:
        return np.float32(0)
    total = np.float32(0)
    for k in range(len(OFFSETS)):
        over = maps[0, _cell(column + OFFSETS[k, 0], row + OFFSETS[k, 1])] - height
        total += min(max(over * np.float32(1 / SOFT), np.float32(0)), np.float32(1))
    return total / np.float32(len(OFFSETS))
