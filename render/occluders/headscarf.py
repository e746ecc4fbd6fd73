"""A headscarf (hijab): cloth over hair, ears and neck that leaves the face free."""

from collections.abc import Mapping

import numpy as np

from render.occluders.cloth import Opening, clothed, folds_of, wrapped
from render.occluders.head import Head
from render.occluders.params import named
from render.scene import Material, SceneMesh

CLEARANCE = 0.003


def sample_params(random: np.random.Generator) -> dict[str, float]:
    """Returns the drawn parameters: how far it covers the forehead and the cheeks (shares), folds, colours."""
    forehead, cheek, chin = random.uniform((0.35, 0.80, 0.0), (0.85, 0.93, 0.5))
    depth, count, shift = random.uniform((0.002, 5.0, 0.0), (0.006, 10.0, 6.2))
    base = random.uniform(0.05, 0.92) * random.uniform(0.55, 1.0, 3)
    names = ("forehead", "cheek", "chin", "depth", "count", "shift", "red", "green", "blue")
    return named(names, (forehead, cheek, chin, depth, round(count), shift, *base.clip(0.03, 0.95)))


def build(params: Mapping[str, float], head: Head) -> SceneMesh:
    """Returns the headscarf, clear of all that the face's expressions may reach.

    Args:
        params: as drawn by ``sample_params``.
        head: whom it is for.
    """
    marks = head.axes.local(head.landmarks)
    high = marks[[19, 24], 1].mean() + 0.006 + params["forehead"] * 0.045
    low = marks[8, 1] - 0.004 + params["chin"] * 0.016
    opening = Opening((high + low) / 2, params["cheek"] * marks[16, 0], (high - low) / 2, 0.12)
    parts = wrapped(head, opening, CLEARANCE, 1.3, folds_of(params))
    return clothed("headscarf", params, head, parts, (0.8, 1.0, 1.0), Material(0.12, 0.85))
