"""Smooth random textures from a seed."""

from typing import Any

import cv2
import numpy as np
import numpy.typing as npt


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
    t = np.clip((value - low) / (high - low), 0.0, 1.0)
    return np.asarray(t * t * (3 - 2 * t), dtype=np.float32)
