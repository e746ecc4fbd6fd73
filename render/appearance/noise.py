"""Smooth random textures from a seed."""

from functools import lru_cache
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

SHARED = 4242
"""Purpose of the noise that everybody shares."""


def generator(seed: int, purpose: int) -> np.random.Generator:
    """Returns the random generator of one purpose of one seed: counter-based, independent of every other purpose."""
    return np.random.Generator(np.random.Philox(key=[seed & 0xFFFFFFFFFFFFFFFF, purpose]))


def smooth_noise(random: np.random.Generator, size: int, cells: tuple[int, int]) -> npt.NDArray[np.float32]:
    """Returns (size, size) smooth noise in about [-1, 1] with the given number of cells down and across."""
    grid = random.uniform(-1, 1, (cells[0] + 1, cells[1] + 1)).astype(np.float32)
    grid[:, -1] = grid[:, 0]
    return np.asarray(cv2.resize(grid, (size, size), interpolation=cv2.INTER_LINEAR))


def smoothstep(low: float, high: float, value: npt.NDArray[np.floating[Any]]) -> npt.NDArray[np.float32]:
    """Returns 0 below ``low``, 1 above ``high`` and the cubic in between; ``low`` may exceed ``high``."""
    t = np.minimum(np.maximum((value - low) / (high - low), 0.0), 1.0)
    return np.asarray(t * t * (3 - 2 * t), dtype=np.float32)


@lru_cache
def shared_noise(size: int, cells: tuple[int, int], which: int = 0) -> npt.NDArray[np.float32]:
    """Returns (size, size) smooth noise that everybody shares; ``moved`` gives each person another part of it."""
    return smooth_noise(generator(which, SHARED), size, cells)


@lru_cache
def shared_octaves(size: int, octaves: tuple[tuple[tuple[int, int], float], ...]) -> npt.NDArray[np.float32]:
    """Returns the weighted sum of ``shared_noise`` of several (cells, weight), made once."""
    return np.asarray(np.sum([np.float32(weight) * shared_noise(size, cells) for cells, weight in octaves], axis=0))


@lru_cache
def shared_grain(size: int) -> npt.NDArray[np.float32]:
    """Returns (size, size) noise of unit variance from texel to texel that everybody shares."""
    return generator(0, SHARED + 1).standard_normal((size, size), dtype=np.float32)


def movement(size: int, random: np.random.Generator) -> npt.NDArray[np.int64]:
    """Returns (3,) how shared noise of a size is drawn to be moved: rows, columns, and whether it is mirrored."""
    return np.array([random.integers(size), random.integers(size), random.uniform() < 0.5], dtype=np.int64)


def moved(
    shared: npt.NDArray[np.float32], random: np.random.Generator, window: tuple[slice, slice] | None = None
) -> npt.NDArray[np.float32]:
    """Returns shared noise rolled and perhaps mirrored, or the window of it: much cheaper than fresh noise."""
    size = len(shared)
    down, across, flipped = (int(each) for each in movement(size, random))
    rows, columns = window or (slice(0, size), slice(0, size))
    top, left = (down + rows.start) % size, (across + columns.start) % size
    height, width = rows.stop - rows.start, columns.stop - columns.start
    part = np.empty((height, width), dtype=np.float32)
    # Four rectangles of the periodic noise: views, copied once.
    first, before = min(height, size - top), min(width, size - left)
    part[:first, :before] = shared[top : top + first, left : left + before]
    part[:first, before:] = shared[top : top + first, : width - before]
    part[first:, :before] = shared[: height - first, left : left + before]
    part[first:, before:] = shared[: height - first, : width - before]
    return np.asarray(part[:, ::-1] if flipped else part)
