"""The person's own hand, on mouth, cheek, chin, forehead or before an eye; bent onto the face that it touches."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from render.mesh import Topology
from render.occluders.head import Head
from render.occluders.heights import Heights, draped, heights
from render.occluders.shapes import LOWEST, Part, above, joined, painted
from render.rigs.hand import hand_rig
from render.scene import Material, SceneMesh

Points = npt.NDArray[np.float64]
Range = tuple[float, float]

CLEARANCE = 0.003
SOFT = 0.012
"""How smoothly a hand follows a face, metres."""

WRIST = -0.09
"""Where the hand ends and the forearm begins, along the hand, metres."""

SLEEVE = -0.17
FACE_WIDTH = 0.14
"""Width of the face that the hand's model belongs to, metres."""


@dataclass(frozen=True)
class Place:
    """Where a hand lies; angles in radians, lengths in metres; all for the left hand.

    Attributes:
        marks: landmarks whose middle it covers.
        offset: (left, up) from there.
        hold: point (x, y) of the hand's frame that lies there.
        azimuth: from where it comes, 0 in front and positive from the left.
        elevation: from how far above.
        tilt: turn of the fingers from upwards to the person's right.
        curl: flexion of the fingers' joints beyond rest.
        wrist: extension of the wrist.
    """

    marks: tuple[int, ...]
    offset: tuple[float, float]
    hold: tuple[float, float]
    azimuth: Range
    elevation: Range
    tilt: Range
    curl: Range
    wrist: Range


PLACES = {
    "mouth": Place((51, 57), (0, 0), (0.0, 0.0), (0.0, 0.3), (-0.2, 0.1), (0.7, 1.25), (-0.12, 0.1), (0.0, 0.5)),
    "cheek": Place((13, 35), (0, 0), (0.0, -0.01), (0.7, 1.1), (-0.15, 0.1), (-0.25, 0.2), (-0.1, 0.1), (0.1, 0.6)),
    "chin": Place((8,), (0.01, 0), (0.005, 0.0), (0.0, 0.4), (-0.15, 0.05), (0.1, 0.7), (0.5, 0.85), (0.0, 0.4)),
    "forehead": Place((24, 19), (0, 0.02), (0.0, 0.01), (0.0, 0.4), (0.1, 0.4), (0.7, 1.2), (-0.1, 0.1), (0.1, 0.5)),
    "eye": Place((42, 45), (0, 0), (0.0, 0.005), (0.15, 0.45), (-0.1, 0.15), (-0.1, 0.5), (-0.1, 0.1), (0.2, 0.6)),
}
"""Where hands lie, by the parameter ``place``."""


def sample_params(random: np.random.Generator) -> dict[str, float]:
    """Returns the drawn parameters: place and side, angles in radians, shift in metres, size, sleeve and its colour."""
    number = int(random.choice(len(PLACES), p=(0.3, 0.25, 0.15, 0.1, 0.2)))
    place = list(PLACES.values())[number]
    params = {"place": float(number), "side": float(random.choice([-1.0, 1.0]))}
    for name in ("azimuth", "elevation", "tilt", "curl", "wrist"):
        params[name] = float(random.uniform(*getattr(place, name)))
    x, y = random.normal(0, 0.008, 2).clip(-0.018, 0.018)
    closed, size = random.uniform((0.05, 0.90), (0.40, 1.05))
    params |= {"x": float(x), "y": float(y), "closed": float(closed), "size": float(size)}
    red, green, blue = np.clip(random.uniform(0.05, 0.8) * random.uniform(0.6, 1.0, 3), 0.03, 0.95)
    sleeve = float(random.uniform() < 0.6)
    return params | {"sleeve": sleeve, "red": float(red), "green": float(green), "blue": float(blue)}


