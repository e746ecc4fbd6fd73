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
        middle = vertices[self.front, 0]
        front, low, high = (
            np.interp(points[:, 0], middle, values)
            for values in (vertices[self.front, 2], vertices[self.low, 1], vertices[self.high, 1])
        )
        beside = (points[:, 0] < middle[0]) | (points[:, 0] > middle[-1])
        depth = front - points[:, 2]
        hidden = ~beside & (points[:, 1] > low) & (points[:, 1] < high) & (depth < DEEPEST)
        ways_out = np.stack([depth, points[:, 1] - low, high - points[:, 1]])
        return np.where(hidden & (depth > 0), ways_out, 0.0)


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
        lips = np.unique(self._showing(out))
        for row in self.rows:
            deep = row.behind(out, out[lips])
            out[lips, 2] += np.where(deep > 0, deep + TOOTH_MARGIN, 0.0)
            self._push_triangles(out, row)
        return out, np.asarray((out != vertices).any(axis=1))

    def _showing(self, vertices: Vertices) -> npt.NDArray[np.int32]:
        """Returns the triangles of the lips that face the viewer: what is rolled in may lie between the teeth."""
        a, b, c = (vertices[self._lip_faces[:, corner]] for corner in range(3))
        normal = np.cross(b - a, c - a)
        facing = normal[:, 2] > FACING * np.linalg.norm(normal, axis=1)
        return np.asarray(self._lip_faces[facing])

    def _push_triangles(self, vertices: Vertices, row: ToothRow) -> None:
        """Moves triangles forward, in place, whose inside is still in the teeth while their corners are not."""
        for _ in range(ROUNDS):
            faces = self._showing(vertices)
            inside = row.inside(vertices, _spread(vertices, faces)).reshape(-1, len(faces)).max(axis=0)
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
        lips = _spread(vertices, self._showing(vertices))
        return in_eye, max(float(row.inside(vertices, lips).max(initial=0.0)) for row in self.rows)

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
    def rows(self) -> tuple[ToothRow, ...]:
        """The fronts of the upper and the lower teeth."""
        return tuple(_tooth_row(self.average, _used(self.basis, name)) for name in ROWS)

    @cached_property
    def _lid_faces(self) -> dict[str, npt.NDArray[np.int32]]:
        return {side: _faces_over(self.basis, lids) for side, lids in self.lids.items()}

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
    offset = points - ball.centre
    deep = ball.radius - np.linalg.norm(offset, axis=1)
    return float(np.where(offset[:, 2] > 0, deep, 0.0).max(initial=0.0))


def _spread(vertices: Vertices, faces: npt.NDArray[np.int32]) -> Vertices:
    """Returns points of triangles: corners, middles of the edges and the centre."""
    a, b, c = (vertices[faces[:, corner]] for corner in range(3))
    return np.concatenate([a, b, c, (a + b) / 2, (b + c) / 2, (c + a) / 2, (a + b + c) / 3])
