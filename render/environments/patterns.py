"""What procedural surroundings share: their draws, clouds, and rays that meet boxes."""

import cv2
import numpy as np
import numpy.typing as npt

from render.environments.maps import Values
from render.randomness import stream

Hits = tuple[Values, npt.NDArray[np.intp], npt.NDArray[np.intp]]


def drawn(seed: int, kind: str) -> np.random.Generator:
    """Returns the random generator of one procedural environment."""
    return stream(seed, f"environment/{kind}")


def clouds(random: np.random.Generator, shape: tuple[int, ...], cells: int = 6) -> npt.NDArray[np.float32]:
    """Returns cloudy noise in [0, 1] for a shape that begins with (h, w); it goes on across the left and right edge."""
    height, width = shape[:2]
    out = np.zeros((height, width), dtype=np.float32)
    for octave in range(5):
        rows, columns = cells * 2**octave, 2 * cells * 2**octave
        grid = random.uniform(0, 1, (rows, columns)).astype(np.float32)
        grid = np.concatenate([grid, grid[:, :2]], axis=1)
        wide = cv2.resize(grid, (width * (columns + 2) // columns, height), interpolation=cv2.INTER_CUBIC)
        out += 0.5**octave * wide[:, width // columns : width // columns + width]
    return np.asarray(np.clip((out / 1.9375 - 0.5) * 1.8 + 0.5, 0, 1))


def inside(low: npt.ArrayLike, high: npt.ArrayLike, way: Values) -> Hits:
    """Returns where rays (..., 3) from the origin leave a box around it: distance, axis and side (0 low, 1 high)."""
    low, high = np.asarray(low, np.float64), np.asarray(high, np.float64)
    side = (way > 0).astype(np.intp)
    distance = np.where(side == 1, high, low) / np.where(np.abs(way) < 1e-9, 1e-9, way)
    axis = distance.argmin(axis=-1)
    return distance.min(axis=-1), axis, np.take_along_axis(side, axis[..., None], -1)[..., 0]


def outside(low: npt.ArrayLike, high: npt.ArrayLike, way: Values) -> tuple[Values, npt.NDArray[np.intp]]:
    """Returns where rays (..., 3) from the origin enter a box that it is not in: distance (inf: never) and axis."""
    safe = np.where(np.abs(way) < 1e-9, 1e-9, way)
    first, second = np.asarray(low) / safe, np.asarray(high) / safe
    near, far = np.minimum(first, second), np.maximum(first, second)
    enters = near.max(axis=-1)
    met = (enters > 0) & (enters < far.min(axis=-1))
    return np.where(met, enters, np.inf), near.argmax(axis=-1)
