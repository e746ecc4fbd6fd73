"""The coverage grid: how many faces show each Action Unit in each direction, light and skin tone, and what lacks."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations, product

import numpy as np
import numpy.typing as npt

Integers = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
Mask = npt.NDArray[np.bool_]

YAW_EDGES = np.array([-90.0, -45.0, -15.0, 15.0, 45.0, 90.0])
YAW = ("right 45°+", "right 15–45°", "front ±15°", "left 15–45°", "left 45°+")
"""Where the person's head turns, in its own left and right."""

LIGHT_EDGES = np.array([0.0, 1.5, 3.0, np.inf])
LIGHT = ("flat light, under 1.5:1", "soft light, 1.5:1 to 3:1", "hard light, over 3:1")
"""By the lighting ratio of ``faceset.circumstances``."""

TONE_EDGES = np.array([0.5, 3.5, 6.5, 10.5])
TONE = ("Monk 1–3", "Monk 4–6", "Monk 7–10")


@dataclass(frozen=True)
class Axis:
    """One axis: its name, the names of its cells, and the cell of each face, (N,); -1 where it is not known."""

    name: str
    cells: tuple[str, ...]
    place: Integers


@dataclass(frozen=True, eq=False)
class Grid:
    """Counts of faces: AUs first, then one dimension for each axis. A face counts for every AU that it shows."""

    codes: tuple[str, ...]
    axes: tuple[Axis, ...]
    counts: Integers

    def empty(self, least: int) -> Mask:
        """Returns which cells hold fewer than ``least`` faces."""
        return np.asarray(self.counts < least)


@dataclass(frozen=True)
class Gap:
    """A block of empty cells: what is fixed, by axis; axes that are not named are empty throughout."""

    fixed: Mapping[str, str]
    cells: int


def coverage_grid(active: Mask, codes: Sequence[str], axes: Sequence[Axis]) -> Grid:
    """Returns the grid of the faces that every axis knows.

    Args:
        active: (N, K) whether each face shows each AU.
        codes: the K AUs.
        axes: the other dimensions.
    """
    shape = tuple(len(axis.cells) for axis in axes)
    known = np.all([axis.place >= 0 for axis in axes], axis=0) if axes else np.ones(len(active), np.bool_)
    flat = np.zeros(int(known.sum()), np.int64)
    for axis, size in zip(axes, shape, strict=True):
        flat = flat * size + axis.place[known]
    cells = int(np.prod(shape))
    counts = [np.bincount(flat[active[known, k]], minlength=cells).reshape(shape) for k in range(len(codes))]
    return Grid(tuple(codes), tuple(axes), np.array(counts, dtype=np.int64).reshape(len(codes), *shape))


def gaps(grid: Grid, least: int = 1) -> list[Gap]:
    """Returns the empty cells as few blocks: the widest first, none within another."""
    empty = grid.empty(least)
    told = np.zeros_like(empty)
    names = [("AU", grid.codes), *((axis.name, axis.cells) for axis in grid.axes)]
    found = []
    for fixed, block in _blocks(empty.shape):
        if empty[block].all() and not told[block].all():
            found.append(Gap({names[axis][0]: names[axis][1][place] for axis, place in fixed}, int(empty[block].size)))
            told[block] = True
    return found


def place(values: Floats, edges: Floats) -> Integers:
    """Returns the cell of each value, (N,); what lies beyond the edges counts in the outermost, NaN gives -1."""
    cell = np.clip(np.searchsorted(edges, values, side="right") - 1, 0, len(edges) - 2)
    return np.asarray(np.where(np.isfinite(values), cell, -1), dtype=np.int64)


def _blocks(
    shape: tuple[int, ...],
) -> Iterator[tuple[list[tuple[int, int]], tuple[int | slice, ...]]]:
    """Yields what is fixed, and the index of the block, from the whole grid to single cells."""
    for number in range(len(shape) + 1):
        for axes in combinations(range(len(shape)), number):
            for places in product(*(range(shape[axis]) for axis in axes)):
                fixed = list(zip(axes, places, strict=True))
                index: list[int | slice] = [slice(None)] * len(shape)
                for axis, where in fixed:
                    index[axis] = where
                yield fixed, tuple(index)
