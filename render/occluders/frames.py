"""Frames of spectacles: rims, bridge, nose pads and temples, clear of everything that the face may reach."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from render.kernels.occluders import from_aside, taut
from render.occluders.head import Head
from render.occluders.heights import Heights, heights
from render.occluders.shapes import Part, lathe, tube

Points = npt.NDArray[np.float64]

SHAPES = ("round", "rectangular", "cat_eye", "half_rim", "aviator")
"""Shapes of lenses, by the parameter ``shape``."""

CORNERS = (2.1, 5.0, 2.9, 4.2, 2.5)
"""Exponent of the superellipse of each shape: 2 an ellipse."""

TALL = ((0.86, 1.0), (0.54, 0.70), (0.62, 0.76), (0.52, 0.66), (0.80, 0.92))
"""Height of a lens of each shape as a share of its width."""

NASAL = (0.10, 0.26, 0.26, 0.28, 0.20)
"""By which share the lower half of a lens of each shape makes room for the nose."""

RIMS = ((0.0006, 0.0018), (0.0010, 0.0024), (0.0012, 0.0026), (0.0008, 0.0018), (0.0006, 0.0010))
"""Half width of the rims of each shape, metres: wire to acetate."""

AROUND = 40
CLEARANCE = 0.0015
VERTEX_DISTANCE = 0.011
"""From the foremost point of the eyes' corners to the lenses, at least, metres."""

TILT = 0.10
"""Pantoscopic tilt of the lenses, radians."""

EAR_HEIGHT = 0.66
"""Where a temple meets the ear: share of the ear's height."""


def sample_frame(random: np.random.Generator) -> dict[str, float]:
    """Returns the drawn parameters of a frame.

    Shape (a number of ``SHAPES``), whole width in units of the head's, share of the bridge, height over width of a
    lens, half width of the rim and how far it has slid down, metres, and the frame's curvature, 1/metres.
    """
    shape = int(random.integers(len(SHAPES)))
    width, bridge = random.uniform((0.88, 0.165), (1.0, 0.20))
    return {
        "shape": float(shape),
        "width": float(width),
        "bridge": float(bridge),
        "tall": float(random.uniform(*TALL[shape])),
        "rim": float(random.uniform(*RIMS[shape])),
        "slid": float(random.uniform(0.0, 0.006)),
        "curve": float(random.uniform(0.3, 1.5)),
    }


@dataclass(frozen=True)
class Frame:
    """A frame on a head; all in the head's frame, metres.

    Attributes:
        outline: (AROUND, 2) of the left lens, x and y.
        centre: (2,) of the left lens.
        forward: how far forward its middle is.
        params: of ``sample_frame``.
        face: heights of the face, seen from the front.
    """

    outline: Points
    centre: Points
    forward: float
    params: Mapping[str, float]
    face: Heights

    def on(self, places: Points) -> Points:
        """Returns points (..., 3) of the curved surface of the lenses over places (..., 2)."""
        depth = _bend(places, self.params["curve"], self.centre[1])
        return np.concatenate([places, (self.forward + depth)[..., None]], axis=-1)

    @property
    def shape(self) -> str:
        """The name of its shape."""
        return SHAPES[int(self.params["shape"])]


def frame(params: Mapping[str, float], head: Head) -> Frame:
    """Returns the frame, before the eyes and clear of the face whatever it shows."""
    marks = head.axes.local(head.landmarks)
    eyes = marks[36:48].mean(axis=0)
    half = params["width"] * (marks[16, 0] - marks[0, 0]) / 2
    bridge = params["bridge"] * half
    wide = (half - bridge) / 2 - params["rim"]
    tall = params["tall"] * wide
    centre = np.array([bridge + wide, eyes[1] - 0.10 * tall - params["slid"]])
    outline = centre + _outline(SHAPES[int(params["shape"])], wide, tall)
    front = head.points.take(np.flatnonzero(head.points[:, 2] > 0), axis=0)
    face = heights(front, ((-0.10, centre[1] - 0.07), (0.10, centre[1] + 0.07)), 0.002)
    share = np.linspace(0.3, 1.0, 8)[:, None, None]
    grown = centre + (1 + 1.3 * params["rim"] / tall) * share * (outline - centre)
    disc = np.concatenate([grown.reshape(-1, 2), grown.reshape(-1, 2) * (-1, 1)])
    flat = np.concatenate([disc, _bend(disc, params["curve"], centre[1])[:, None]], axis=1)
    depth = CLEARANCE + params["rim"] + face.lift(flat)
    return Frame(outline, centre, max(depth, eyes[2] + VERTEX_DISTANCE), params, face)


def _bend(places: Points, curve: float, middle: float) -> Points:
    return np.asarray(np.sin(TILT) * (places[..., 1] - middle) - curve * places[..., 0] ** 2)


def _outline(shape: str, wide: float, tall: float) -> Points:
    """Returns the (AROUND, 2) outline of the left lens around its centre, x outwards, from its outer end upwards."""
    turn = 2 * np.pi * np.arange(AROUND) / AROUND
    power = 2 / CORNERS[SHAPES.index(shape)]
    x, y = (np.sign(way) * np.abs(way) ** power for way in (np.cos(turn), np.sin(turn)))
    if shape == "cat_eye":
        y = y + 0.34 * np.clip(x, 0, None) ** 2 * (0.6 + 0.4 * y) - 0.05
        x = x * (1 + 0.06 * y)
    elif shape == "aviator":
        x = x * (1 + 0.10 * np.clip(y, 0, None)) + 0.16 * np.clip(-y, 0, None)
        y = np.where(y > 0, 0.82 * y, 1.1 * y) + 0.06 * x * (y > 0)
    elif shape == "half_rim":
        y = np.where(y > 0, 0.9 * y, y)
    x = np.where((x < 0) & (y < 0), x * (1 + NASAL[SHAPES.index(shape)] * y), x)
    return np.stack([wide * x, tall * y], axis=1)


