"""A scarf wound around the neck, some pulled up over chin, mouth or nose."""

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt
from scipy.ndimage import gaussian_filter1d, maximum_filter1d

from render.occluders.envelope import around_axis
from render.occluders.head import Head
from render.occluders.params import colour, named
from render.occluders.shapes import LOWEST, above, joined, painted, sheet
from render.scene import Material, SceneMesh

Points = npt.NDArray[np.float64]

CLEARANCE = 0.004
ROWS, TURNS = 40, 121
LEVELS = (8, 57, 51, 30)
"""Landmarks to which its upper edge may reach: chin, lower lip, upper lip, tip of the nose."""

HEM = LOWEST + 0.03
"""What is lower lies on shoulders, outside every picture; metres."""

SHOULDER = 0.125
"""Where the body is wider than this around the neck's axis, the scarf lies on it; metres."""


def sample_params(random: np.random.Generator) -> dict[str, float]:
    """Returns the drawn parameters: how high it reaches (0 below the chin to 4 on the nose), its folds, colours."""
    level = random.choice([random.uniform(0.0, 1.0), random.uniform(1.0, 3.9)], p=(0.55, 0.45))
    loops, depth, lean, shift = random.uniform((2.0, 0.004, 0.3, 0.0), (4.0, 0.010, 1.2, 6.2))
    first = random.uniform(0.05, 0.85) * random.uniform(0.4, 1.0, 3)
    other = np.clip(first * random.choice([1.0, 0.6, 1.5]), 0.02, 0.95)
    names = ("level", "loops", "depth", "lean", "shift", "red", "green", "blue", "red_2", "green_2", "blue_2")
    return named(names, (level, loops, depth, lean, shift, *first, *other))


def build(params: Mapping[str, float], head: Head) -> SceneMesh:
    """Returns the scarf, clear of all that the face's expressions may reach.

    Args:
        params: as drawn by ``sample_params``.
        head: whom it is for.
    """
    marks = head.axes.local(head.landmarks)
    points = head.everywhere
    slim = np.hypot(points[:, 0], points[:, 2]) < SHOULDER
    around = around_axis(points[slim | (points[:, 1] > marks[8, 1])], (LOWEST - 0.04, 0.08), 1.4)
    turn = np.linspace(-np.pi, np.pi, TURNS)
    low = _shoulders(points[~slim & (points[:, 1] < marks[8, 1])], turn)
    high = _upper_edge(marks, params["level"], turn)
    high = np.maximum(high, low + 0.03)
    down = np.linspace(0, 1, ROWS)[:, None]
    height = high + down * (low - high)
    phase = 2 * np.pi * (params["loops"] * down + params["lean"] * np.sin(turn + params["shift"]) / 3)
    roll = np.abs(np.sin(phase / 2)) ** 0.8 + 0.25 * np.sin(7 * turn + phase) * np.sin(np.pi * down)
    radius = around.at(np.broadcast_to(turn, height.shape), height) + CLEARANCE + params["depth"] * (0.4 + roll)
    inner = around.at(turn, height[0] - 0.006) + CLEARANCE / 2
    height, radius = np.vstack([height[0] - 0.006, height]), np.vstack([inner, radius])
    turns = np.broadcast_to(turn, radius.shape)
    part = sheet(np.stack([radius * np.sin(turns), height, radius * np.cos(turns)], axis=-1), (0.0, 1.0))
    part = above(part, part.vertices, HEM).in_world(head.axes)
    second = np.array([params["red_2"], params["green_2"], params["blue_2"]])
    rows = np.where((np.arange(30) // 3 % 2 == 0)[:, None], colour(params), second)
    return joined("scarf", [part], painted(rows), Material(0.08, 0.95))


def _upper_edge(marks: Points, level: float, turn: Points) -> Points:
    """Returns the (TURNS,) height of the upper edge: highest in front, on the neck behind."""
    stops = [marks[8, 1] - 0.030, *(marks[list(LEVELS), 1] + (0.0, 0.0, 0.004, 0.006))]
    front = float(np.interp(level, np.arange(5), stops))
    back = max(marks[8, 1] + 0.015, min(front, marks[4, 1]))
    return np.asarray(front + (back - front) * (1 - np.cos(turn)) / 2)


def _shoulders(body: Points, turn: Points) -> Points:
    """Returns the (TURNS,) height down to which the neck is free of the shoulders."""
    azimuth = np.arctan2(body[:, 0], body[:, 2])
    index = np.clip(((azimuth + np.pi) / (2 * np.pi) * len(turn)).astype(int), 0, len(turn) - 1)
    high = np.full(len(turn), LOWEST - 0.02)
    np.maximum.at(high, index, body[:, 1])
    high = maximum_filter1d(high, 13, mode="wrap") + 0.006
    return np.asarray(np.maximum(gaussian_filter1d(high, 4.0, mode="wrap"), high - 0.004))
