"""A medical mask: pleated cloth over nose, mouth and chin, held by bands to the ears."""

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt

from render.occluders.envelope import Envelope, around_centre, elevation_of
from render.occluders.head import Axes, Head
from render.occluders.params import colour, named
from render.occluders.shapes import Part, joined, painted, sheet
from render.scene import Material, SceneMesh

COLOURS = ((0.62, 0.78, 0.88), (0.93, 0.94, 0.95), (0.16, 0.17, 0.19), (0.90, 0.72, 0.76), (0.60, 0.80, 0.74))
ROWS = 40
PLEATS = (13, 20, 27)
"""Rows of the texture's forty that lie in the shade of a fold."""

CLEARANCE = 0.0025
BAND = 0.0018


def sample_params(random: np.random.Generator) -> dict[str, float]:
    """Returns the drawn parameters: colour, upper edge on the nose's bridge (0 its tip, 1 its root), half width."""
    base = np.array(COLOURS[int(random.integers(len(COLOURS)))])
    red, green, blue = np.clip(base + random.normal(0, 0.025, 3), 0.03, 0.97)
    top, turn = random.uniform((0.15, 1.0), (0.8, 1.15))
    names = ("top", "turn", "red", "green", "blue")
    return named(names, (top, turn, red, green, blue))


def build(params: Mapping[str, float], head: Head) -> SceneMesh:
    """Returns the mask, clear of all that the face's expressions may reach.

    Args:
        params: as drawn by ``sample_params``.
        head: whom it is for.
    """
    axes = head.axes
    around = around_centre(head.points, 1.2)
    marks = axes.local(head.landmarks)
    bridge = (1 - params["top"]) * marks[30] + params["top"] * marks[27]
    share = np.linspace(-1, 1, 41)
    top = _between(elevation_of(bridge), elevation_of(marks[2]) + 0.10, share)
    bottom = _between(elevation_of(marks[8]) - 0.06, elevation_of(marks[4]) + 0.03, share)
    down = np.linspace(0, 1, 28)[:, None]
    elevation = top + down * (bottom - top)
    turn = np.broadcast_to(params["turn"] * share, elevation.shape)
    parts = [sheet(axes.world(around.placed(turn, elevation, CLEARANCE)), (0.03, 0.97))]
    for side in (-1.0, 1.0):
        for begin, end in ((elevation[0, 0], -0.02), (elevation[-1, 0], -0.22)):
            parts.append(_band(around, axes, side * params["turn"], side * 1.62, (begin, end)))
    paint = colour(params)
    return joined("mask", parts, _cloth(paint), Material(0.12, 0.85))


def _between(middle: float, side: float, share: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    return np.asarray(middle + (side - middle) * np.abs(share) ** 1.6)


def _band(around: Envelope, axes: Axes, start: float, end: float, rise: tuple[float, float]) -> Part:
    turn, middle = np.linspace(start, end, 12), np.linspace(*rise, 12)
    width = BAND / 0.08
    elevation = np.stack([middle + width, middle - width])
    points = around.placed(np.stack([turn, turn]), elevation, CLEARANCE)
    return sheet(axes.world(points if end > start else points[:, ::-1]), (0.005, 0.01))


def _cloth(colour: npt.NDArray[np.float64]) -> npt.NDArray[np.uint8]:
    """Returns a texture whose rows are the mask's, from the hem on the nose to the hem on the chin."""
    rows = np.tile(colour, (ROWS, 1))
    for pleat in PLEATS:
        rows[pleat] *= 0.72
        rows[pleat + 1] *= 0.9
        rows[pleat - 1] = np.minimum(1.04 * rows[pleat - 1], 1)
    rows[[1, 2, -3, -2]] *= 0.93
    return painted(rows)
