"""Grows hair: one curve for each clump, from its root on the average head's scalp along the way it is combed.

While it grows, points (n, 3) lie in memory one coordinate after the other: what is done to all of them then runs along
rows of n numbers and not of three.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from render.appearance.noise import smoothstep
from render.hair.skull import Points, Skull
from render.hair.style import Style

STEPS, FEW_STEPS = 24, 12
"""Points of a curve while it grows; those of short hair, which bends less."""

SHORT = 0.12
"""Length up to which hair is short, metres."""

CROWN = np.array([0.008, 0.786, 0.005])
"""The whorl, on the side of the parting."""

FRONT = np.array([0.0, 0.752, 0.150])
"""Where a parting begins: before the forehead, so that no hair at its end is combed forward."""

DOWN = np.array([0.0, -1.0, 0.0])
FLOOR = 0.0022
"""How far from the skin hair stays that has left its root, metres: what the way to another head may take away."""

FACE, FACE_SIZE = np.array([0.0, 0.648]), np.array([0.064, 0.104])
"""Middle and half axes, across and up, of the room in front of the face into which no hair falls."""

FACE_DEPTH = 0.045
"""How far forward that room begins."""

TEMPLES = np.array([(0.56, 0.110), (0.59, 0.078), (0.66, 0.066), (0.70, 0.070), (0.735, 0.105), (0.76, 0.16)])
"""Height, and how far forward hair beside the face lies at most there."""

FRINGE_END = 0.716
"""Height at which a fringe ends: over the brows."""


@dataclass(frozen=True)
class Grown:
    """Hair as curves on the average head.

    Attributes:
        points: (n, P, 3) from root to tip, metres.
        outward: (n, P, 3) unit vectors away from the head.
        depth: (n, P) 0 next to the skin to 1 at the outside of the hair.
        root: (n,) index of the scalp's root; -1 for what hangs from other hair.
        width: (n,) of each clump, metres.
    """

    points: Points
    outward: Points
    depth: Points
    root: npt.NDArray[np.int64]
    width: Points


@dataclass(frozen=True)
class Roots:
    """Where curves begin: (n, 3) ``place`` and ``normal`` on the average head, and (n,) ``inside`` the hairline."""

    place: Points
    normal: Points
    inside: Points


def unit(vectors: Points) -> Points:
    """Returns vectors (..., 3) of length 1."""
    return np.asarray(vectors / np.maximum(np.sqrt(dot(vectors, vectors)), 1e-9)[..., None])


def dot(one: Points, other: Points) -> Points:
    """Returns the scalar products (...) of vectors (..., 3)."""
    return np.asarray(one[..., 0] * other[..., 0] + one[..., 1] * other[..., 1] + one[..., 2] * other[..., 2])


def cross(one: Points, other: Points) -> Points:
    """Returns the cross products (..., 3), laid out ``by_coordinate``; for small calls faster than numpy's."""
    (ax, ay, az), (bx, by, bz) = np.moveaxis(one, -1, 0), np.moveaxis(other, -1, 0)
    return np.moveaxis(np.stack([ay * bz - az * by, az * bx - ax * bz, ax * by - ay * bx]), 0, -1)


def by_coordinate(points: Points) -> Points:
    """Returns points (..., 3) laid out in memory one coordinate after the other."""
    return np.moveaxis(np.ascontiguousarray(np.moveaxis(points, -1, 0)), 0, -1)


def combed(style: Style, side: float, points: Points) -> Points:
    """Returns the (n, 3) unit ways hair at points (n, 3) is combed; ``side`` is 1 for a parting on the left."""
    if style.gather is not None:
        return unit(np.array([0.0, *style.gather]) - points)
    start, end = np.array([side, 1, 1]) * CROWN, np.array([side, 1, 1]) * CROWN
    if style.parting is not None:
        start = FRONT + np.array([side * style.parting, 0.0, 0.0])
        end = CROWN * (0, 1, 1) + np.array([0.6 * side * style.parting, 0.0, 0.0])
    line = end - start
    offset = points - start
    t = np.clip(dot(offset, line) / max(float(line @ line), 1e-9), 0.0, 1.0)
    away = unit(offset - t[:, None] * line)
    across, up, forward = style.sweep
    return unit(style.away * away + np.array([-side * across, up, forward]))


def lengths(style: Style, roots: Roots, hair_length: float, draws: Points) -> Points:
    """Returns the (n,) lengths of curves, metres: longer on top, finer at the hairline.

    Args:
        style: the style.
        roots: of the curves.
        hair_length: of the person, 0.5 gives the style's own.
        draws: (n,) in [0, 1].
    """
    height = smoothstep(0.695, 0.750, roots.place[:, 1])
    nape = 0.55 + 0.45 * smoothstep(0.62, 0.68, roots.place[:, 1]) if style.cut <= 0 and style.gather is None else 1.0
    own = style.sides * nape + (style.top - style.sides) * height
    edge = 0.55 + 0.45 * smoothstep(0.0, 0.015, roots.inside) if style.fall <= 0 else 1.0
    return np.asarray(own * edge * (0.65 + 0.7 * hair_length) * (0.82 + 0.3 * draws))


