"""A microphone on a stand before the mouth."""

from collections.abc import Mapping

import numpy as np

from render.occluders.head import Head
from render.occluders.params import named
from render.occluders.shapes import joined, lathe, painted
from render.scene import Material, SceneMesh

CLEARANCE = 0.012
HANDLE, STAND = 0.16, 0.45


def sample_params(random: np.random.Generator) -> dict[str, float]:
    """Returns the drawn parameters: radius of the head, where it stands before the mouth, metres; slope; greys."""
    low = (0.021, -0.030, -0.035, 0.0, 0.4)
    radius, x, y, away, slope = random.uniform(low, (0.030, 0.030, 0.010, 0.03, 0.9))
    mesh, handle = random.uniform((0.1, 0.03), (0.6, 0.2))
    names = ("radius", "x", "y", "away", "slope", "mesh", "handle")
    values = (radius, x, y, away, slope, mesh, handle)
    return named(names, values)


def build(params: Mapping[str, float], head: Head) -> SceneMesh:
    """Returns the microphone: its stand keeps before all that the face's expressions may reach.

    Args:
        params: as drawn by ``sample_params``.
        head: before whom it stands.
    """
    axes = head.axes
    marks = axes.local(head.landmarks)
    radius = params["radius"]
    centre = marks[[51, 57]].mean(axis=0) + np.array([params["x"], params["y"], 0.0])
    points = head.everywhere
    near = np.hypot(*(points[:, :2] - centre[:2]).T) < 1.6 * radius
    centre[2] = points[near, 2].max() + radius + CLEARANCE + params["away"]
    slope = params["slope"]
    axis = np.array([0.0, -np.sin(slope), np.cos(slope)])
    angle = np.linspace(0, 0.86 * np.pi, 18)
    ball = radius * np.stack([np.sin(angle), -np.cos(angle)], axis=1)
    neck = ball[-1]
    handle = np.array([neck, [0.55 * radius, neck[1] + 0.004], [0.42 * radius, HANDLE], [0.0, HANDLE]])
    ring = radius * np.array([[1.04, -0.12], [1.04, 0.12]])
    foot = centre + HANDLE * 0.8 * axis
    stand = np.array([[0.0, STAND], [0.008, STAND], [0.008, 0.0], [0.0, 0.0]])[::-1]
    down = np.array([0.0, -1.0, 0.0])
    parts = [
        lathe(ball, centre, axis, (1 / 6, 1 / 6)),
        lathe(ring, centre, axis, (0.5, 0.5)),
        lathe(handle, centre, axis, (5 / 6, 5 / 6)),
        lathe(stand, foot, down, (5 / 6, 5 / 6)),
    ]
    parts = [part.in_world(axes) for part in parts]
    grey, dark = np.full(3, params["mesh"]), np.full(3, params["handle"])
    return joined("microphone", parts, painted([grey, 0.5 * grey, dark]), Material(1.0, 0.4))
