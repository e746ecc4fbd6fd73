"""Parts of the skin's texture: windows, blends, and distances on the average face."""

from typing import Any

import numpy as np
import numpy.typing as npt

from render.appearance.colour import ENCODED, LINEAR, to_srgb
from render.kernels.painting import BRIGHTEST, mixed

Map = npt.NDArray[np.float32]
Pixels = npt.NDArray[np.uint8]
Window = tuple[slice, slice]

SHADES = np.linspace(0, BRIGHTEST, 256, dtype=np.float32)[:, None]


def window_of(weight: npt.NDArray[Any]) -> Window:
    """Returns the smallest rectangle of texels that holds every weight above 0."""
    rows, columns = np.flatnonzero(weight.any(axis=1)), np.flatnonzero(weight.any(axis=0))
    return slice(int(rows[0]), int(rows[-1]) + 1), slice(int(columns[0]), int(columns[-1]) + 1)


def laid_over(albedo: Pixels, over: Map, weight: Map, window: Window) -> None:
    """Mixes a linear colour (3,) into an sRGB texture (T, T, 3) in place.

    Args:
        albedo: the texture.
        over: the colour.
        weight: (h, w) share of it.
        window: the texels.
    """
    mixed(albedo, np.asarray(over, np.float32), np.ascontiguousarray(weight), corner_of(window), LINEAR, ENCODED)


def corner_of(window: Window) -> tuple[int, int]:
    """Returns the row and the column at which a window begins."""
    return window[0].start, window[1].start


def shades_of(rgb: Map) -> Pixels:
    """Returns the (256, 3) sRGB colours of a linear colour (3,) times factors up to ``BRIGHTEST``."""
    return to_srgb(rgb * SHADES)


def polyline_maps(position: Map, line: npt.NDArray[np.float64], front: float, extended: bool) -> tuple[Map, Map]:
    """Returns per texel the relative arc length of the nearest point of a polyline (x, y) and the distance to it.

    An extended line runs on straight beyond both ends; texels no further forward than ``front`` are infinitely far.
    """
    flat = position[..., :2].astype(np.float64)
    lengths = np.linalg.norm(np.diff(line, axis=0), axis=1)
    starts = np.concatenate([[0.0], np.cumsum(lengths)])
    best = np.full(flat.shape[:2], np.inf)
    along = np.zeros(flat.shape[:2])
    for index, length in enumerate(lengths):
        direction = (line[index + 1] - line[index]) / length
        t = (flat - line[index]) @ direction
        low = -np.inf if extended and index == 0 else 0.0
        high = np.inf if extended and index == len(lengths) - 1 else length
        clipped = np.clip(t, low, high)
        distance = np.linalg.norm(flat - line[index] - clipped[..., None] * direction, axis=-1)
        nearer = distance < best
        best = np.where(nearer, distance, best)
        along = np.where(nearer, (starts[index] + clipped) / starts[-1], along)
    best = np.where(position[..., 2] > front, best, np.inf)
    return along.astype(np.float32), best.astype(np.float32)


def blob(position: Map, centre: npt.NDArray[np.floating[Any]], radius: float | tuple[float, float, float]) -> Map:
    """Returns (T, T): 1 at a centre on the average face, falling to 1/e at a distance, metres, along each axis."""
    offset = (position - centre.astype(np.float32)) / np.asarray(radius, dtype=np.float32)
    return np.asarray(np.exp(-(offset**2).sum(axis=-1)), dtype=np.float32)