def grow(style: Style, roots: Roots, length: Points, side: float, draws: Points, skull: Skull) -> Points:
    """Returns the (n, S, 3) curves that grow from roots.

    Args:
        style: how it is combed.
        roots: where.
        length: (n,) of each, metres.
        side: 1 for a parting on the person's left, -1 on the right.
        draws: (n, 3) in about [-1, 1]: how single clumps differ.
        skull: what it must not enter.
    """
    # Steps are short at first, where the curve follows the head.
    steps = FEW_STEPS if max(style.top, style.sides) < SHORT else STEPS
    pace = np.linspace(0.3, 1.7, steps - 1) / (steps - 1)
    points = np.empty((len(length), steps, 3))
    place, normal, draws = (by_coordinate(values) for values in (roots.place, roots.normal, draws))
    points[:, 0] = now = place
    own = style.fuzz * draws
    # Hair from higher up lies outside: it has further to go, over the hair below.
    layer = (0.35 + 0.65 * smoothstep(0.62, 0.78, place[:, 1])) * np.where(inner(len(length)), 0.4, 1.0)
    way = combed(style, side, now) + own
    way = unit(way - dot(way, normal)[:, None] * normal)
    way = unit((1 - style.lift) * way + style.lift * normal)
    rise = np.clip(0.4 * length, 0.02, 0.14)
    arc = np.zeros(len(length))
    for index in range(1, steps):
        step = length * pace[index - 1]
        arc = arc + step
        target = style.volume * layer * smoothstep(0.0, 1.0, arc / rise)
        way = _next_way(style, side, now, way, arc, target, own, step, skull)
        now = kept_out(now + step[:, None] * way, np.minimum(FLOOR, 0.6 * arc), skull, style, draws[:, 1], 1)
        points[:, index] = now
    return points


def _next_way(
    style: Style,
    side: float,
    now: Points,
    way: Points,
    arc: Points,
    target: Points,
    own: Points,
    step: Points,
    skull: Skull,
) -> Points:
    """Returns the (n, 3) ways on from points (n, 3): combed, bent by weight, along the head and not into it."""
    distance, outward = skull.at(now)
    hangs = 1 - np.exp(-arc / style.fall) if style.fall > 0 else np.zeros(len(arc))
    wanted = (1 - hangs)[:, None] * combed(style, side, now) + hangs[:, None] * DOWN + own
    near = smoothstep(0.050, 0.015, distance - target).astype(np.float64)
    out = np.clip((target - distance) / np.maximum(2.5 * step, 1e-4), -0.7, 0.7)
    wanted = wanted + (near * (out - dot(wanted, outward)))[:, None] * outward
    if style.lift > 0.85:
        wanted = outward + 0.5 * own
    return unit(0.45 * way + 0.55 * unit(wanted))


def inner(count: int) -> npt.NDArray[np.bool_]:
    """Returns which of so many clumps are broad and lie under the others, so that no skin shines through."""
    return np.asarray(np.arange(count) % 4 == 0)


def kept_out(points: Points, floor: Points, skull: Skull, style: Style, draws: Points, rounds: int = 2) -> Points:
    """Returns points (n, 3) out of the head by at least ``floor`` (n,), and out of the face as ``draws`` (n,) say."""
    moved = by_coordinate(points) if style.fringe else beside_face(points, draws)
    distance, outward = skull.at(moved)
    moved = moved + np.maximum(floor - distance, 0.0)[:, None] * outward
    inside = np.flatnonzero(distance < floor)
    for _ in range(rounds - 1):
        distance, outward = skull.at(moved[inside])
        moved[inside] += np.maximum(floor[inside] - distance, 0.0)[:, None] * outward
        inside = inside[distance < floor[inside]]
    return moved


def beside_face(points: Points, draws: Points) -> Points:
    """Returns points (n, 3) moved sideways or up out of the room before the face; ``draws`` (n,) widen it a little."""
    x, y, z = points.T
    across, up, size = x - FACE[0], y - FACE[1], 1.0 + 0.10 * np.abs(draws)
    nearness = np.sqrt((across / (FACE_SIZE[0] * size)) ** 2 + (up / (FACE_SIZE[1] * size)) ** 2)
    push = np.where((nearness < 1) & (z > FACE_DEPTH), 1 / np.maximum(nearness, 1e-6) - 1, 0.0)
    foremost = np.interp(y, *TEMPLES.T) + 0.010 * draws + 0.08 * smoothstep(0.055, 0.03, np.abs(x))
    return np.asarray(np.stack([x + push * across, y + push * up, np.minimum(z, foremost)]).T)


def waved(points: Points, size: float, pitch: float, phase: Points) -> Points:
    """Returns curves (n, S, 3) wound around themselves: helices that open after the root.

    Args:
        points: the curves.
        size: radius of the helix, metres.
        pitch: arc length of a turn, metres.
        phase: (n,) radians.
    """
    if size <= 0:
        return points
    points = by_coordinate(points)
    tangent = unit(np.gradient(points, axis=1))
    piece = np.linalg.norm(np.diff(points, axis=1), axis=2)
    arc = np.concatenate([np.zeros((len(points), 1)), np.cumsum(piece, axis=1)], axis=1)
    first = unit(cross(tangent, np.array([0.31, 0.12, 0.94])))
    second = cross(tangent, first)
    turn = 2 * np.pi * arc / pitch + phase[:, None]
    opened = size * smoothstep(0.01, 0.05 + 4 * size, arc)
    return np.asarray(points + opened[..., None] * (np.cos(turn)[..., None] * first + np.sin(turn)[..., None] * second))


def trimmed(points: Points, ended: npt.NDArray[np.bool_], count: int) -> Points:
    """Returns curves (n, S, 3) cut where they first have ``ended`` (n, S), as ``count`` points each, evenly spread."""
    steps = points.shape[1]
    first = np.where(ended.any(axis=1), ended.argmax(axis=1), steps - 1)
    place = np.linspace(0, 1, count) * np.maximum(first, 1)[:, None]
    low = np.minimum(place.astype(np.int64), steps - 2)
    share = (place - low)[..., None]
    rows = np.arange(len(points))[:, None]
    return np.asarray((1 - share) * points[rows, low] + share * points[rows, low + 1])
