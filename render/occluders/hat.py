"""A hat with a brim all around, a dented crown and a ribbon."""

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt

from render.occluders.crown import TURNS, Crown
from render.occluders.head import Head
from render.occluders.params import colour, named
from render.occluders.shapes import joined, painted, sheet
from render.scene import Material, SceneMesh

Points = npt.NDArray[np.float64]

CLEARANCE = 0.004
BACK = 0.22
"""Elevation of the rim at the back of the head, radians."""

COLOURS = ((0.80, 0.70, 0.50), (0.10, 0.10, 0.11), (0.35, 0.26, 0.20), (0.50, 0.50, 0.48), (0.16, 0.20, 0.30))
"""Straw, black, brown, grey and navy; sRGB."""


def sample_params(random: np.random.Generator) -> dict[str, float]:
    """Returns the drawn parameters: rim (radians), brim and crown (metres), how the brim dips in front, colours."""
    low = (0.40, 0.040, 0.020, -0.15)
    rim, brim, crown, dip = random.uniform(low, (0.54, 0.085, 0.055, 0.35))
    base = np.array(COLOURS[int(random.integers(len(COLOURS)))]) * random.uniform(0.8, 1.15)
    red, green, blue = np.clip(base + random.normal(0, 0.02, 3), 0.02, 0.95)
    ribbon = random.choice([0.25, 0.6, 1.3])
    names = ("rim", "brim", "crown", "dip", "turn", "red", "green", "blue", "ribbon")
    return named(names, (rim, brim, crown, dip, random.normal(0, 0.05), red, green, blue, ribbon))


def build(params: Mapping[str, float], head: Head) -> SceneMesh:
    """Returns the hat, clear of brows that rise.

    Args:
        params: as drawn by ``sample_params``.
        head: whom it is for.
    """
    crown = Crown.on(head, params["rim"], BACK, params["turn"], CLEARANCE)
    turn = np.linspace(-np.pi, np.pi, TURNS)
    start = crown.edge(turn)
    out = np.linspace(0, 1, 7)[:, None]
    flat = start * (1, 0, 1)
    outwards = flat / np.linalg.norm(flat, axis=1, keepdims=True)
    brim = start + params["brim"] * out[..., None] * outwards
    drop = params["dip"] * np.cos(turn) ** 2 - 0.35 * np.sin(turn) ** 2
    brim[..., 1] -= params["brim"] * out * drop
    under = brim - (0.0, 0.002, 0.0)
    parts = [
        sheet(_tall(crown, params["crown"]), (0.06, 0.06)),
        sheet(_ribbon(crown, turn), (0.5, 0.5)),
        sheet(brim, (0.06, 0.06)),
        sheet(under[:, ::-1], (0.9, 0.9)),
        sheet(np.stack([brim[-1], under[-1]]), (0.9, 0.9)),
    ]
    paint = colour(params)
    shades = painted([paint, params["ribbon"] * paint, 0.6 * paint])
    return joined("hat", [part.in_world(head.axes) for part in parts], shades, Material(0.15, 0.85))


def _tall(crown: Crown, height: float) -> Points:
    """Returns the crown, whose walls are steeper and whose top is higher than the head, with a dent along it."""
    dome = crown.dome(26)
    up = (1 - np.linspace(0, 1, 26) ** 1.2)[:, None]
    dent = 0.45 * np.exp(-((dome[..., 0] / 0.022) ** 2)) * np.clip(2 * up - 1, 0, 1)
    dome[..., 1] += height * np.sqrt(np.clip(2.2 * up, 0, 1)) * (1 - dent)
    return dome


def _ribbon(crown: Crown, turn: Points) -> Points:
    low, high = crown.edge(turn, -0.01, 0.0015), crown.edge(turn, -0.01, 0.0015)
    high[:, 1] += 0.022
    return np.stack([high, low])
