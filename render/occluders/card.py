"""A flat opaque patch held in front of a part of the face: a card, a disc, a leaf; plain or striped."""

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt

from render.occluders.head import Head, face_frame
from render.occluders.params import colour, named
from render.occluders.shapes import painted
from render.scene import SEGMENT, Material, SceneMesh

AROUND = 32
RECTANGLE = 12.0
"""From this exponent on, an outline is a rectangle."""

CLEARANCE = 0.015
"""Distance of the card in front of the nose tip, metres."""


def sample_params(random: np.random.Generator) -> dict[str, float]:
    """Returns the drawn parameters: centre and half size in units of the face's width, angle in radians.

    Its colour, the exponent of its outline (1 a rhombus, 2 an ellipse, more a rectangle) and how many stripes it has.
    """
    x, y = random.uniform((-0.45, -0.75), (0.45, 0.35))
    half_width, half_height = random.uniform((0.14, 0.10), (0.34, 0.26))
    red, green, blue = random.uniform(0.05, 0.95, 3)
    angle = random.uniform(-0.6, 0.6)
    corners = random.choice([RECTANGLE, random.uniform(1.0, 6.0)])
    stripes = random.choice([0, random.integers(1, 5)])
    names = ("x", "y", "half_width", "half_height", "angle", "red", "green", "blue", "corners", "stripes")
    values = (x, y, half_width, half_height, angle, red, green, blue, corners, stripes)
    return named(names, values)


def build(params: Mapping[str, float], head: Head) -> SceneMesh:
    """Returns the card, facing where the head faces.

    Args:
        params: as drawn by ``sample_params``.
        head: before whom it is held.
    """
    landmarks = head.landmarks
    right, up, forward, scale = face_frame(landmarks)
    centre = landmarks[27] + scale * (params["x"] * right + params["y"] * up)
    centre = centre + forward * (CLEARANCE + (landmarks[30] - centre) @ forward)
    c, s = np.cos(params["angle"]), np.sin(params["angle"])
    across = scale * params["half_width"] * (c * right + s * up)
    along = scale * params["half_height"] * (c * up - s * right)
    outline = _outline(params.get("corners", RECTANGLE))
    here = np.arange(1, len(outline) - 1)
    faces = np.stack([np.zeros_like(here), here, here + 1], axis=1)
    paint, count = colour(params), int(params.get("stripes", 0))
    rows = [paint if row % 2 == 0 else 1 - paint for row in range(2 * count + 1)]
    return SceneMesh(
        name="card",
        vertices=(centre + outline[:, :1] * across + outline[:, 1:] * along).astype(np.float32),
        normals=np.tile(forward, (len(outline), 1)).astype(np.float32),
        uv=(0.5 + 0.499 * outline * (1, -1)).astype(np.float32),
        faces=faces.astype(np.int32),
        albedo=painted(rows),
        segments=np.full((1, 1), SEGMENT["card"], dtype=np.uint8),
        occlusion=np.ones(len(outline), dtype=np.float32),
        material=Material(0.3, 0.6),
    )


def _outline(corners: float) -> npt.NDArray[np.float64]:
    """Returns the (n, 2) outline, anticlockwise within [-1, 1]; convex, since exponents are 1 or more."""
    if corners >= RECTANGLE:
        return np.array([[-1.0, -1.0], [1.0, -1.0], [1.0, 1.0], [-1.0, 1.0]])
    turn = 2 * np.pi * np.arange(AROUND) / AROUND
    return np.stack([np.sign(way) * np.abs(way) ** (2 / corners) for way in (np.cos(turn), np.sin(turn))], axis=1)
