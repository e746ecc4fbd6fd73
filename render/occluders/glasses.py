"""Clear glasses: a frame whose lenses hide nothing; the eyes behind them stay in sight."""

from collections.abc import Mapping

import numpy as np

from render.occluders.frames import frame, rims, sample_frame, temples
from render.occluders.head import Head
from render.occluders.params import colour, named
from render.occluders.shapes import joined, painted
from render.scene import Material, SceneMesh

COLOURS = ((0.04, 0.04, 0.045), (0.22, 0.13, 0.08), (0.62, 0.60, 0.58), (0.72, 0.58, 0.36), (0.15, 0.20, 0.34))
"""Black and tortoiseshell acetate, silver and gold wire, blue; sRGB."""


def sample_params(random: np.random.Generator) -> dict[str, float]:
    """Returns the drawn parameters: those of a frame, and its colour."""
    params = sample_frame(random)
    base = np.array(COLOURS[int(random.choice(len(COLOURS), p=(0.4, 0.2, 0.17, 0.13, 0.1)))])
    paint = np.clip(base * random.uniform(0.8, 1.2) + random.normal(0, 0.02, 3), 0.02, 0.95)
    return params | named(("red", "green", "blue"), paint)


def build(params: Mapping[str, float], head: Head) -> SceneMesh:
    """Returns the glasses, resting on nose and ears.

    Args:
        params: as drawn by ``sample_params``.
        head: whom they are for.
    """
    worn = frame(params, head)
    parts = [part.in_world(head.axes) for part in (*rims(worn), *temples(worn, head))]
    paint = colour(params)
    return joined("glasses", parts, painted([paint, paint, 0.5 * paint + 0.45]), Material(1.2, 0.25))
