"""Ribbons of hair: carried to a head, spread along their curves, riding on skin: the loops of ``render.hair``."""

import numpy as np
import numpy.typing as npt

from render.kernels import kernel

Points = npt.NDArray[np.float64]
Single = npt.NDArray[np.float32]
Place = tuple[float, float, float]

ROUND = 0.55
"""How far the normals at a ribbon's edges lean outwards: it is shaded like a lock, not like a strip of paper."""


@kernel
def unit(x: float, y: float, z: float) -> Place:
    """Returns a vector of length 1."""
    size = max(np.sqrt(x * x + y * y + z * z), 1e-9)
    return x / size, y / size, z / size


@kernel
def cross(a: Place, b: Place) -> Place:
    """Returns a cross product."""
    return a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]


@kernel
def fading(arc: float, fade: float) -> float:
    """Returns 1 at a root, falling to 0 at an arc length of ``fade``."""
    t = min(max((arc - fade) / -fade, 0.0), 1.0)
    return float(np.float32(t * t * (3 - 2 * t)))


@kernel
def blended(shares: Single, moved: Single) -> Single:
    """Returns (n, 3): displacements (k, 3) added up by their shares (k, n), in the same order for every place."""
    out = np.zeros((3, shares.shape[1]), np.float32)
    for control in range(len(moved)):
        row = shares[control]
        for axis in range(3):
            way, line = moved[control, axis], out[axis]
            for place in range(len(row)):
                line[place] += way * row[place]
    return np.ascontiguousarray(out.T)


@kernel
def carried(points: Points, table: Single, low: Points, pitch: float) -> Points:
    """Returns points (n, 3) moved by what lies between the points of a grid; beyond it, by what lies at its edge.

    Args:
        points: metres.
        table: (A, B, C, 3) displacement at each point of the grid, metres.
        low: (3,) where the grid begins.
        pitch: distance of its points, metres.
    """
    out, base, share = np.empty_like(points), np.empty(3, np.int64), np.empty(3)
    for k in range(len(points)):
        for axis in range(3):
            place = min(max((points[k, axis] - low[axis]) / pitch, 0.0), table.shape[axis] - 1.0)
            base[axis] = min(int(place), table.shape[axis] - 2)
            share[axis] = place - base[axis]
        for axis in range(3):
            total = 0.0
            for corner in range(8):
                i, j, m = corner >> 2, corner >> 1 & 1, corner & 1
                weight = (share[0] if i else 1 - share[0]) * (share[1] if j else 1 - share[1])
                weight *= share[2] if m else 1 - share[2]
                total += weight * table[base[0] + i, base[1] + j, base[2] + m, axis]
            out[k, axis] = points[k, axis] + np.float32(total)
    return out


@kernel
def rooted(curves: Points, error: Points, fade: float) -> Points:
    """Returns curves (n, P, 3) moved at their roots by errors (n, 3), less and less up to an arc length of ``fade``."""
    out = np.empty_like(curves)
    for k in range(curves.shape[0]):
        arc = 0.0
        for p in range(curves.shape[1]):
            if p > 0:
                a, b = curves[k, p - 1], curves[k, p]
                x, y, z = b[0] - a[0], b[1] - a[1], b[2] - a[2]
                arc += np.sqrt(x * x + y * y + z * z)
            share = fading(arc, fade)
            for axis in range(3):
                out[k, p, axis] = curves[k, p, axis] + share * error[k, axis]
    return out


