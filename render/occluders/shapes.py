"""Sheets, tubes and balls, joined to one mesh."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np
import numpy.typing as npt

from render.mesh import Topology
from render.occluders.head import Axes
from render.scene import SEGMENT, Material, Pixels, SceneMesh

Points = npt.NDArray[np.float64]

SIDES = 8
"""Corners of a tube's section."""

LOWEST = -0.20
"""Nothing that is worn is drawn lower than this below the ears: no picture of the face reaches there; metres."""

TIP = 0.0003
"""Radius of the hole where a surface of revolution meets its axis, metres: a point has no normal."""


@dataclass(frozen=True)
class Part:
    """A piece of a mesh: (V, 3) vertices, (V, 2) texture coordinates, (F, 3) triangles."""

    vertices: Points
    uv: Points
    faces: npt.NDArray[np.int32]

    def in_world(self, axes: Axes) -> "Part":
        """Returns the piece, given in a head's frame, in the world."""
        return replace(self, vertices=axes.world(self.vertices))


def sheet(points: Points, rows: tuple[float, float] = (0.0, 1.0)) -> Part:
    """Returns a surface through a grid of points (R, C, 3); its outside is where columns cross rows.

    Args:
        points: rows from top to bottom, columns from the person's right to the left.
        rows: texture rows of the first and of the last row.
    """
    count, across, _ = points.shape
    faces, uv = _grid(count, across, *rows)
    return Part(points.reshape(-1, 3), uv, faces)


@lru_cache(64)
def _grid(count: int, across: int, first: float, last: float) -> tuple[npt.NDArray[np.int32], Points]:
    """Returns the triangles of a sheet of ``count`` rows, and its texture coordinates; read only."""
    index = np.arange(count * across).reshape(count, across)
    a, b, c, d = index[:-1, :-1].ravel(), index[1:, :-1].ravel(), index[1:, 1:].ravel(), index[:-1, 1:].ravel()
    faces = np.concatenate([np.stack([a, b, c], axis=1), np.stack([a, c, d], axis=1)]).astype(np.int32)
    v, u = np.meshgrid(np.linspace(first, last, count), np.linspace(0, 1, across), indexing="ij")
    uv = np.stack([u, v], axis=-1).reshape(-1, 2)
    faces.flags.writeable = uv.flags.writeable = False
    return faces, uv


def tube(
    spine: Points, along: Points, half: tuple[Points | float, Points | float], closed: bool = False, row: float = 0.5
) -> Part:
    """Returns a rod around a line of points (n, 3), of one colour; its vertices are shared, so that it looks round.

    Args:
        spine: the line, metres.
        along: (3,) direction that the section's first axis keeps to; nowhere that of the line.
        half: half sizes of the section along that direction and across it, one value or (n,), metres.
        closed: whether the last point joins the first; its ends are flat otherwise.
        row: texture row.
    """
    ends = (np.roll(spine, -1, axis=0), np.roll(spine, 1, axis=0)) if closed else (spine[1:], spine[:-1])
    way = _unit(ends[0] - ends[1]) if closed else _unit(np.gradient(spine, axis=0))
    across = _unit(_crossed(way, np.broadcast_to(along, way.shape)))
    upright = _crossed(across, way)
    count, turn = len(spine), 2 * np.pi * np.arange(SIDES) / SIDES
    first, second = (np.broadcast_to(np.asarray(size, dtype=np.float64), count)[:, None, None] for size in half)
    ring = first * np.sin(turn)[:, None] * upright[:, None] + second * np.cos(turn)[:, None] * across[:, None]
    vertices = (spine[:, None] + ring).reshape(-1, 3)
    vertices = vertices if closed else np.concatenate([vertices, spine[[0, -1]]])
    return Part(vertices, np.tile([0.5, row], (len(vertices), 1)), _tube_faces(count, closed))