def build(params: Mapping[str, float], head: Head) -> SceneMesh:
    """Returns the hand, lying on all that the face's expressions may reach.

    Args:
        params: as drawn by ``sample_params``.
        head: whose hand it is.
    """
    rig, side = hand_rig(), params["side"]
    place = list(PLACES.values())[int(params["place"])]
    curl = np.full((5, 3), params["curl"])
    curl[0] = 0.25 * params["curl"]
    rest = rig.posed(curl, params["closed"], params["wrist"], THUMB_LIFT)
    marks = head.axes.local(head.landmarks)
    body = rest * params["size"] * (marks[16, 0] - marks[0, 0]) / FACE_WIDTH
    turn = _directions(side * params["azimuth"], params["elevation"])
    c, s = np.cos(params["tilt"]), np.sin(params["tilt"])
    body = (body - np.array([*place.hold, 0.0])) @ np.array([[c, s, 0], [-s, c, 0], [0, 0, 1]]) * (side, 1, 1)
    body[:, :2] += (_target(marks, place, side) @ turn.T)[:2] + np.array([side * params["x"], params["y"]])
    floor = _floor(head, turn, body)
    floor = replace(floor, table=np.maximum(floor.table, _under_hand(floor.at(body[:, :2]), rest) - DEEPEST))
    lying = draped(body, floor, CLEARANCE, SOFT, np.inf)
    faces = rig.faces if side > 0 else rig.faces[:, ::-1]
    own = lying @ turn
    part = above(Part(own, _paint_rows(rest, rig.nails), faces), own, LOWEST).in_world(head.axes)
    skin = head.skin_rgb
    colours = [0.86 * skin + 0.13, np.minimum(0.86 * skin + 0.1, 1), skin, _sleeve(params, skin)]
    return joined("hand", [part], painted(colours), Material(0.45, 0.55, 1.0))


THUMB_LIFT = 0.45
"""Radians: the thumb lies in the plane of the palm."""

DEEPEST = 0.035
"""How far parts of a hand sink below its highest point, metres."""


def _floor(head: Head, turn: Points, body: Points) -> Heights:
    """Returns what a hand lies on; the chest's points lie further apart than the face's."""
    box = (body[:, :2].min(axis=0) - 0.02, body[:, :2].max(axis=0) + 0.02)
    points = head.everywhere
    chest = points[:, 1] < head.axes.local(head.landmarks)[8, 1] - 0.06
    face = heights(points[~chest] @ turn.T, box, 0.004)
    return replace(face, table=np.maximum(face.table, heights(points[chest] @ turn.T, box, 0.026).table))


def _under_hand(floor: Points, rest: Points) -> float:
    return float(floor[rest[:, 1] > WRIST].max())


def _directions(azimuth: float, elevation: float) -> Points:
    """Returns the (3, 3) axes of the view from an azimuth and elevation: right, up and towards the viewer."""
    towards = np.array([np.sin(azimuth) * np.cos(elevation), np.sin(elevation), np.cos(azimuth) * np.cos(elevation)])
    right = np.array([np.cos(azimuth), 0.0, -np.sin(azimuth)])
    return np.stack([right, np.cross(towards, right), towards])


def _target(marks: Points, place: Place, side: float) -> Points:
    """Returns the point (3,) of the face that a hand covers; landmarks are named on the left."""
    middle = marks[list(place.marks)].mean(axis=0)
    return np.asarray((middle + np.array([*place.offset, 0.0])) * (side, 1, 1))


def _sleeve(params: Mapping[str, float], skin: Points) -> Points:
    return np.array([params["red"], params["green"], params["blue"]]) if params["sleeve"] else skin


def _paint_rows(rest: Points, nails: Points) -> Points:
    """Returns (V, 2) texture coordinates: nails, palm, back and sleeve from top to bottom."""
    normals = Topology(hand_rig().faces, len(rest)).normals(rest.astype(np.float32))
    row = 0.5 + 0.125 * np.tanh(2 * normals[:, 2])
    row = np.where(nails > 0, 0.125, row)
    return np.stack([np.full(len(rest), 0.5), np.where(rest[:, 1] < SLEEVE, 0.9, row)], axis=1)
