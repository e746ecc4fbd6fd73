"""Contact: lids rest on the eye and lips on the teeth, whatever the sum of the Action Units would do.

Skin that a displacement has carried into an eyeball or behind the front of a row of teeth is moved out again, by no
more than it takes. The vertices that were moved are known, so that the certificate can leave them out.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from render.face_basis import FaceBasis
from render.mesh import Corners, corners_of, doubled_areas

Vertices = npt.NDArray[np.float64]
Indices = npt.NDArray[np.int64]

EYE_MARGIN = 0.0002
"""How far lids lie above the eyeball: the height of the sphere over the chord between two lid vertices; metres."""

TOOTH_MARGIN = 0.0003
ROUNDS = 6
DEEP_ENOUGH = 0.0002
"""Triangles are moved out of the teeth until they lie no deeper than this, at most so many times; metres."""

DEEPEST = 0.012
"""Skin further behind the teeth than this is not what they push forward; metres."""

FACING = 0.2
"""Cosine of the angle between the view from the front and a triangle of the lips that faces it, at least."""

ROUNDING = 1e-12
"""How far the middle of equal points may lie beside them, metres."""

BINS = np.linspace(-0.024, 0.024, 17)
"""Distances from the midline at which the front of a row of teeth is known, metres."""

ROWS = ("upper_teeth", "lower_teeth")


@dataclass(frozen=True)
class Ball:
    """An eyeball: centre (3,) and radius, metres."""

    centre: npt.NDArray[np.float64]
    radius: float


@dataclass(frozen=True)
class ToothRow:
    """The vertices that make the front of one row of teeth, by their distance from the midline.

    Attributes:
        front: (B,) the foremost vertex near each of ``BINS``.
        low: (B,) the lowest vertex of the front there.
        high: (B,) the highest.
    """

    front: Indices
    low: Indices
    high: Indices

    def behind(self, vertices: Vertices, points: Vertices) -> npt.NDArray[np.float64]:
        """Returns how far points (n, 3) lie behind the front of the row, metres; 0 before and beside it."""
        return np.asarray(self._depths(vertices, points)[0])

    def inside(self, vertices: Vertices, points: Vertices) -> npt.NDArray[np.float64]:
        """Returns how deep points (n, 3) lie in the row: how far they are from its front or its edges, metres."""
        return np.asarray(np.min(self._depths(vertices, points), axis=0))

    def _depths(self, vertices: Vertices, points: Vertices) -> npt.NDArray[np.float64]:
        """Returns (3, n) distances to the front, the lower and the upper edge of the row; 0 where outside."""
        out = np.zeros((3, len(points)))
        near = np.flatnonzero(self.reached(vertices, points.T, points.T))
        x, y, z = points[near].T
        middle = vertices[self.front, 0]
        front, low, high = (np.interp(x, middle, edge) for edge in self._edges(vertices))
        depth, beside = front - z, (x < middle[0]) | (x > middle[-1])
        hidden = ~beside & (y > low) & (y < high) & (depth < DEEPEST) & (depth > 0)
        out[:, near] = np.where(hidden, np.stack([depth, y - low, high - y]), 0.0)
        return out

    def reached(self, vertices: Vertices, lowest: Vertices, highest: Vertices) -> npt.NDArray[np.bool_]:
        """Returns (n,) whether something of boxes from ``lowest`` (3, n) to ``highest`` (3, n) may lie in the row."""
        middle, (front, low, high) = vertices[self.front, 0], self._edges(vertices)
        beside = (highest[0] < middle[0] - ROUNDING) | (lowest[0] > middle[-1] + ROUNDING)
        above = (highest[1] < low.min() - ROUNDING) | (lowest[1] > high.max() + ROUNDING)
        return np.asarray((lowest[2] < front.max() + ROUNDING) & ~(beside | above))

    def _edges(self, vertices: Vertices) -> tuple[Vertices, Vertices, Vertices]:
        """Returns the (B,) depths of the front, and the heights of its lower and its upper edge."""
        return vertices[self.front, 2], vertices[self.low, 1], vertices[self.high, 1]


@dataclass(frozen=True, eq=False)
class Contacts:
    """Where the skin of one face model can touch eyes and teeth.

    Attributes:
        basis: the face model.
        average: (V, 3) its average face.
        eyes: its eyeballs, by side.
    """

    basis: FaceBasis
    average: Vertices
    eyes: Mapping[str, Ball]

    def resolved(self, vertices: Vertices, eyes: Mapping[str, Ball]) -> tuple[Vertices, npt.NDArray[np.bool_]]:
        """Returns the vertices with nothing inside eyes and teeth, and which of them (V,) have been moved."""
        out = vertices.copy()
        for side, ball in eyes.items():
            lids = self.lids[side]
            out[lids] = _outside(out[lids], ball)
        showing = np.zeros(len(out), dtype=bool)
        showing[self._lip_faces[_facing(out, self._lip_faces)]] = True
        lips = np.flatnonzero(showing)
        for row in self.rows:
            deep = row.behind(out, out[lips])
            out[lips, 2] += np.where(deep > 0, deep + TOOTH_MARGIN, 0.0)
            self._push_triangles(out, row)
        touched = np.zeros(len(out), dtype=bool)
        touched[self._movable] = (out[self._movable] != vertices[self._movable]).any(axis=1)
        return out, touched

    def _in_teeth(self, vertices: Vertices, row: ToothRow) -> tuple[npt.NDArray[np.int32], npt.NDArray[np.float64]]:
        """Returns the triangles of the lips that may lie in a row of teeth, (t, 3), and how deep each does, metres.

        Only those count that face the viewer: what is rolled in may lie between the teeth.
        """
        corners = [each.take(self._lip_corners) for each in np.ascontiguousarray(vertices.T)]
        low, high = (np.stack([extreme.reduce(each) for each in corners]) for extreme in (np.minimum, np.maximum))
        faces = self._lip_faces[row.reached(vertices, low, high)]
        faces = faces[_facing(vertices, faces)]
        inside = row.inside(vertices, _spread(vertices, faces)).reshape(SPREAD, len(faces))
        return faces, inside.max(axis=0, initial=0.0)

    def _push_triangles(self, vertices: Vertices, row: ToothRow) -> None:
        """Moves triangles forward, in place, whose inside is still in the teeth while their corners are not."""
        for _ in range(ROUNDS):
            faces, inside = self._in_teeth(vertices, row)
            if inside.max(initial=0.0) <= DEEP_ENOUGH:
                return
            forward = np.zeros(len(vertices))
            np.maximum.at(forward, faces, inside[:, None])
            vertices[:, 2] += forward

    def depths(self, vertices: Vertices, eyes: Mapping[str, Ball]) -> tuple[float, float]:
        """Returns how deep skin lies in an eye and in the teeth, at vertices and inside triangles, metres.

        Of the lips, what faces the viewer counts.
        """
        in_eye = max(_inside(_spread(vertices, self._lid_faces[side]), ball) for side, ball in eyes.items())
        return in_eye, max(float(self._in_teeth(vertices, row)[1].max(initial=0.0)) for row in self.rows)

    @cached_property
    def lids(self) -> dict[str, Indices]:
        """The skin vertices near the front of each eye."""
        skin = _used(self.basis, "skin")
        near = {}
        for side, ball in self.eyes.items():
            offset = self.average[skin] - ball.centre
            close = (np.linalg.norm(offset, axis=1) < 1.6 * ball.radius) & (offset[:, 2] > 0)
            near[side] = skin[close]
        return near

    @cached_property
    def lips(self) -> Indices:
        """The skin vertices in front of the teeth."""
        skin = _used(self.basis, "skin")
        teeth = self.average[np.concatenate([_used(self.basis, row) for row in ROWS])]
        low, high = teeth.min(axis=0) - 0.012, teeth.max(axis=0) + 0.012
        inside = (self.average[skin, :2] > low[:2]) & (self.average[skin, :2] < high[:2])
        return np.asarray(skin[inside.all(axis=1) & (self.average[skin, 2] > teeth[:, 2].max() - 0.02)])

    @cached_property
    def _movable(self) -> Indices:
        """The vertices that contact may move."""
        return np.asarray(np.unique(np.concatenate([self.lips, *self.lids.values()])))

    @cached_property
    def rows(self) -> tuple[ToothRow, ...]:
        """The fronts of the upper and the lower teeth."""
        return tuple(_tooth_row(self.average, _used(self.basis, name)) for name in ROWS)

    @cached_property
    def _lid_faces(self) -> dict[str, npt.NDArray[np.int32]]:
        return {side: _faces_over(self.basis, lids) for side, lids in self.lids.items()}

    @cached_property
    def _lip_corners(self) -> Corners:
        return corners_of(self._lip_faces)

    @cached_property
    def _lip_faces(self) -> npt.NDArray[np.int32]:
        return _faces_over(self.basis, self.lips)


def _used(basis: FaceBasis, part: str) -> Indices:
    return np.asarray(np.unique(basis.faces_of(part)), dtype=np.int64)


def _faces_over(basis: FaceBasis, vertices: Indices) -> npt.NDArray[np.int32]:
    skin = basis.faces_of("skin")
    return np.asarray(skin[np.isin(skin, vertices).all(axis=1)])


def _tooth_row(average: Vertices, teeth: Indices) -> ToothRow:
    front, low, high = [], [], []
    width = BINS[1] - BINS[0]
    for middle in BINS:
        near = teeth[np.abs(average[teeth, 0] - middle) <= width]
        if not len(near):
            continue
        depth = average[near, 2]
        facing = near[depth > depth.max() - 0.003]
        front.append(near[depth.argmax()])
        low.append(facing[average[facing, 1].argmin()])
        high.append(facing[average[facing, 1].argmax()])
    return ToothRow(*(np.array(found, dtype=np.int64) for found in (front, low, high)))


def _outside(points: Vertices, ball: Ball) -> Vertices:
    """Returns points with those in front of and inside a ball moved to just above its surface."""
    offset = points - ball.centre
    distance = np.linalg.norm(offset, axis=1, keepdims=True)
    wanted = ball.radius + EYE_MARGIN
    inside = (distance < wanted) & (offset[:, 2:] > 0)
    return np.where(inside, ball.centre + offset * (wanted / np.maximum(distance, 1e-9)), points)


def _inside(points: Vertices, ball: Ball) -> float:
    x, y, z = (points - ball.centre).T
    squared = (x * x + y * y + z * z)[z > 0].min(initial=np.inf)
    return max(0.0, float(ball.radius - np.sqrt(squared)))


def _facing(vertices: Vertices, faces: npt.NDArray[np.int32]) -> npt.NDArray[np.bool_]:
    """Returns which triangles (f,) face a viewer in front."""
    x, y, z = doubled_areas(vertices, corners_of(faces)).T
    return np.asarray(z > FACING * np.sqrt(x * x + y * y + z * z))


SPREAD = 7
"""Points of a triangle that stand for all of it: corners, middles of the edges and the centre."""


def _spread(vertices: Vertices, faces: npt.NDArray[np.int32]) -> Vertices:
    """Returns the (SPREAD * f, 3) points that stand for triangles (f, 3)."""
    a, b, c = (vertices.take(corner, axis=0) for corner in corners_of(faces))
    return np.concatenate([a, b, c, (a + b) / 2, (b + c) / 2, (c + a) / 2, (a + b + c) / 3])
