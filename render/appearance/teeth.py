"""Teeth painted on a strip: some face models have no single teeth, only a band along each jaw.

The band is unrolled: u runs along the dental arch, v from the biting edge towards the root, both in millimetres.
"""

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
import numpy.typing as npt

from render.appearance.colour import to_linear, to_srgb
from render.appearance.noise import smoothstep
from render.scene import SEGMENT

Pixels = npt.NDArray[np.uint8]
Array = npt.NDArray[np.float64]

WIDTHS = {
    "upper_teeth": (8.5, 6.6, 7.6, 7.1, 6.8, 10.2, 9.6, 9.0),
    "lower_teeth": (5.4, 5.9, 6.8, 7.0, 7.1, 11.0, 10.4, 10.0),
}
"""Widths of the crowns from the midline backwards, millimetres: means of adults (Wheeler's Dental Anatomy)."""

CROWN = {"upper_teeth": 10.0, "lower_teeth": 8.6}
"""Height of the crown at the midline, millimetres; the gum begins there."""

LENGTH, HEIGHT = 128.0, 20.0
"""Millimetres that the texture covers along and across."""

COLUMNS, ROWS = 512, 64
ENAMEL, NECK, EDGE, GUM = (226, 218, 200), (206, 184, 146), (208, 208, 204), (178, 104, 98)
SHADES, TINTS = (0.0, 0.3, 1.0), ((1.05, 1.08, 1.16), (1.0, 1.0, 1.0), (0.88, 0.80, 0.58))
"""Linear factors on the colour of teeth, by shade; by eye."""

AXIS_BEHIND = 0.03
"""How far behind the front teeth the axis lies from which the arch is seen as an angle, metres."""

SIGHT, THICKNESS = 0.25, 4.0
"""Radians within which vertices stand above each other, and millimetres within which they are the band's front."""

ASKEW = 20.0
"""Millimetres lower that a vertex must lie for each radian to the side to be the edge below another."""


@dataclass(frozen=True)
class TeethTexture:
    """A painted band: (h, w, 3) uint8 sRGB and (h, w) uint8 segments."""

    albedo: Pixels
    segments: Pixels


def arch_uv(vertices: npt.NDArray[np.floating[Any]], part: str) -> npt.NDArray[np.float32]:
    """Returns the (n, 2) texture coordinates of the vertices (n, 3) of a band of upper or lower teeth."""
    x, y, z = np.asarray(vertices, dtype=np.float64).T * 1000
    up = 1.0 if part == "upper_teeth" else -1.0
    behind = z - (z.max() - AXIS_BEHIND * 1000)
    angle, radius = np.arctan2(x, behind), np.hypot(x, behind)
    edge = np.unique([_edge(np.abs(angle - one), radius, up * y) for one in angle])
    edge = edge[np.argsort(angle[edge])]
    steps = np.hypot(np.diff(x[edge]), np.diff(z[edge]))
    along = np.interp(angle, angle[edge], np.concatenate([[0.0], np.cumsum(steps)]))
    along -= np.interp(0.0, angle[edge], np.concatenate([[0.0], np.cumsum(steps)]))
    above = up * (y - np.interp(angle, angle[edge], y[edge]))
    place = np.stack([0.5 + along / LENGTH, np.clip(above / HEIGHT, 0.0, 1.0)], axis=1)
    return np.asarray(place, dtype=np.float32)


def _edge(aside: Array, radius: Array, above: Array) -> int:
    """Returns which vertex is the biting edge in one direction: the lowest of those at the front and not far aside."""
    near = np.flatnonzero(aside < SIGHT)
    front = near[radius[near] > radius[near].max() - THICKNESS]
    return int(front[(above + ASKEW * aside)[front].argmin()])


def tint(shade: float) -> npt.NDArray[np.float32]:
    """Returns the (3,) factor of a shade in [0, 1] on the colour of usual teeth: bleached at 0, yellow at 1."""
    return np.array([np.interp(shade, SHADES, column) for column in np.transpose(TINTS)], dtype=np.float32)


@lru_cache(32)
def paint_teeth(part: str, shade: float = 0.3) -> TeethTexture:
    """Returns the texture of a band of upper or lower teeth, as yellow as ``tint`` says."""
    along = np.abs((np.arange(COLUMNS) + 0.5) / COLUMNS - 0.5)[None] * LENGTH
    above = (np.arange(ROWS)[:, None] + 0.5) / ROWS * HEIGHT
    ends = np.cumsum(WIDTHS[part])
    which = np.searchsorted(ends, along).clip(0, len(ends) - 1)
    width = np.array(WIDTHS[part])[which]
    aside = np.abs(along - (ends[which] - width / 2)) / (width / 2)
    neck = CROWN[part] - 0.06 * along - 1.6 * aside**2
    enamel, root, edge, gum = (to_linear(np.array(colour) / 255) for colour in (ENAMEL, NECK, EDGE, GUM))
    enamel, root, edge = (colour * tint(shade) for colour in (enamel, root, edge))
    colour = _mixed(enamel, root, smoothstep(0.35, 1.0, above / neck))
    colour = _mixed(colour, edge, 0.5 * smoothstep(1.6, 0.0, above + 0 * along))
    # Neighbours meet in a dark line, widest at the edge, where the corners are round.
    gap = smoothstep(0.0, 1.0, (aside - (0.9 - 0.16 * smoothstep(1.5, 0.0, above))) / 0.1)
    colour = colour * (1 - 0.6 * gap[..., None])
    colour = _mixed(colour, gum, smoothstep(-0.35, 0.35, above - neck))
    segments = np.where(above > neck, SEGMENT["inner_mouth"], SEGMENT["teeth"]).astype(np.uint8)
    return TeethTexture(to_srgb(colour), segments)


def _mixed(under: npt.NDArray[Any], over: npt.NDArray[Any], share: npt.NDArray[Any]) -> npt.NDArray[Any]:
    return np.asarray(under + (over - under) * share[..., None])
