"""Loose hair: strands of the person's own hair that fall over forehead, eye or cheek."""

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt

from render.occluders.envelope import around_centre
from render.occluders.head import Head
from render.occluders.params import named
from render.occluders.shapes import Part, joined, sheet
from render.scene import Material, SceneMesh

Points = npt.NDArray[np.float64]

CLEARANCE = 0.0025
STEPS = 18
STYLES = ("fringe", "side", "eye", "strands")
"""How it falls, by the parameter ``style``: over the forehead, beside the face, over one eye, a few single locks."""


def sample_params(random: np.random.Generator) -> dict[str, float]:
    """Returns the drawn parameters: style, side, number of locks, how far they reach down (shares), width and waves."""
    style = int(random.choice(len(STYLES), p=(0.3, 0.25, 0.25, 0.2)))
    count = int(random.integers(*((26, 44), (16, 30), (18, 32), (3, 9))[style]))
    length = random.uniform(*((0.55, 1.0), (0.5, 1.0), (0.5, 1.0), (0.4, 1.0))[style])
    width, wave, sweep = random.uniform((0.004, 0.0, -0.25), (0.008, 0.05, 0.25))
    names = ("style", "side", "count", "length", "width", "wave", "sweep", "seed")
    values = (style, random.choice([-1, 1]), count, length, width, wave, sweep, random.integers(2**31))
    return named(names, values)


def build(params: Mapping[str, float], head: Head) -> SceneMesh:
    """Returns the locks, clear of all that the face's expressions may reach.

    Args:
        params: as drawn by ``sample_params``.
        head: whose hair it is.
    """
    around = around_centre(head.points, 1.0)
    random = np.random.Generator(np.random.Philox(key=int(params["seed"])))
    marks = head.axes.local(head.landmarks)
    parts = []
    for lock in range(int(params["count"])):
        route, elevation = _route(params, marks, random)
        share = np.linspace(0, 1, STEPS)
        wide = params["width"] * random.uniform(0.6, 1.3) * np.sqrt(np.clip(1.02 - share**2.2, 0, 1)) / 0.09
        away = CLEARANCE + 0.0005 * (lock % 8) + 0.003 * np.sin(np.pi * share)
        edges = np.array([-1.0, -0.4, 0.4, 1.0])[:, None]
        body = np.array([0.0, 0.0012, 0.0012, 0.0])[:, None]
        turns, rise = route - edges * wide, np.broadcast_to(elevation, (4, STEPS))
        radius = around.at(turns, rise)
        radius = np.maximum(radius, radius.mean(axis=0)) + away + body
        flat = np.cos(rise)
        ribbon = radius[..., None] * np.stack([np.sin(turns) * flat, np.sin(rise), np.cos(turns) * flat], axis=-1)
        part = sheet(ribbon.transpose(1, 0, 2)[:, ::-1])
        shade = (lock % 5 + 0.5) / 5
        parts.append(
            Part(head.axes.world(part.vertices), np.stack([np.full(len(part.uv), shade), part.uv[:, 1]], 1), part.faces)
        )
    return joined("loose_hair", parts, _strands(head.hair_rgb, random), Material(0.5, 0.45, 0.0, 1.0))


def _route(params: Mapping[str, float], marks: Points, random: np.random.Generator) -> tuple[Points, Points]:
    """Returns azimuth and elevation (STEPS,) of one lock from the root on the scalp to its tip."""
    share = np.linspace(0, 1, STEPS)
    side, style = params["side"], STYLES[int(params["style"])]
    brow, eye, jaw = (_elevation(marks[[a, b]].mean(axis=0)) for a, b in ((19, 24), (37, 44), (4, 12)))
    if style == "fringe":
        begin, end = random.uniform(-0.95, 0.95), None
        low = brow + 0.35 * (1 - params["length"]) - 0.13 * params["length"] + random.normal(0, 0.03)
        end = 0.95 * begin + params["sweep"] + random.normal(0, 0.03)
    elif style == "side":
        begin = side * random.uniform(0.3, 0.9)
        end = side * random.uniform(0.85, 1.25)
        low = jaw + (1 - params["length"]) * 0.5 + random.normal(0, 0.06)
    elif style == "eye":
        begin = side * random.uniform(-0.25, 0.35)
        end = side * (random.uniform(0.30, 0.85))
        low = eye - 0.15 - 0.25 * params["length"] + random.normal(0, 0.06)
    else:
        begin = side * random.uniform(-0.3, 0.7)
        end = begin + params["sweep"] + random.normal(0, 0.15)
        low = brow - 0.9 * params["length"] * random.uniform(0.2, 1.0)
    high = random.uniform(0.95, 1.15)
    wave = params["wave"] * np.sin(2 * np.pi * 1.6 * share + random.uniform(0, 6.2)) * share
    return begin + (end - begin) * share**1.3 + wave, high + (low - high) * share


def _elevation(point: Points) -> float:
    return float(np.arctan2(point[1], np.hypot(point[0], point[2])))


def _strands(rgb: Points, random: np.random.Generator) -> npt.NDArray[np.uint8]:
    """Returns a texture of fine strands along v, lighter towards the tips."""
    strands = random.uniform(0.7, 1.25, (1, 40, 1)) * random.uniform(0.92, 1.08, (24, 40, 1))
    tips = np.linspace(0.9, 1.15, 24)[:, None, None]
    return np.asarray(np.round(255 * np.clip(rgb * strands * tips, 0, 1)), dtype=np.uint8)
