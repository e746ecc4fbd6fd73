"""Hair as it grows, is wound, cut and kept out of head and face, clump by clump: the loops of ``render.hair``."""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from render.kernels import kernel

Points = npt.NDArray[np.float64]
Place = tuple[float, float, float]

FACE, FACE_SIZE = (0.0, 0.648), (0.064, 0.104)
"""Middle and half axes, across and up, of the room in front of the face into which no hair falls, metres."""

FACE_DEPTH = 0.045
"""How far forward that room begins."""

TEMPLES = ((0.56, 0.110), (0.59, 0.078), (0.66, 0.066), (0.70, 0.070), (0.735, 0.105), (0.76, 0.16))
"""Height, and how far forward hair beside the face lies at most there."""

FLOOR = 0.0022
"""How far from the skin hair stays that has left its root, metres: what the way to another head may take away."""

UPRIGHT = 0.85
"""Hair that leaves the skin more steeply than this share goes on straight away from it."""

KNOT = 0.016
"""Hair that is bound ends so near the place where it is, metres."""


class Field(NamedTuple):
    """Distances to a head at the points of a grid.

    Attributes:
        values: (n, 4) distance, negative inside, and its gradient; metres.
        counts: points of the grid along each axis.
        low: where it begins, metres.
        pitch: distance of its points, metres.
    """

    values: npt.NDArray[np.float32]
    counts: tuple[int, int, int]
    low: Place
    pitch: float


class Comb(NamedTuple):
    """Which way hair is combed: towards a place, or away from a line and along a direction.

    Attributes:
        bound: whether it is combed towards ``start``, metres.
        start: otherwise where the parting begins.
        line: from there to its end.
        away: weight of the way from the parting.
        sweep: weighted direction besides.
    """

    bound: bool
    start: Place
    line: Place
    away: float
    sweep: Place


class Habit(NamedTuple):
    """How hair of a style goes on: ``fuzz``, ``lift``, ``volume``, ``fall`` and ``fringe`` of ``Style``."""

    fuzz: float
    lift: float
    volume: float
    fall: float
    fringe: bool


class Cuts(NamedTuple):
    """Where hair is cut; metres, heights along +Y.

    Attributes:
        level: height, or 0 for none.
        nape: how much higher at the sides than behind.
        fringe: height at which hair before the forehead ends, or 0.
        sideburn: height at which hair before the ears ends, or 0 where it may cover them.
        beside: distance from the midline at which an ear begins, its lower and upper end and its front.
        bound: whether it ends at ``knot``.
        knot: where hair is bound.
    """

    level: float
    nape: float
    fringe: float
    sideburn: float
    beside: tuple[float, float, float, float]
    bound: bool
    knot: Place


@kernel
def smoothstep(low: float, high: float, value: float) -> float:
    """Returns what ``render.appearance.noise.smoothstep`` does, of one number and as precise."""
    t = min(max((value - low) / (high - low), 0.0), 1.0)
    return float(np.float32(t * t * (3 - 2 * t)))


@kernel
def unit(x: float, y: float, z: float) -> Place:
    """Returns a vector of length 1."""
    size = max(np.sqrt(x * x + y * y + z * z), 1e-9)
    return x / size, y / size, z / size


@kernel
def at(field: Field, x: float, y: float, z: float) -> tuple[float, float, float, float]:
    """Returns the distance of a place to the head and the way out; first order, one look-up."""
    low, pitch, counts = field.low, field.pitch, field.counts
    i = min(max(np.rint((x - low[0]) / pitch), 0.0), counts[0] - 1.0)
    j = min(max(np.rint((y - low[1]) / pitch), 0.0), counts[1] - 1.0)
    k = min(max(np.rint((z - low[2]) / pitch), 0.0), counts[2] - 1.0)
    number = int((i * counts[1] + j) * counts[2] + k)
    values = field.values
    gx, gy, gz = float(values[number, 1]), float(values[number, 2]), float(values[number, 3])
    along = gx * (x - (low[0] + pitch * i)) + gy * (y - (low[1] + pitch * j)) + gz * (z - (low[2] + pitch * k))
    return values[number, 0] + along, gx, gy, gz


