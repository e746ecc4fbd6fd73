"""A beanie: knitted, close to the head, often with a turned-up cuff, over the tops of the ears."""

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
RIBS = 96


def sample_params(random: np.random.Generator) -> dict[str, float]:
    """Returns the drawn parameters: height of the rim in front and behind (radians), cuff, slack (metres), colour."""
    low = (0.36, -0.25, 0.0, 0.004)
    front, back, turn, slack = random.uniform(low, (0.56, 0.0, 0.12, 0.030))
    cuff = random.uniform(0.18, 0.32) * (random.uniform() < 0.7)
    red, green, blue = random.uniform(0.05, 0.85) * random.uniform(0.4, 1.0, 3)
    return named(
        ("front", "back", "turn", "slack", "cuff", "red", "green", "blue"),
        (front, back, turn, slack, cuff, red, green, blue),
    )


def build(params: Mapping[str, float], head: Head) -> SceneMesh:
    """Returns the beanie.

    Args:
        params: as drawn by ``sample_params``.
        head: whom it is for.
    """
    crown = Crown.on(head, params["front"], params["back"], params["turn"], CLEARANCE)
    parts = [sheet(crown.dome(26, params["slack"]), (0.3, 0.9))]
    if params["cuff"]:
        profile = np.array([[0.0, 0.0], [0.0, 0.006], [0.45, 0.0085], [0.92, 0.006], [1.0, 0.003], [1.0, 0.0]])
        parts.append(sheet(np.stack([_ring(crown, params["cuff"] * (1 - share), off) for share, off in profile])))
    paint = colour(params)
    rows = paint * (1 - 0.10 * (np.arange(40) % 2))[:, None]
    return joined("beanie", [part.in_world(head.axes) for part in parts], painted(rows), Material(0.1, 0.95))


def _ring(crown: Crown, higher: float, off: float) -> Points:
    """Returns a ring of the cuff, ribbed where it stands off."""
    turn = np.linspace(-np.pi, np.pi, 2 * TURNS)
    ring = crown.edge(turn, -higher, off)
    rib = 0.0007 * np.cos(RIBS * turn) * (off > 0.004)
    return np.asarray(ring * (1 + rib / np.linalg.norm(ring, axis=1))[:, None])
