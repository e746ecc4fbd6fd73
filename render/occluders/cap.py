"""A cap: a crown close to the head, a visor over the forehead and a button on top."""

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt

from render.occluders.crown import Crown
from render.occluders.envelope import directed
from render.occluders.head import Head
from render.occluders.params import colour, named
from render.occluders.shapes import joined, painted, sheet
from render.scene import Material, SceneMesh

Points = npt.NDArray[np.float64]

CLEARANCE = 0.003
BACK = 0.10
"""Elevation of the rim at the back of the head, radians."""

THICK = 0.0025


def sample_params(random: np.random.Generator) -> dict[str, float]:
    """Returns the drawn parameters: the rim's height in front, the visor's slope (radians) and length (metres).

    How far it is turned (one in eight is worn back to front), and its colours.
    """
    low = (0.40, 0.02, 0.045, 0.000)
    rim, slope, length, bulge = random.uniform(low, (0.54, 0.32, 0.070, 0.012))
    turn = random.normal(0, 0.08) + np.pi * (random.uniform() < 0.125)
    red, green, blue = random.uniform(0.04, 0.8) * random.uniform(0.4, 1.0, 3)
    visor = random.choice([0.85, 0.85, 0.4, 1.1])
    names = ("rim", "slope", "length", "bulge", "turn", "red", "green", "blue", "visor")
    return named(names, (rim, slope, length, bulge, turn, red, green, blue, visor))


def build(params: Mapping[str, float], head: Head) -> SceneMesh:
    """Returns the cap, close to the head and clear of brows that rise.

    Args:
        params: as drawn by ``sample_params``.
        head: whom it is for.
    """
    front = params["rim"] if np.cos(params["turn"]) > 0 else BACK
    back = BACK if np.cos(params["turn"]) > 0 else params["rim"]
    crown = Crown.on(head, front, back, params["turn"], CLEARANCE)
    across = np.linspace(-1, 1, 31)
    start = crown.edge(0.92 * np.sin(np.pi / 2 * across))
    out = np.linspace(0, 1, 8)[:, None]
    ahead = directed(np.asarray(params["turn"]), np.asarray(-params["slope"]))
    length = params["length"] * np.maximum(np.cos(np.pi / 2 * across), 0.01) ** 0.7
    visor = start + (length * out)[..., None] * ahead
    visor[..., 1] -= 0.3 * length * across**2 * out
    under = visor - (0.0, THICK, 0.0)
    edge = np.stack([visor[-1], under[-1]])
    button = crown.around.placed(*_button(params["turn"]), CLEARANCE + 0.002)
    paint = colour(params)
    parts = [
        sheet(crown.dome(28, params["bulge"]), (0.05, 0.20)),
        sheet(visor, (0.5, 0.5)),
        sheet(under[:, ::-1], (0.85, 0.85)),
        sheet(edge, (0.5, 0.5)),
        sheet(button, (0.5, 0.5)),
    ]
    shades = painted([paint, params["visor"] * paint, 0.45 * paint + 0.05])
    return joined("cap", [part.in_world(head.axes) for part in parts], shades, Material(0.15, 0.85))


def _button(turn: float) -> tuple[Points, Points]:
    """Returns azimuths and elevations of a disc at the very top."""
    around = np.linspace(-np.pi, np.pi, 17)
    elevation = np.linspace(np.pi / 2 - 0.01, np.pi / 2 - 0.07, 3)[:, None]
    return np.broadcast_to(around + turn, (3, 17)), np.broadcast_to(elevation, (3, 17))
