"""Heights over a surface: how steep they are, and how dark their creases.

Every renderer shows a relief through these two, so that all show the same folds: slopes turn the normals, creases
darken the colour, since light that enters a fold does not all come out.
"""

import cv2
import numpy as np
import numpy.typing as npt

from render.appearance.colour import LINEAR, to_srgb

Map = npt.NDArray[np.float32]
Window = tuple[slice, slice]

CREASE_RGB = (0.55, 0.42, 0.39)
"""What the darkest crease leaves of red, green and blue light: blood under the thin skin keeps it red."""

CREASE_DEPTH = 0.0006
"""How far below its surroundings the surface lies where a crease is dark by 1 - 1/e, metres."""

SURROUNDINGS = 0.006
"""Radius of the surroundings as a share of the texture's height: 3 texels of 512."""


def raised(relief: Map) -> Window | None:
    """Returns the smallest rectangle of texels that holds every height but 0, or None for a flat relief."""
    rows = np.flatnonzero(relief.any(axis=1))
    if rows.size == 0:
        return None
    columns = np.flatnonzero(relief[rows[0] : rows[-1] + 1].any(axis=0))
    return slice(int(rows[0]), int(rows[-1]) + 1), slice(int(columns[0]), int(columns[-1]) + 1)


def slopes_and_creases(relief: Map) -> Map:
    """Returns (h, w, 3): rise per unit of u and of v, metres, and the darkness of creases in [0, 1).

    All three are 0 further than three times ``SURROUNDINGS`` from every raised texel.
    """
    out = np.zeros((*relief.shape, 3), dtype=np.float32)
    found = raised_slopes_and_creases(relief)
    if found is not None:
        out[found[0]] = found[1]
    return out


def raised_slopes_and_creases(relief: Map) -> tuple[Window, Map] | None:
    """Returns the rectangle beyond which ``slopes_and_creases`` is 0, and its values there; None where all are."""
    height, width = relief.shape
    window = raised(relief)
    if window is None:
        return None
    radius = SURROUNDINGS * height
    window = _grown(window, int(np.ceil(3 * radius)) + 1, relief.shape)
    part = relief[window]
    down, across = np.gradient(part, 1 / height, 1 / width)
    below = cv2.GaussianBlur(part, (0, 0), radius, borderType=cv2.BORDER_REPLICATE) - part
    return window, cv2.merge((across, down, 1 - np.exp(np.maximum(below, 0) / -CREASE_DEPTH)))


def creased(albedo: npt.NDArray[np.uint8], relief: Map) -> npt.NDArray[np.uint8]:
    """Returns (h, w, 3) uint8 sRGB colours as the creases of a relief leave them."""
    height, width, _ = albedo.shape
    darkness = slopes_and_creases(relief)[..., 2]
    if darkness.shape != (height, width):
        darkness = cv2.resize(darkness, (width, height), interpolation=cv2.INTER_LINEAR)
    window, out = raised(darkness), albedo.copy()
    if window is not None:
        share = 1 - darkness[window][..., None] * (1 - np.array(CREASE_RGB, np.float32))
        out[window] = to_srgb(LINEAR[albedo[window]] * share)
    return out


def _grown(window: Window, by: int, shape: tuple[int, ...]) -> Window:
    rows, columns = (
        slice(max(0, side.start - by), min(size, side.stop + by)) for side, size in zip(window, shape, strict=True)
    )
    return rows, columns