@kernel
def distances(field: Field, points: Points) -> tuple[Points, Points]:
    """Returns the distance (n,) of points (n, 3) to the head and the (n, 3) way out."""
    distance, outward = np.empty(len(points)), np.empty((len(points), 3))
    for k in range(len(points)):
        found = at(field, points[k, 0], points[k, 1], points[k, 2])
        distance[k] = found[0]
        outward[k, 0], outward[k, 1], outward[k, 2] = found[1], found[2], found[3]
    return distance, outward


@kernel
def combed(comb: Comb, x: float, y: float, z: float) -> Place:
    """Returns the unit way in which hair at a place is combed."""
    (sx, sy, sz), (lx, ly, lz) = comb.start, comb.line
    if comb.bound:
        return unit(sx - x, sy - y, sz - z)
    dx, dy, dz = x - sx, y - sy, z - sz
    squared = max(lx * lx + ly * ly + lz * lz, 1e-9)
    t = min(max((dx * lx + dy * ly + dz * lz) / squared, 0.0), 1.0)
    ax, ay, az = unit(dx - t * lx, dy - t * ly, dz - t * lz)
    wx, wy, wz = comb.sweep
    return unit(comb.away * ax + wx, comb.away * ay + wy, comb.away * az + wz)


@kernel
def _foremost(y: float) -> float:
    """Returns how far forward hair beside the face lies at most at a height."""
    if y <= TEMPLES[0][0]:
        return TEMPLES[0][1]
    for k in range(len(TEMPLES) - 1):
        (low, near), (high, far) = TEMPLES[k], TEMPLES[k + 1]
        if y < high:
            return (far - near) / (high - low) * (y - low) + near
    return TEMPLES[-1][1]


@kernel
def beside_face(x: float, y: float, z: float, draw: float) -> Place:
    """Returns a place moved sideways or up out of the room before the face; ``draw`` widens it a little."""
    across, up, size = x - FACE[0], y - FACE[1], 1.0 + 0.10 * abs(draw)
    nearness = np.sqrt((across / (FACE_SIZE[0] * size)) ** 2 + (up / (FACE_SIZE[1] * size)) ** 2)
    push = 1 / max(nearness, 1e-6) - 1 if nearness < 1 and z > FACE_DEPTH else 0.0
    foremost = _foremost(y) + 0.010 * draw + 0.08 * smoothstep(0.055, 0.03, abs(x))
    return x + push * across, y + push * up, min(z, foremost)


@kernel
def kept_out(field: Field, place: Place, floor: float, fringe: bool, draw: float, rounds: int) -> Place:
    """Returns a place out of the head by at least ``floor``, and out of the face unless there is a fringe."""
    x, y, z = place if fringe else beside_face(place[0], place[1], place[2], draw)
    for _ in range(rounds):
        distance, gx, gy, gz = at(field, x, y, z)
        if not distance < floor:
            break
        push = floor - distance
        x, y, z = x + push * gx, y + push * gy, z + push * gz
    return x, y, z


@kernel
def grown(
    field: Field,
    comb: Comb,
    habit: Habit,
    place: Points,
    normal: Points,
    length: Points,
    draws: Points,
    pace: Points,
) -> Points:
    """Returns the (n, S, 3) curves that grow from roots.

    Args:
        field: what they must not enter.
        comb: which way they are combed.
        habit: how they go on.
        place: (n, 3) of the roots, metres.
        normal: (n, 3) of the skin there.
        length: (n,) of each, metres.
        draws: (n, 3) in about [-1, 1]: how single clumps differ.
        pace: (S - 1,) share of the length that each step takes.
    """
    out = np.empty((len(place), len(pace) + 1, 3))
    for k in range(len(place)):
        _grown_one(field, comb, habit, place[k], normal[k], length[k], draws[k], pace, k % 4 == 0, out[k])
    return out


