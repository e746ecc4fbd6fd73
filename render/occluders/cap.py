"""A cap: a round crown over the hair and a visor over the forehead."""

from collections.abc import Mapping

import numpy as np

from render.occluders.envelope import around_centre, directed
from render.occluders.head import Head
from render.occluders.params import colour, named
from render.occluders.shapes import joined, painted, sheet
from render.scene import Material, SceneMesh

CLEARANCE = 0.004
TOP = np.pi / 2 - 0.01
LEVEL = 0.12
"""Elevation of the rim at the back of the head, radians."""


def sample_params(random: np.random.Generator) -> dict[str, float]:
    """Returns the drawn parameters: the rim's height in front, the visor's slope (radians) and length (metres)."""
    low = (0.34, 0.10, 0.045)
    rim, slope, length = random.uniform(low, (0.52, 0.42, 0.07))
    turn = random.normal(0, 0.08)
    red, green, blue = random.uniform(0.04, 0.8) * random.uniform(0.4, 1.0, 3)
    names = ("rim", "slope", "length", "turn", "red", "green", "blue")
    values = (rim, slope, length, turn, red, green, blue)
    return named(names, values)


def build(params: Mapping[str, float], head: Head) -> SceneMesh:
    """Returns the cap, around the hair and clear of brows that rise.

    Args:
        params: as drawn by ``sample_params``.
        head: whom it is for.
    """
    axes = head.axes
    around = around_centre(head.points, 2.5)
    turn = np.linspace(-np.pi, np.pi, 121)
    rim = params["rim"] + (LEVEL - params["rim"]) * (1 - np.cos(turn)) / 2
    up = 1 - np.linspace(0, 1, 32)[:, None] ** 1.2
    elevation = rim + up * (TOP - rim)
    turns = np.broadcast_to(turn, elevation.shape) + params["turn"]
    crown = around.placed(turns, elevation, CLEARANCE)
    across = np.linspace(-1, 1, 31)
    front = around.placed(0.95 * across + params["turn"], np.interp(0.95 * across, turn, rim), CLEARANCE)
    slope, out = params["slope"], np.linspace(0, 1, 8)[:, None]
    ahead = directed(np.asarray(params["turn"]), np.asarray(-slope))
    drop = np.array([0.0, 1.0, 0.0])
    length = params["length"] * np.sqrt(np.clip(1 - across**2, 0, None))
    curve = -0.010 * (across**2) * out
    visor = front + (length * out)[..., None] * ahead + curve[..., None] * drop
    paint = colour(params)
    parts = [sheet(axes.world(crown), (0.25, 0.25)), sheet(axes.world(visor), (0.75, 0.75))]
    return joined("cap", parts, painted([paint, 0.85 * paint]), Material(0.15, 0.85))
