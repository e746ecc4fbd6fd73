"""Cloth around a head that leaves the face free: what headscarves and hoods share."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from render.occluders.envelope import Envelope, around_centre
from render.occluders.head import Head
from render.occluders.params import colour
from render.occluders.shapes import LOWEST, Part, above, joined, painted, sheet
from render.scene import Material, SceneMesh

Points = npt.NDArray[np.float64]

TURNS, ROWS = 121, 44
FORWARD_UP = [0, 2, 1]
"""The axes of an envelope whose pole is in front: left, forward, up."""

FAR = 0.32
"""Shoulders further from the middle of the head than this carry no cloth, metres."""


@dataclass(frozen=True)
class Opening:
    """The oval in which the face is seen, from the front, metres.

    Attributes:
        middle: height of its middle.
        half_width: of it.
        half_height: of it.
        pointed: by which share it narrows towards the chin.
    """

    middle: float
    half_width: float
    half_height: float
    pointed: float

    def inside(self, points: Points) -> npt.NDArray[np.bool_]:
        """Returns which points (..., 3) are in front and within the oval."""
        y = (points[..., 1] - self.middle) / self.half_height
        x = points[..., 0] / (self.half_width * (1 - self.pointed * np.clip(-y, 0, 1)))
        return np.asarray((x**2 + y**2 < 1) & (points[..., 2] > -0.02))


def wrapped(head: Head, opening: Opening, away: float, smooth: float, folds: Points) -> tuple[Part, Part]:
    """Returns the cloth from the opening to the back of the head and the neck, and its hem; head's frame.

    Args:
        head: whom it goes around.
        opening: what stays free.
        away: distance from the head, metres.
        smooth: of the envelope, cells.
        folds: (amplitude in metres, number around, shift in radians) of the folds.
    """
    points = head.everywhere
    near = points[(np.linalg.norm(points, axis=1) < FAR + 0.1)]
    around = around_centre(near[:, FORWARD_UP], smooth)
    turn = np.linspace(-np.pi, np.pi, TURNS)
    start = _edge(around, opening, turn, away)
    down = np.linspace(0, 1, ROWS)[:, None] ** 1.15
    elevation = start + down * (-np.pi / 2 + 0.01 - start)
    depth, count, shift = folds
    wave = np.cos(count * turn + 5 * elevation + shift) + 0.6 * np.cos(1.7 * count * turn - 8 * elevation + 2 * shift)
    # Cloth hangs in folds below the chin and is taut on the skull.
    loose = 0.15 + 0.85 * np.clip(-np.cos(turn), 0, 1) ** 0.7
    radius = around.at(np.broadcast_to(turn, elevation.shape), elevation) + away
    radius = radius + depth * loose * (0.9 + 0.55 * wave) * np.clip(4 * down, 0.1, 1)
    surface = _placed(turn, elevation, radius)
    inner = around.at(turn, start + 0.03) + away
    hem = np.stack([_placed(turn, start + 0.03, inner), surface[0]])
    cloth, edge = sheet(surface, (0.1, 0.95)), sheet(hem, (0.02, 0.02))
    return above(cloth, cloth.vertices, LOWEST), above(edge, edge.vertices, LOWEST)


def folds_of(params: Mapping[str, float]) -> Points:
    """Returns the (3,) folds of drawn parameters, as ``wrapped`` takes them."""
    return np.array([params["depth"], params["count"], params["shift"]])


def clothed(
    name: str,
    params: Mapping[str, float],
    head: Head,
    parts: Sequence[Part],
    shades: Sequence[float],
    material: Material,
) -> SceneMesh:
    """Returns cloth as an object of the scene, in its drawn colour.

    Args:
        name: of the occluder.
        params: its colour, ``red``, ``green``, ``blue``.
        head: whose frame the parts are in.
        parts: of the cloth.
        shades: by how much the three stops of its colours are darker.
        material: of cloth.
    """
    paint = colour(params)
    world = [part.in_world(head.axes) for part in parts]
    return joined(name, world, painted([shade * paint for shade in shades]), material)


def _placed(turn: Points, elevation: Points, radius: Points) -> Points:
    flat = np.cos(elevation)
    x, forward, up = np.sin(turn) * flat, np.sin(elevation), np.cos(turn) * flat
    return np.asarray(radius[..., None] * np.stack([x, up, np.broadcast_to(forward, x.shape)], axis=-1))


def _edge(around: Envelope, opening: Opening, turn: Points, away: float) -> Points:
    """Returns the (TURNS,) elevation from the front axis at which cloth begins, smooth around the opening."""
    elevation = np.linspace(np.pi / 2, -0.6, 160)[:, None]
    grid = np.broadcast_to(elevation, (160, len(turn)))
    radius = around.at(np.broadcast_to(turn, grid.shape), grid) + away
    free = opening.inside(_placed(turn, grid, radius))
    last = 159 - np.argmax(free[::-1], axis=0)
    start = elevation[np.minimum(last + 1, 159), 0]
    rounded = np.convolve(np.concatenate([start[-7:-1], start, start[1:7]]), np.ones(9) / 9, mode="same")[6:-6]
    rounded[-1] = rounded[0]
    return np.asarray(rounded)