@kernel
def _grown_one(
    field: Field,
    comb: Comb,
    habit: Habit,
    root: Points,
    normal: Points,
    length: float,
    draw: Points,
    pace: Points,
    inner: bool,
    out: Points,
) -> None:
    """Writes one curve (S, 3) into ``out``."""
    x, y, z = root[0], root[1], root[2]
    nx, ny, nz = normal[0], normal[1], normal[2]
    own = (habit.fuzz * draw[0], habit.fuzz * draw[1], habit.fuzz * draw[2])
    # Hair from higher up lies outside: it has further to go, over the hair below.
    layer = (0.35 + 0.65 * smoothstep(0.62, 0.78, y)) * (0.4 if inner else 1.0)
    cx, cy, cz = combed(comb, x, y, z)
    wx, wy, wz = cx + own[0], cy + own[1], cz + own[2]
    up = wx * nx + wy * ny + wz * nz
    wx, wy, wz = unit(wx - up * nx, wy - up * ny, wz - up * nz)
    flat, lift = 1 - habit.lift, habit.lift
    way = unit(flat * wx + lift * nx, flat * wy + lift * ny, flat * wz + lift * nz)
    rise, arc = min(max(0.4 * length, 0.02), 0.14), 0.0
    out[0, 0], out[0, 1], out[0, 2] = x, y, z
    near = at(field, x, y, z)
    for index in range(len(pace)):
        step = length * pace[index]
        arc += step
        target = habit.volume * layer * smoothstep(0.0, 1.0, arc / rise)
        way = _next_way(near, comb, habit, (x, y, z), way, arc, target, own, step)
        x, y, z = x + step * way[0], y + step * way[1], z + step * way[2]
        if not habit.fringe:
            x, y, z = beside_face(x, y, z, draw[1])
        near, floor = at(field, x, y, z), min(FLOOR, 0.6 * arc)
        if near[0] < floor:
            push = floor - near[0]
            x, y, z = x + push * near[1], y + push * near[2], z + push * near[3]
            near = at(field, x, y, z)
        out[index + 1, 0], out[index + 1, 1], out[index + 1, 2] = x, y, z


@kernel
def _next_way(
    near: tuple[float, float, float, float],
    comb: Comb,
    habit: Habit,
    now: Place,
    way: Place,
    arc: float,
    target: float,
    own: Place,
    step: float,
) -> Place:
    """Returns the way on from a place: combed, bent by weight, along the head, ``near`` as ``at`` says, not into it."""
    x, y, z = now
    distance, gx, gy, gz = near
    if habit.lift > UPRIGHT:
        wx, wy, wz = unit(gx + 0.5 * own[0], gy + 0.5 * own[1], gz + 0.5 * own[2])
    else:
        hangs = 1 - np.exp(-arc / habit.fall) if habit.fall > 0 else 0.0
        cx, cy, cz = combed(comb, x, y, z)
        held = 1 - hangs
        wx, wy, wz = held * cx + own[0], held * cy - hangs + own[1], held * cz + own[2]
        close = smoothstep(0.050, 0.015, distance - target)
        out = min(max((target - distance) / max(2.5 * step, 1e-4), -0.7), 0.7)
        turn = close * (out - (wx * gx + wy * gy + wz * gz))
        wx, wy, wz = unit(wx + turn * gx, wy + turn * gy, wz + turn * gz)
    return unit(0.45 * way[0] + 0.55 * wx, 0.45 * way[1] + 0.55 * wy, 0.45 * way[2] + 0.55 * wz)


@kernel
def arcs(curves: Points) -> Points:
    """Returns the (n, S) lengths of curves (n, S, 3) from their roots to each point."""
    out = np.zeros(curves.shape[:2])
    for k in range(curves.shape[0]):
        for s in range(1, curves.shape[1]):
            a, b = curves[k, s - 1], curves[k, s]
            x, y, z = b[0] - a[0], b[1] - a[1], b[2] - a[2]
            out[k, s] = out[k, s - 1] + np.sqrt(x * x + y * y + z * z)
    return out


@kernel
def tangent(curve: Points, s: int) -> Place:
    """Returns the unit way of a curve (S, 3) at one of its points: from the point before to the point after."""
    a, b = curve[max(s - 1, 0)], curve[min(s + 1, len(curve) - 1)]
    return unit(b[0] - a[0], b[1] - a[1], b[2] - a[2])


