"""Skin that meets eyeballs and teeth: the loops of ``render.contact``."""

import numpy as np
import numpy.typing as npt

from render.kernels import kernel

Vertices = npt.NDArray[np.float64]
Faces = npt.NDArray[np.int32]
Indices = npt.NDArray[np.int64]

EYE_MARGIN = 0.0002
"""How far lids lie above the eyeball: the height of the sphere over the chord between two lid vertices; metres."""

DEEPEST = 0.012
"""Skin further behind the teeth than this is not what they push forward; metres."""

FACING = 0.2
"""Cosine of the angle between the view from the front and a triangle of the lips that faces it, at least."""


@kernel
def push_out(vertices: Vertices, lids: Indices, centre: Vertices, radius: float) -> None:
    """Moves those of some vertices that lie inside the front of a ball to just above its surface, in place."""
    wanted = radius + EYE_MARGIN
    for k in lids:
        x, y, z = vertices[k, 0] - centre[0], vertices[k, 1] - centre[1], vertices[k, 2] - centre[2]
        distance = np.sqrt(x * x + y * y + z * z)
        if distance < wanted and z > 0:
            grown = wanted / max(distance, 1e-9)
            vertices[k, 0], vertices[k, 1] = centre[0] + x * grown, centre[1] + y * grown
            vertices[k, 2] = centre[2] + z * grown


@kernel
def depth_in_ball(vertices: Vertices, faces: Faces, centre: Vertices, radius: float) -> float:
    """Returns how deep triangles lie in the front of a ball, metres: corners, middles of the edges and the centre."""
    nearest = np.inf
    for k in range(len(faces)):
        a, b, c = vertices[faces[k, 0]], vertices[faces[k, 1]], vertices[faces[k, 2]]
        for point in range(7):
            x, y, z = _spread(a, b, c, point)
            x, y, z = x - centre[0], y - centre[1], z - centre[2]
            if z > 0:
                nearest = min(nearest, x * x + y * y + z * z)
    return float(max(0.0, radius - np.sqrt(nearest)))


@kernel
def _spread(a: Vertices, b: Vertices, c: Vertices, point: int) -> tuple[float, float, float]:
    """Returns one of the seven points that stand for a triangle."""
    first, second, third = 1.0 * (point in (0, 3, 5)), 1.0 * (point in (1, 3, 4)), 1.0 * (point in (2, 4, 5))
    if point == 6:
        first = second = third = 1.0
    count = first + second + third
    x = (first * a[0] + second * b[0] + third * c[0]) / count
    y = (first * a[1] + second * b[1] + third * c[1]) / count
    return x, y, (first * a[2] + second * b[2] + third * c[2]) / count


@kernel
def _facing(a: Vertices, b: Vertices, c: Vertices) -> bool:
    """Returns whether a triangle faces a viewer in front."""
    ux, uy, uz = b[0] - a[0], b[1] - a[1], b[2] - a[2]
    vx, vy, vz = c[0] - a[0], c[1] - a[1], c[2] - a[2]
    x, y, z = uy * vz - uz * vy, uz * vx - ux * vz, ux * vy - uy * vx
    return bool(z > FACING * np.sqrt(x * x + y * y + z * z))


@kernel
def showing(vertices: Vertices, faces: Faces) -> Indices:
    """Returns the (n,) vertices of triangles (F, 3) that face a viewer in front."""
    found = np.zeros(len(vertices), np.bool_)
    for k in range(len(faces)):
        if _facing(vertices[faces[k, 0]], vertices[faces[k, 1]], vertices[faces[k, 2]]):
            for corner in range(3):
                found[faces[k, corner]] = True
    return np.flatnonzero(found)


@kernel
def row_of(vertices: Vertices, front: Indices, low: Indices, high: Indices) -> Vertices:
    """Returns (4, B): places across a row of teeth, and there the depth of its front and its lower and upper edge."""
    out = np.empty((4, len(front)))
    for k in range(len(front)):
        out[0, k], out[1, k] = vertices[front[k], 0], vertices[front[k], 2]
        out[2, k], out[3, k] = vertices[low[k], 1], vertices[high[k], 1]
    return out


@kernel
def depths(row: Vertices, x: float, y: float, z: float) -> tuple[float, float, float]:
    """Returns how far a place lies from the front, the lower and the upper edge of a row, metres; zeros outside."""
    last = row.shape[1] - 1
    if x < row[0, 0] or x > row[0, last]:
        return 0.0, 0.0, 0.0
    bin_ = 0
    while bin_ < last - 1 and row[0, bin_ + 1] <= x:
        bin_ += 1
    wide = row[0, bin_ + 1] - row[0, bin_]
    share = (x - row[0, bin_]) / wide if wide > 0 else 0.0
    depth = row[1, bin_] + share * (row[1, bin_ + 1] - row[1, bin_]) - z
    above = y - (row[2, bin_] + share * (row[2, bin_ + 1] - row[2, bin_]))
    below = row[3, bin_] + share * (row[3, bin_ + 1] - row[3, bin_]) - y
    if above > 0 and below > 0 and 0 < depth < DEEPEST:
        return depth, above, below
    return 0.0, 0.0, 0.0


@kernel
def bring_forward(vertices: Vertices, chosen: Indices, row: Vertices, margin: float) -> None:
    """Moves those of chosen vertices that lie behind the front of a row before it, by ``margin`` more, in place."""
    for k in chosen:
        depth = depths(row, vertices[k, 0], vertices[k, 1], vertices[k, 2])[0]
        if depth > 0:
            vertices[k, 2] += depth + margin


@kernel
def in_row(vertices: Vertices, faces: Faces, row: Vertices) -> Vertices:
    """Returns (F,): how deep triangles that face a viewer in front lie in a row of teeth, metres."""
    out = np.zeros(len(faces))
    last = row.shape[1] - 1
    front, low, high = row[1].max(), row[2].min(), row[3].max()
    for k in range(len(faces)):
        a, b, c = vertices[faces[k, 0]], vertices[faces[k, 1]], vertices[faces[k, 2]]
        if max(a[0], b[0], c[0]) < row[0, 0] or min(a[0], b[0], c[0]) > row[0, last]:
            continue
        if max(a[1], b[1], c[1]) < low or min(a[1], b[1], c[1]) > high or min(a[2], b[2], c[2]) > front:
            continue
        if _facing(a, b, c):
            for point in range(7):
                x, y, z = _spread(a, b, c, point)
                depth, above, below = depths(row, x, y, z)
                out[k] = max(out[k], min(depth, above, below))
    return out


@kernel
def push_faces(vertices: Vertices, faces: Faces, row: Vertices, rounds: int, enough: float) -> None:
    """Moves triangles forward, in place, until none that faces the viewer lies deeper in a row than ``enough``."""
    forward = np.zeros(len(vertices))
    for _ in range(rounds):
        inside = in_row(vertices, faces, row)
        if inside.max() <= enough:
            return
        forward[:] = 0
        for k in range(len(faces)):
            for corner in range(3):
                forward[faces[k, corner]] = max(forward[faces[k, corner]], inside[k])
        for k in range(len(vertices)):
            vertices[k, 2] += forward[k]
