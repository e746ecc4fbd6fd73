"""A cup held up to the mouth."""

from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from render.occluders.head import Head
from render.occluders.params import colour, named
from render.occluders.shapes import Part, Points, joined, lathe, painted, sheet
from render.scene import Material, SceneMesh

CLEARANCE = 0.006
WALL = 0.003


def sample_params(random: np.random.Generator) -> dict[str, float]:
    """Returns the drawn parameters: radius, height and place in metres, tilt and handle's side in radians, colour."""
    low = (0.034, 0.080, -0.012, 0.0, 0.1, -1.0)
    radius, height, x, y, tilt, side = random.uniform(low, (0.044, 0.110, 0.012, 0.022, 0.7, 1.0))
    red, green, blue = np.clip(random.uniform(0.1, 0.95) + random.normal(0, 0.12, 3), 0.03, 0.97)
    names = ("radius", "height", "x", "y", "tilt", "side", "red", "green", "blue")
    values = (radius, height, x, y, tilt, side, red, green, blue)
    return named(names, values)


def build(params: Mapping[str, float], head: Head) -> SceneMesh:
    """Returns the cup, its rim before the upper lip, clear of all that the face's expressions may reach.

    Args:
        params: as drawn by ``sample_params``.
        head: who drinks.
    """
    axes = head.axes
    radius, height, tilt = params["radius"], params["height"], params["tilt"]
    rim = axes.local(head.landmarks)[51] + np.array([params["x"], params["y"], 0.0])
    down = np.array([0.0, -np.cos(tilt), np.sin(tilt)])
    parts = _parts(radius, height, down, params["side"])
    points = head.everywhere
    body = np.concatenate([part.vertices for part in parts]) + rim * (1, 1, 0)
    forward = _ahead(points, body) + CLEARANCE
    place = np.array([rim[0], rim[1], forward])
    parts = [replace(part, vertices=part.vertices + place).in_world(axes) for part in parts]
    paint = colour(params)
    return joined("cup", parts, painted([paint, 0.6 * paint + 0.3]), Material(1.0, 0.25))


def _ahead(points: Points, body: Points) -> float:
    """Returns how far forward a body (n, 3) must go for no point (m, 3) of the head to touch it."""
    low, high = body[:, :2].min(axis=0) - 0.004, body[:, :2].max(axis=0) + 0.004
    size = 0.008
    cells = np.ceil((high - low) / size).astype(int) + 2
    front = np.full(cells, -np.inf)
    inside = ((points[:, :2] > low) & (points[:, :2] < high)).all(axis=1)
    column, row = ((points[inside, :2] - low) / size).astype(int).T
    np.maximum.at(front, (column, row), points[inside, 2])
    column, row = ((body[:, :2] - low) / size).astype(int).T
    beside = [front[np.clip(column + i, 0, None), np.clip(row + j, 0, None)] for i in (-1, 0, 1) for j in (-1, 0, 1)]
    return float((np.max(beside, axis=0) - body[:, 2]).max())


def _parts(radius: float, height: float, down: Points, side: float) -> list[Part]:
    """Returns wall, inside and handle of a cup whose rim has its middle at the origin."""
    low = 0.82 * radius
    rows = np.linspace(0, 1, 9)[:, None]
    wall = np.concatenate([np.hstack([radius + rows * (low - radius), rows * height]), [[0.0, height]]])
    inner = np.concatenate([[[0.0, height / 3]], [[0.88 * radius, height / 3], [radius - WALL, 0.0], [radius, 0.0]]])
    out = np.array([np.cos(side), 0.0, 0.0]) * np.sign(side or 1.0)
    out = out + abs(np.sin(side)) * np.cross([1.0, 0.0, 0.0], down)
    out = out / np.linalg.norm(out)
    turn, around = np.linspace(0, np.pi, 15), np.linspace(0, 2 * np.pi, 9)
    across = np.cross(down, out)
    spine = 0.5 * height * down + (0.9 * radius + 0.026 * np.sin(turn))[:, None] * out
    spine = spine - (0.3 * height * np.cos(turn))[:, None] * down
    along = np.sin(turn)[:, None] * out - np.cos(turn)[:, None] * down
    tube = spine[:, None] + 0.0045 * (np.cos(around)[:, None] * along[:, None] - np.sin(around)[:, None] * across)
    return [
        lathe(wall, np.zeros(3), down, (0.25, 0.25)),
        lathe(inner, np.zeros(3), down, (0.75, 0.75)),
        sheet(tube, (0.25, 0.25)),
    ]
