"""The border of a photograph that ends beside the face: aligners fill what is missing with one colour."""

from collections.abc import Mapping

import numpy as np

from render.occluders.head import Head
from render.occluders.params import colour, named
from render.occluders.shapes import Part, joined, painted
from render.scene import Material, SceneMesh

DISTANCE = 0.052
"""From the camera, just behind the near plane of every renderer, metres."""

BEYOND = 0.3
"""How far the band reaches beyond the picture, in pictures."""

SIDES = ("left", "right", "top", "bottom")
"""Sides of the picture, by the parameter ``side``."""


def sample_params(random: np.random.Generator) -> dict[str, float]:
    """Returns the drawn parameters: side, width at either end as a share of the picture, level or colour of the fill.

    A picture that was turned to make the eyes level has a slanting border.
    """
    side = float(random.choice(len(SIDES), p=(0.3, 0.3, 0.2, 0.2)))
    width, slant = random.uniform(0.05, 0.35), random.normal(0, 0.04) * (random.uniform() < 0.6)
    first, second = np.clip((width - slant, width + slant), 0.05, 0.35)
    filled = random.choice(3, p=(0.6, 0.2, 0.2))
    fill = (np.zeros(3), np.full(3, random.uniform(0.3, 1.0)), random.uniform(0.1, 0.9) * random.uniform(0.8, 1, 3))
    return named(("side", "first", "second", "red", "green", "blue"), (side, first, second, *fill[filled]))


def build(params: Mapping[str, float], head: Head) -> SceneMesh:
    """Returns the band, right before the camera.

    Args:
        params: as drawn by ``sample_params``.
        head: whose camera it stands before.
    """
    camera = head.camera
    first, second = params["first"], params["second"]
    reach = 1 + 2 * BEYOND
    slope = (second - first) * BEYOND
    ends = (first - slope, second + slope)
    rows = np.linspace(0, 1, 9)
    inner = ends[0] + rows * (ends[1] - ends[0])
    across, along = np.stack([np.full(9, -BEYOND), inner]), np.broadcast_to(rows * reach - BEYOND, (2, 9))
    side = SIDES[int(params["side"])]
    if side in ("right", "bottom"):
        across = 1 - across
    u, v = (across, along) if side in ("left", "right") else (along, across)
    x = (u * camera.width - camera.centre[0]) / camera.focal * DISTANCE
    y = (camera.centre[1] - v * camera.height) / camera.focal * DISTANCE
    seen = np.stack([x, y, np.full(x.shape, -DISTANCE)], axis=-1).reshape(-1, 3)
    turn = camera.world_to_camera
    here = np.arange(8)
    quads = np.concatenate([np.stack([here, here + 9, here + 10], 1), np.stack([here, here + 10, here + 1], 1)])
    corners = seen[quads]
    facing = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])[:, 2] > 0
    faces = np.where(facing[:, None], quads, quads[:, ::-1]).astype(np.int32)
    part = Part((seen - turn[:3, 3]) @ turn[:3, :3], np.full((len(seen), 2), 0.5), faces)
    return joined("border", [part], painted([colour(params)]), Material(0.0, 1.0))
