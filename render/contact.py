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
from render.kernels.contact import (
    bring_forward,
    depth_in_ball,
    depths,
    in_row,
    push_faces,
    push_out,
    row_of,
    showing,
)

Vertices = npt.NDArray[np.float64]
Indices = npt.NDArray[np.int64]

TOOTH_MARGIN = 0.0003
ROUNDS = 6
DEEP_ENOUGH = 0.0002
"""Triangles are moved out of the teeth until they lie no deeper than this, at most so many times; metres."""

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
        return self._depths(vertices, points)[:, 0]

    def inside(self, vertices: Vertices, points: Vertices) -> npt.NDArray[np.float64]:
        """Returns how deep points (n, 3) lie in the row: how far they are from its front or its edges, metres."""
        return np.asarray(self._depths(vertices, points).min(axis=1))

    def _depths(self, vertices: Vertices, points: Vertices) -> npt.NDArray[np.float64]:
        row = self.of(vertices)
        return np.array([depths(row, x, y, z) for x, y, z in points.tolist()])

    def of(self, vertices: Vertices) -> npt.NDArray[np.float64]:
        """Returns (4, B): places across the row, and there the depth of its front and its lower and upper edge."""
        return row_of(vertices, self.front, self.low, self.high)


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
            push_out(out, self.lids[side], ball.centre, ball.radius)
        lips = showing(out, self._lip_faces)
        for row in self.rows:
            teeth = row.of(out)
            bring_forward(out, lips, teeth, TOOTH_MARGIN)
            push_faces(out, self._lip_faces, teeth, ROUNDS, DEEP_ENOUGH)
        touched = np.zeros(len(out), dtype=bool)
        touched[self._movable] = (out[self._movable] != vertices[self._movable]).any(axis=1)
        return out, touched

    def depths(self, vertices: Vertices, eyes: Mapping[str, Ball]) -> tuple[float, float]:
        """Returns how deep skin lies in an eye and in the teeth, at vertices and inside triangles, metres.

        Of the lips, what faces the viewer counts.
        """
        in_eye = (
            depth_in_ball(vertices, self._lid_faces[side], ball.centre, ball.radius) for side, ball in eyes.items()
        )
        in_teeth = (in_row(vertices, self._lip_faces, row.of(vertices)).max(initial=0.0) for row in self.rows)
        return max(in_eye), float(max(in_teeth))

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
