"""Hair that is bound: the tail or the bun where a style gathers it."""

import numpy as np

from render.hair.growth import STEPS, Roots, unit
from render.hair.skull import Points
from render.hair.style import Style

TAIL, BUN = 110, 130
"""Clumps in a tail and in a bun."""

BUN_SIZE = 0.034
"""Radius of a bun, metres."""

KNOT = 0.011
"""Radius of a tail where it is bound, metres."""


def knot(style: Style) -> Points:
    """Returns the (3,) place where a style is bound."""
    assert style.gather is not None
    return np.array([0.0, *style.gather])


def tail_roots(style: Style, random: np.random.Generator) -> Roots:
    """Returns where the curves of a tail begin: around its knot, pointing away from the head."""
    turn, size = random.uniform(0, 2 * np.pi, TAIL), KNOT * np.sqrt(random.uniform(0, 1, TAIL))
    across = np.stack([np.cos(turn) * size, np.sin(turn) * size, np.zeros(TAIL)], axis=1)
    normal = unit(np.column_stack([across[:, :2] * 25, np.full(TAIL, -1.0)]))
    return Roots(knot(style) + across, normal, np.full(TAIL, 0.1))


def bun(style: Style, random: np.random.Generator) -> Points:
    """Returns the (BUN, STEPS, 3) curves of a bun: arcs around a ball, most of them around its axis."""
    middle = knot(style) + np.array([0.0, 0.004, -0.55 * BUN_SIZE])
    tilt = random.normal(0, 0.45, (BUN, 2))
    axis = unit(np.column_stack([tilt, np.full(BUN, 1.0)]))
    first = unit(np.cross(axis, np.array([0.0, 1.0, 0.2])))
    second = np.cross(axis, first)
    latitude = np.arcsin(random.uniform(-0.75, 0.9, BUN))
    turn = random.uniform(0, 2 * np.pi, BUN)[:, None] + np.linspace(0, 2.2, STEPS)
    size = BUN_SIZE * random.uniform(0.86, 1.0, BUN)[:, None, None]
    around = np.cos(turn)[..., None] * first[:, None] + np.sin(turn)[..., None] * second[:, None]
    flat = np.cos(latitude)[:, None, None] * around - np.sin(latitude)[:, None, None] * axis[:, None]
    return np.asarray(middle + size * flat * (1.0, 1.0, 0.8))