def rims(worn: Frame) -> list[Part]:
    """Returns rims, bridge, pads and end pieces; head's frame."""
    thick = worn.params["rim"]
    inner = int(AROUND * (0.5 if worn.shape == "round" else 0.44))
    parts = []
    for side in (1.0, -1.0):
        ring = worn.on(worn.outline * (side, 1))
        if worn.shape == "half_rim":
            parts.append(tube(ring[: AROUND // 2 + 2], FORWARD, (thick + 0.0005, thick)))
        else:
            parts.append(tube(ring[::-1] if side < 0 else ring, FORWARD, (thick + 0.0004, thick), closed=True))
        parts += _pad(worn, side, ring[int(0.56 * AROUND)])
    start = worn.outline[inner]
    parts.append(_bridge(worn, start, 0.0025, max(thick, 0.0009)))
    if worn.shape == "aviator":
        parts.append(_bridge(worn, worn.outline[int(0.36 * AROUND)], 0.0005, thick))
    return parts


FORWARD = np.array([0.0, 0.0, 1.0])
UP = np.array([0.0, 1.0, 0.0])


def _bridge(worn: Frame, start: Points, arch: float, thick: float) -> Part:
    share = np.linspace(-1, 1, 13)
    profile = 1 - share**4
    places = np.stack([start[0] * share, start[1] + arch * profile], axis=1)
    spine = worn.on(places)
    short = worn.face.at(places) + CLEARANCE + thick - spine[:, 2]
    spine[:, 2] += np.maximum((short / np.maximum(profile, 0.05))[1:-1].max(), 0.0) * profile
    return tube(spine, UP, (thick, thick))


def _pad(worn: Frame, side: float, hold: Points) -> list[Part]:
    """Returns a nose pad and the arm that holds it; none where the nose is too wide for pads behind the frame."""
    middle = np.array([side * 0.84 * abs(hold[0]), hold[1] + 0.001, 0.0])
    axis = np.array([side * 0.6, 0.0, 0.8])
    turn = np.linspace(0.02, np.pi - 0.02, 7)
    disc = lathe(np.stack([0.0032 * np.sin(turn), -0.0012 * np.cos(turn)], axis=1), middle, axis, (0.9, 0.9))
    disc.vertices[:, 1] = middle[1] + 1.5 * (disc.vertices[:, 1] - middle[1])
    disc.vertices[:, 2] += worn.face.lift(disc.vertices) + 0.0004
    rest = disc.vertices.mean(axis=0)
    if rest[2] > hold[2] - 0.001:
        return []
    share = np.linspace(0, 1, 5)[:, None]
    arm = hold + share * (rest - hold)
    arm[:, 2] = np.maximum(arm[:, 2], worn.face.at(arm[:, :2]) + 0.0008)
    return [disc, tube(arm, UP, (0.0005, 0.0005))]


def temples(worn: Frame, head: Head) -> list[Part]:
    """Returns end pieces and temples, which run outside the head to the front of the ears."""
    thick = worn.params["rim"]
    high = np.quantile(worn.outline[:, 1], 0.8)
    parts = []
    for side, ear in zip((-1.0, 1.0), head.ears, strict=True):
        end = _ear_front(head.axes.local(ear), side)
        outer = worn.outline[np.abs(worn.outline[:, 1] - high) < 0.006, 0].max()
        hinge = worn.on(np.array([outer * side, high]))
        spine = _temple(head.points, side, hinge, end, 0.0012 + 0.5 * thick)
        tall = np.linspace(max(0.0012, 0.9 * thick), 0.0016, len(spine))
        parts.append(tube(spine, UP, (tall, np.full(len(spine), 0.0008 + 0.25 * thick))))
    return parts


def _ear_front(ear: Points, side: float) -> Points:
    """Returns (depth, height) of the front of an ear where a temple meets it."""
    low, high = ear[:, 1].min(), ear[:, 1].max()
    height = low + EAR_HEIGHT * (high - low)
    near = ear[np.abs(ear[:, 1] - height) < 0.006]
    return np.array([near[:, 2].max(), height])


def _temple(points: Points, side: float, hinge: Points, end: Points, away: float) -> Points:
    """Returns the (n, 3) middle of a temple: taut from the hinge to the ear, outside the head."""
    low, high = min(hinge[1], end[1]) - 0.02, max(hinge[1], end[1]) + 0.02
    aside = heights(from_aside(points, side, 0.02), ((end[0] - 0.02, low), (hinge[2] + 0.02, high)), 0.003)
    share = np.linspace(0, 1, 28)
    route = np.stack([hinge[2] + share * (end[0] - hinge[2]), hinge[1] + share * (end[1] - hinge[1])], axis=1)
    out = np.maximum(aside.at(route) + CLEARANCE + away, 0.0)
    out[0] = max(out[0], abs(hinge[0]))
    return np.stack([side * taut(out), route[:, 1], route[:, 0]], axis=1)
