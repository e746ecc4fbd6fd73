"""A flat opaque card held in front of a part of the face."""

from collections.abc import Mapping

import numpy as np

from render.occluders.head import Head, face_frame
from render.occluders.params import colour, named
from render.scene import SEGMENT, Material, SceneMesh

CLEARANCE = 0.015
"""Distance of the card in front of the nose tip, metres."""


def sample_params(random: np.random.Generator) -> dict[str, float]:
    """Returns the drawn parameters: centre and half size in units of the face's width, angle in radians, colour."""
    x, y = random.uniform((-0.45, -0.75), (0.45, 0.35))
    half_width, half_height = random.uniform((0.14, 0.10), (0.34, 0.26))
    red, green, blue = random.uniform(0.05, 0.95, 3)
    angle = random.uniform(-0.6, 0.6)
    names = ("x", "y", "half_width", "half_height", "angle", "red", "green", "blue")
    values = (x, y, half_width, half_height, angle, red, green, blue)
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
    corners = centre + np.array([-across - along, across - along, across + along, -across + along])
    paint = colour(params)
    return SceneMesh(
        name="card",
        vertices=corners.astype(np.float32),
        normals=np.tile(forward, (4, 1)).astype(np.float32),
        uv=np.array([[0, 1], [1, 1], [1, 0], [0, 0]], dtype=np.float32),
        faces=np.array([[0, 1, 2], [0, 2, 3]], dtype=np.int32),
        albedo=np.tile(np.round(paint * 255).astype(np.uint8), (4, 4, 1)),
        segments=np.full((1, 1), SEGMENT["card"], dtype=np.uint8),
        occlusion=np.ones(4, dtype=np.float32),
        material=Material(0.3, 0.6),
    )