@kernel
def waved(curves: Points, arc: Points, size: float, pitch: float, phase: Points) -> Points:
    """Returns curves (n, S, 3) wound around themselves: helices that open after the root.

    Args:
        curves: as they have grown.
        arc: (n, S) their lengths, as ``arcs`` returns them.
        size: radius of the helix, metres.
        pitch: arc length of a turn, metres.
        phase: (n,) radians.
    """
    out = np.empty_like(curves)
    for k in range(curves.shape[0]):
        for s in range(curves.shape[1]):
            tx, ty, tz = tangent(curves[k], s)
            fx, fy, fz = unit(ty * 0.94 - tz * 0.12, tz * 0.31 - tx * 0.94, tx * 0.12 - ty * 0.31)
            sx, sy, sz = ty * fz - tz * fy, tz * fx - tx * fz, tx * fy - ty * fx
            turn = 2 * np.pi * arc[k, s] / pitch + phase[k]
            opened = size * smoothstep(0.01, 0.05 + 4 * size, arc[k, s])
            cosine, sine = opened * np.cos(turn), opened * np.sin(turn)
            out[k, s, 0] = curves[k, s, 0] + cosine * fx + sine * sx
            out[k, s, 1] = curves[k, s, 1] + cosine * fy + sine * sy
            out[k, s, 2] = curves[k, s, 2] + cosine * fz + sine * sz
    return out


@kernel
def _is_cut(cuts: Cuts, place: Points, draw: float) -> bool:
    """Returns whether hair that has come to a place ends there."""
    x, y, z = abs(place[0]), place[1], place[2]
    if cuts.level > 0 and y < cuts.level + cuts.nape * smoothstep(0.0, 0.10, z) + 0.006 * draw:
        return True
    if cuts.fringe > 0 and y < cuts.fringe + 0.006 * draw and z > 0.075 and x < 0.062:
        return True
    if cuts.sideburn > 0:
        beyond, low, high, front = cuts.beside
        if y < cuts.sideburn + 0.006 * draw and z > 0.04 and x > 0.05:
            return True
        if x > beyond - 0.006 and low < y < high + 0.004 and 0.0 < z < front + 0.008:
            return True
    if cuts.bound:
        dx, dy, dz = place[0] - cuts.knot[0], y - cuts.knot[1], z - cuts.knot[2]
        return bool(np.sqrt(dx * dx + dy * dy + dz * dz) < KNOT)
    return False


@kernel
def first_cut(curves: Points, cuts: Cuts, draws: Points) -> npt.NDArray[np.int64]:
    """Returns the (n,) points at which curves (n, S, 3) are cut, the last for none; ``draws`` (n,) fray the cut."""
    count, steps, _ = curves.shape
    out = np.full(count, steps - 1)
    for k in range(count):
        for s in range(steps):
            if _is_cut(cuts, curves[k, s], draws[k]):
                out[k] = s
                break
    return out


@kernel
def trimmed(curves: Points, first: npt.NDArray[np.int64], along: Points) -> Points:
    """Returns curves (n, S, 3) up to their ``first`` (n,) points, sampled at shares ``along`` (P,) of the way."""
    out = np.empty((len(curves), len(along), 3))
    for k in range(len(curves)):
        for p in range(len(along)):
            place = along[p] * max(first[k], 1)
            low = min(int(place), curves.shape[1] - 2)
            share = place - low
            for axis in range(3):
                out[k, p, axis] = (1 - share) * curves[k, low, axis] + share * curves[k, low + 1, axis]
    return out


@kernel
def finished(field: Field, curves: Points, draws: Points, fringe: bool, volume: float) -> tuple[Points, Points, Points]:
    """Returns curves (n, P, 3) kept out of the head, their (n, P, 3) unit ways out and (n, P) depths in the hair.

    Args:
        field: distances to the head.
        curves: as they are cut.
        draws: (n,) by which single clumps differ in how far they keep from the face.
        fringe: whether they may hang before it.
        volume: distance from the head at which hair is outermost, metres.
    """
    kept, outward, depth = curves.copy(), np.empty_like(curves), np.empty(curves.shape[:2])
    for k in range(curves.shape[0]):
        root = curves[k, 0]
        for p in range(curves.shape[1]):
            x, y, z = curves[k, p, 0], curves[k, p, 1], curves[k, p, 2]
            if p > 0:
                dx, dy, dz = x - root[0], y - root[1], z - root[2]
                floor = min(FLOOR, 0.6 * np.sqrt(dx * dx + dy * dy + dz * dz))
                x, y, z = kept_out(field, (x, y, z), floor, fringe, draws[k], 2)
                kept[k, p, 0], kept[k, p, 1], kept[k, p, 2] = x, y, z
            distance, gx, gy, gz = at(field, x, y, z)
            outward[k, p, 0], outward[k, p, 1], outward[k, p, 2] = unit(gx, gy, gz)
            depth[k, p] = min(max(distance / volume, 0.0), 1.0)
    return kept, outward, depth
