"""A hood: thick cloth that stands off the head and frames the face."""

from collections.abc import Mapping

import numpy as np

from render.occluders.cloth import Opening, clothed, folds_of, wrapped
from render.occluders.head import Head
from render.occluders.params import named
from render.scene import Material, SceneMesh


def sample_params(random: np.random.Generator) -> dict[str, float]:
    """Returns the drawn parameters: distance from the head (metres), size of the opening (shares), folds, colours."""
    away, forehead, cheek = random.uniform((0.008, 0.5, 0.90), (0.022, 1.0, 1.08))
    depth, count, shift = random.uniform((0.002, 3.0, 0.0), (0.006, 6.0, 6.2))
    base = random.uniform(0.04, 0.7) * random.uniform(0.6, 1.0, 3)
    names = ("away", "forehead", "cheek", "depth", "count", "shift", "red", "green", "blue")
    return named(names, (away, forehead, cheek, depth, round(count), shift, *base.clip(0.03, 0.95)))


def build(params: Mapping[str, float], head: Head) -> SceneMesh:
    """Returns the hood, clear of all that the face's expressions may reach.

    Args:
        params: as drawn by ``sample_params``.
        head: whom it is for.
    """
    marks = head.axes.local(head.landmarks)
    high = marks[[19, 24], 1].mean() + 0.012 + params["forehead"] * 0.05
    low = marks[8, 1] - 0.035
    opening = Opening((high + low) / 2, params["cheek"] * marks[16, 0], (high - low) / 2, 0.2)
    parts = wrapped(head, opening, params["away"], 2.5, folds_of(params))
    return clothed("hood", params, head, parts, (0.7, 1.0, 0.95), Material(0.08, 0.95))
