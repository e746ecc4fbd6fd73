"""Sheets, tubes and balls, joined to one mesh."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from render.mesh import Topology
from render.occluders.head import Axes
from render.scene import SEGMENT, Material, Pixels, SceneMesh

Points = npt.NDArray[np.float64]

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
    index = np.arange(count * across).reshape(count, across)
    a, b, c, d = index[:-1, :-1].ravel(), index[1:, :-1].ravel(), index[1:, 1:].ravel(), index[:-1, 1:].ravel()
    faces = np.concatenate([np.stack([a, b, c], axis=1), np.stack([a, c, d], axis=1)]).astype(np.int32)
    v, u = np.meshgrid(np.linspace(*rows, count), np.linspace(0, 1, across), indexing="ij")
    return Part(points.reshape(-1, 3), np.stack([u, v], axis=-1).reshape(-1, 2), faces)


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
