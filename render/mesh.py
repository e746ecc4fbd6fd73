"""Triangle meshes as arrays: normals, rasterisation into a texture, ambient occlusion, ray picking."""

from dataclasses import dataclass
from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt

from faceset.pose import rotation
from render.kernels.mesh import vertex_normals

Vertices = npt.NDArray[np.float32]
Faces = npt.NDArray[np.int32]
Real = TypeVar("Real", bound=np.floating[Any])


@dataclass(frozen=True)
class Topology:
    """The triangles of one object and what follows from them alone.

    Attributes:
        faces: (F, 3) vertex indices.
        num_vertices: number of vertices.
    """

    faces: Faces
    num_vertices: int

    def normals(self, vertices: Vertices) -> Vertices:
        """Returns the (V, 3) unit vertex normals: area-weighted means of the adjoining triangles."""
        return vertex_normals(np.ascontiguousarray(vertices, dtype=np.float32), self.faces)


def barycentric_2d(triangle: npt.NDArray[np.float64], points: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Returns the (n, 3) barycentric coordinates of (n, 2) points in one (3, 2) triangle; zeros if degenerate."""
    (ax, ay), (bx, by), (cx, cy) = triangle
    area = (bx - ax) * (cy - ay) - (cx - ax) * (by - ay)
    if abs(area) < 1e-18:
        return np.full((len(points), 3), -1.0)
    x, y = points.T
    first = ((bx - x) * (cy - y) - (cx - x) * (by - y)) / area
    second = ((cx - x) * (ay - y) - (ax - x) * (cy - y)) / area
    return np.stack([first, second, 1 - first - second], axis=1)


def rasterised(
    corners: npt.NDArray[np.float64], height: npt.NDArray[np.float64], size: int
) -> tuple[npt.NDArray[np.int32], npt.NDArray[np.float64]]:
    """Returns per texel the topmost triangle (-1: none) and its barycentrics, (S, S) and (S, S, 3).

    Args:
        corners: (F, 3, 2) triangle corners in texels.
        height: (F,) which triangle lies on top where several overlap: the largest wins.
        size: texels per side.
    """
    index = np.full((size, size), -1, dtype=np.int32)
    weights = np.zeros((size, size, 3))
    for face in np.argsort(height, kind="stable"):
        triangle = corners[face]
        low = np.clip(np.floor(triangle.min(axis=0) - 0.5).astype(int), 0, size - 1)
        high = np.clip(np.ceil(triangle.max(axis=0) + 0.5).astype(int), 0, size - 1)
        xs, ys = np.meshgrid(np.arange(low[0], high[0] + 1), np.arange(low[1], high[1] + 1))
        found = barycentric_2d(triangle, np.stack([xs.ravel() + 0.5, ys.ravel() + 0.5], axis=1))
        inside = (found >= -1e-9).all(axis=1)
        index[ys.ravel()[inside], xs.ravel()[inside]] = face
        weights[ys.ravel()[inside], xs.ravel()[inside]] = found[inside]
    return index, weights


def front_hits(
    vertices: npt.NDArray[np.float64], faces: Faces, points: npt.NDArray[np.float64]
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.float64]]:
    """Returns the triangles (n,) that a viewer on +Z sees at points (n, 2), and the (n, 3) barycentrics of the hits.

    Raises:
        ValueError: nothing lies behind a point.
    """
    corners = vertices[faces]
    low, high = corners[..., :2].min(axis=1), corners[..., :2].max(axis=1)
    index, weights = np.zeros(len(points), dtype=np.int64), np.zeros((len(points), 3))
    for number, point in enumerate(points):
        near = np.flatnonzero(((low <= point) & (high >= point)).all(axis=1))
        index[number], weights[number] = _front_of(corners, near, point)
    return index, weights


def _front_of(
    corners: npt.NDArray[np.float64], near: npt.NDArray[np.int64], point: npt.NDArray[np.float64]
) -> tuple[int, npt.NDArray[np.float64]]:
    best, where, depth = -1, np.zeros(3), -np.inf
    for face in near:
        weights = barycentric_2d(corners[face][:, :2], point[None])[0]
        z = float(weights @ corners[face][:, 2])
        if weights.min() >= -1e-9 and z > depth:
            best, where, depth = int(face), weights, z
    if best < 0:
        raise ValueError(f"no surface lies behind the point {tuple(point)}")
    return best, where


def _sphere_directions(count: int) -> npt.NDArray[np.float64]:
    """Returns (count, 2) yaw and pitch of directions spread evenly over the sphere (Fibonacci lattice)."""
    step = np.arange(count) + 0.5
    return np.asarray(np.stack([np.pi * (1 + 5**0.5) * step, np.arcsin(1 - 2 * step / count)], axis=1))


def _surface_samples(vertices: Vertices, faces: Faces, per_face: int) -> npt.NDArray[np.float64]:
    """Returns points spread evenly inside every triangle: (F * per_face, 3)."""
    step = np.arange(per_face) + 0.5
    u, v = step / per_face, (step * 0.6180339887) % 1.0
    root = np.sqrt(u)
    weights = np.stack([1 - root, root * (1 - v), root * v], axis=1)
    return np.asarray(np.einsum("pk,fkd->fpd", weights, vertices[faces].astype(np.float64)).reshape(-1, 3))


def openness(
    vertices: Vertices, normals: Vertices, faces: Faces, num_directions: int = 96, resolution: int = 160
) -> npt.NDArray[np.float32]:
    """Returns the (V,) cosine-weighted fraction of the sky each vertex sees: ambient occlusion, 1 is open.

    For each direction the surface is splatted into an orthographic height map; a vertex sees that part of the sky
    if it is not more than a few millimetres below the map.
    """
    low = vertices.min(axis=0)
    extent = float((vertices.max(axis=0) - low).max()) * 1.75
    points = _surface_samples(vertices, faces, 24)
    lifted = (vertices + normals * 0.0015).astype(np.float64)
    seen, total = np.zeros(len(vertices)), np.zeros(len(vertices))
    for yaw, pitch in _sphere_directions(num_directions):
        frame = rotation(float(yaw), float(pitch)).T
        cosine = np.maximum(normals @ frame[2], 0.0)
        total += cosine
        seen += cosine * _reaches_sky(points @ frame.T, lifted @ frame.T, extent, resolution)
    return np.asarray(seen / np.maximum(total, 1e-9), dtype=np.float32)


def _reaches_sky(
    surface: npt.NDArray[np.float64], probes: npt.NDArray[np.float64], extent: float, resolution: int
) -> npt.NDArray[np.bool_]:
    origin = surface[:, :2].mean(axis=0) - extent / 2

    def cell(points: npt.NDArray[np.float64]) -> npt.NDArray[np.int64]:
        grid = np.clip(((points[:, :2] - origin) / extent * resolution).astype(np.int64), 0, resolution - 1)
        return np.asarray(grid[:, 1] * resolution + grid[:, 0])

    top = np.full(resolution * resolution, -np.inf)
    np.maximum.at(top, cell(surface), surface[:, 2])
    return np.asarray(probes[:, 2] > top[cell(probes)] - 0.003)