@kernel
def ribboned(curves: Points, outward: Points, width: Points, taper: Points, roll: Points) -> tuple[Points, Points]:
    """Returns the (2 n P, 3) vertices and unit normals of ribbons along curves, two for each point.

    Args:
        curves: (n, P, 3) from root to tip, metres.
        outward: (n, P, 3) or (n, 1, 3) where the broad side looks.
        width: (n,) metres.
        taper: (P,) share of the width that each point has.
        roll: (n,) angle of the broad side from there, radians.
    """
    count, points, _ = curves.shape
    vertices, normals = np.empty((2 * count * points, 3)), np.empty((2 * count * points, 3))
    for k in range(count):
        cosine, sine = np.cos(roll[k]), np.sin(roll[k])
        for p in range(points):
            here, look = curves[k, p], outward[k, min(p, outward.shape[1] - 1)]
            before, after = curves[k, max(p - 1, 0)], curves[k, min(p + 1, points - 1)]
            tangent = unit(after[0] - before[0], after[1] - before[1], after[2] - before[2])
            out = (look[0], look[1], look[2])
            # Never nothing: a ribbon may look along its own length.
            first, other = cross(tangent, out), cross(tangent, (0.6, 0.3, 0.74))
            side = unit(first[0] + 1e-3 * other[0], first[1] + 1e-3 * other[1], first[2] + 1e-3 * other[2])
            face = cross(side, tangent)
            sx = cosine * side[0] + sine * face[0]
            sy = cosine * side[1] + sine * face[1]
            sz = cosine * side[2] + sine * face[2]
            fx = cosine * face[0] - sine * side[0]
            fy = cosine * face[1] - sine * side[1]
            fz = cosine * face[2] - sine * side[2]
            vx, vy, vz = unit(0.75 * out[0] + 0.25 * fx, 0.75 * out[1] + 0.25 * fy, 0.75 * out[2] + 0.25 * fz)
            half = 0.5 * width[k] * taper[p]
            for edge in range(2):
                sign, number = 2.0 * edge - 1.0, 2 * (k * points + p) + edge
                vertices[number, 0] = here[0] + sign * half * sx
                vertices[number, 1] = here[1] + sign * half * sy
                vertices[number, 2] = here[2] + sign * half * sz
                lean = sign * ROUND
                nx, ny, nz = unit(vx + lean * sx, vy + lean * sy, vz + lean * sz)
                normals[number, 0], normals[number, 1], normals[number, 2] = nx, ny, nz
    return vertices, normals


@kernel
def _frame(out: Points, along: Place, outward: Place) -> None:
    """Writes the (3, 3) axes of two that are at right angles: along, across and outwards."""
    across = cross(outward, along)
    for axis in range(3):
        out[0, axis], out[1, axis], out[2, axis] = along[axis], across[axis], outward[axis]


@kernel
def triangle_frames(vertices: Points, corners: npt.NDArray[np.int32]) -> Points:
    """Returns the (n, 3, 3) unit axes of triangles: along their first side, in their plane, out of it."""
    out = np.empty((len(corners), 3, 3))
    for k in range(len(corners)):
        a, b, c = vertices[corners[k, 0]], vertices[corners[k, 1]], vertices[corners[k, 2]]
        first = (b[0] - a[0], b[1] - a[1], b[2] - a[2])
        normal = cross(first, (c[0] - a[0], c[1] - a[1], c[2] - a[2]))
        _frame(out[k], unit(first[0], first[1], first[2]), unit(normal[0], normal[1], normal[2]))
    return out


@kernel
def ball_frames(place: Points, centres: Points) -> Points:
    """Returns the (n, 3, 3) unit axes at places (n, 3) on balls: level, up it, and away from its (n, 3) centre."""
    out = np.empty((len(place), 3, 3))
    for k in range(len(place)):
        away = unit(place[k, 0] - centres[k, 0], place[k, 1] - centres[k, 1], place[k, 2] - centres[k, 2])
        level = cross((0.0, 1.0, 0.0), away)
        _frame(out[k], unit(level[0], level[1], level[2]), away)
    return out


@kernel
def ridden(place: Points, frames: Points, shape: Points, facing: Points) -> tuple[Points, Points]:
    """Returns curves (n, P, 3), and where they look (n, 1, 3), that are given in frames (n, 3, 3) at roots (n, 3)."""
    curves, outward = np.empty_like(shape), np.empty((len(place), 1, 3))
    for k in range(len(place)):
        frame = frames[k]
        for axis in range(3):
            x, y, z = frame[0, axis], frame[1, axis], frame[2, axis]
            outward[k, 0, axis] = x * facing[k, 0] + y * facing[k, 1] + z * facing[k, 2]
            for p in range(shape.shape[1]):
                moved = shape[k, p, 0] * x + shape[k, p, 1] * y + shape[k, p, 2] * z
                curves[k, p, axis] = place[k, axis] + moved
    return curves, outward
