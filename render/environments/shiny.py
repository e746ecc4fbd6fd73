"""Surroundings as shiny surfaces mirror them: blurred the more, the rougher the surface.

Levels of growing roughness, each half as large as the one before, as a texture keeps its smaller sizes.
"""

from collections.abc import Iterator
from functools import lru_cache

import numpy as np
import numpy.typing as npt

from render.environments.maps import Map, directions, smaller, solid_angles

ROUGHNESS = (0.1, 0.25, 0.5, 0.8)
"""GGX roughness of each level."""


def shiny(radiance: Map) -> Map:
    """Returns the (n, 3) texels of all levels of a (64, 128, 3) map, level by level, row by row."""
    return np.concatenate([_mirrored(radiance, level).reshape(-1, 3) for level in range(len(ROUGHNESS))])


def levels(texels: Map, height: int = 64) -> Iterator[Map]:
    """Yields the (h, 2h, 3) map of each level of what ``shiny`` returns."""
    start = 0
    for _ in ROUGHNESS:
        yield texels[start : start + 2 * height**2].reshape(height, 2 * height, 3)
        start, height = start + 2 * height**2, height // 2


def _mirrored(radiance: Map, level: int) -> Map:
    """Returns one level: the mean of the light around each direction, weighted as GGX spreads a mirror's image.

    For a surface seen from above, half vectors h have the density D(h) h.n, and light comes from 2 (h.n) h - n.
    """
    if level == 0:
        return radiance
    height, source = radiance.shape[0] >> level, smaller(radiance, 32)
    mixed = _spread(level, height) @ source.reshape(-1, 3)
    return np.asarray(mixed.reshape(height, 2 * height, 3), dtype=np.float32)


@lru_cache
def _spread(level: int, height: int) -> npt.NDArray[np.float32]:
    """Returns (n, 2048): what share of each texel of one level comes from each of a (32, 64) map."""
    to, come = directions(height, 2 * height).reshape(-1, 3), directions(32, 64).reshape(-1, 3)
    half = np.sqrt(np.clip(0.5 + 0.5 * (to @ come.T), 0, 1))
    squared = ROUGHNESS[level] ** 4
    weight = np.where(half > np.sqrt(0.5), (half**2 * (squared - 1) + 1) ** -2.0, 0.0)
    weight = weight * np.clip(2 * half**2 - 1, 0, 1) * np.repeat(solid_angles(32, 64), 64)
    return np.asarray(weight / weight.sum(axis=1, keepdims=True), dtype=np.float32)