@lru_cache(64)
def _tube_faces(count: int, closed: bool) -> npt.NDArray[np.int32]:
    """Returns the triangles of a rod of ``count`` rings, whose ends, if it has any, follow the rings; read only."""
    step = np.arange(count if closed else count - 1)[:, None] * SIDES
    here, beside = step + np.arange(SIDES), step + (np.arange(SIDES) + 1) % SIDES
    after, diagonal = (here + SIDES) % (count * SIDES), (beside + SIDES) % (count * SIDES)
    quads = np.stack([here, beside, diagonal, after], axis=-1).reshape(-1, 4)
    faces = np.concatenate([quads[:, [0, 1, 2]], quads[:, [0, 2, 3]]])
    if not closed:
        first_ring, last_ring = np.arange(SIDES), (count - 1) * SIDES + np.arange(SIDES)
        front = np.stack([np.full(SIDES, count * SIDES), np.roll(first_ring, -1), first_ring], axis=1)
        back = np.stack([np.full(SIDES, count * SIDES + 1), last_ring, np.roll(last_ring, -1)], axis=1)
        faces = np.concatenate([faces, front, back])
    kept: npt.NDArray[np.int32] = faces.astype(np.int32)
    kept.flags.writeable = False
    return kept


def _crossed(one: Points, other: Points) -> Points:
    """Returns the (n, 3) cross products of vectors (n, 3); for few of them faster than numpy's."""
    (ax, ay, az), (bx, by, bz) = one.T, other.T
    return np.stack([ay * bz - az * by, az * bx - ax * bz, ax * by - ay * bx], axis=1)


def _unit(vectors: Points) -> Points:
    return np.asarray(vectors / np.maximum(np.linalg.norm(vectors, axis=-1, keepdims=True), 1e-12))


def lathe(profile: Points, start: Points, axis: Points, rows: tuple[float, float] = (0.0, 1.0)) -> Part:
    """Returns a surface of revolution.

    Args:
        profile: (n, 2) radius and distance along the axis, from the end to the start of the axis, metres.
        start: (3,) where the axis begins.
        axis: (3,) its unit direction.
        rows: texture rows of the first and of the last ring.
    """
    side = np.cross(axis, [1.0, 0.0, 0.0] if abs(axis[0]) < 0.9 else [0.0, 1.0, 0.0])
    side = side / np.linalg.norm(side)
    turn = 2 * np.pi * np.arange(29) / 28
    ring = np.cos(turn)[:, None] * side + np.sin(turn)[:, None] * np.cross(side, axis)
    return sheet(start + np.maximum(profile[:, :1, None], TIP) * ring + profile[:, 1:, None] * axis, rows)


def above(part: Part, seen: Points, lowest: float) -> Part:
    """Returns a piece without the triangles that reach below a height, and without vertices that none needs.

    Args:
        part: the piece, in any frame.
        seen: its (V, 3) vertices in the frame of the height.
        lowest: the height, metres.
    """
    used, faces = np.unique(part.faces[(seen[part.faces, 1] > lowest).all(axis=1)], return_inverse=True)
    return Part(part.vertices[used], part.uv[used], faces.reshape(-1, 3).astype(np.int32))


def joined(name: str, parts: Sequence[Part], albedo: Pixels, material: Material) -> SceneMesh:
    """Returns the mesh of an occluder, world frame."""
    vertices = np.concatenate([part.vertices for part in parts]).astype(np.float32)
    starts = np.cumsum([0] + [len(part.vertices) for part in parts[:-1]])
    faces = np.concatenate([part.faces + start for part, start in zip(parts, starts, strict=True)]).astype(np.int32)
    return SceneMesh(
        name=name,
        vertices=vertices,
        normals=Topology(faces, len(vertices)).normals(vertices).astype(np.float32),
        uv=np.concatenate([part.uv for part in parts]).astype(np.float32),
        faces=faces,
        albedo=albedo,
        segments=np.full((1, 1), SEGMENT[name], dtype=np.uint8),
        occlusion=np.ones(len(vertices), dtype=np.float32),
        material=material,
    )


def painted(colours: Sequence[Points] | Points) -> Pixels:
    """Returns a texture of (n, 3) colours in [0, 1], sRGB, one below the other, eight texels each."""
    rows = np.repeat(np.round(np.clip(np.asarray(colours), 0, 1) * 255).astype(np.uint8), 8, axis=0)
    return np.ascontiguousarray(np.repeat(rows[:, None], 8, axis=1))
