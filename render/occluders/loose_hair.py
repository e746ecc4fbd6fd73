"""Loose hair: strands of the person's own hair that fall over forehead, eye or cheek."""

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import numpy.typing as npt

from render.hair.meshes import HAIR
from render.occluders.envelope import Envelope, around_centre, directed, elevation_of
from render.occluders.head import Head
from render.occluders.params import named
from render.occluders.shapes import Part, joined, sheet
from render.scene import SceneMesh

Points = npt.NDArray[np.float64]

CLEARANCE = 0.0025
STEPS = 18
REACH = 0.09
"""Distance from the middle of the head at which widths are meant, metres."""

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
    brow, eye, jaw = (elevation_of(marks[[a, b]].mean(axis=0)) for a, b in ((19, 24), (37, 44), (4, 12)))
    locks = []
    for lock in range(int(params["count"])):
        turn, elevation = _route(params, (brow, eye, jaw), random)
        wide = params["width"] * random.uniform(0.6, 1.3) / REACH
        part = _lock(around, turn, elevation, wide, CLEARANCE + 0.0005 * (lock % 8))
        # Each lock shows other hairs of the texture, which repeats.
        locks.append(replace(part.in_world(head.axes), uv=part.uv * (0.12, 1.0) + (random.uniform(), 0.0)))
    return joined("loose_hair", locks, head.hair, HAIR)


def _lock(around: Envelope, turn: Points, elevation: Points, wide: float, away: float) -> Part:
    """Returns one lock, head's frame: a ribbon, a little raised along its middle, that ends in a point."""
    share = np.linspace(0, 1, STEPS)
    width = wide * np.sqrt(np.clip(1.02 - share**2.2, 0, 1))
    turns = turn - np.array([-1.0, -0.4, 0.4, 1.0])[:, None] * width
    rise = np.broadcast_to(elevation, turns.shape)
    radius = around.at(turns, rise)
    off = away + 0.003 * np.sin(np.pi * share) + np.array([0.0, 0.0012, 0.0012, 0.0])[:, None]
    ribbon = (np.maximum(radius, radius.mean(axis=0)) + off)[..., None] * directed(turns, rise)
    return sheet(ribbon.transpose(1, 0, 2)[:, ::-1])


def _route(
    params: Mapping[str, float], heights: tuple[float, float, float], random: np.random.Generator
) -> tuple[Points, Points]:
    """Returns azimuth and elevation (STEPS,) of one lock from the root on the scalp to its tip.

    Args:
        params: as drawn by ``sample_params``.
        heights: elevations of brows, eyes and jaw, radians.
        random: what locks differ by.
    """
    share = np.linspace(0, 1, STEPS)
    side, style = params["side"], STYLES[int(params["style"])]
    brow, eye, jaw = heights
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
