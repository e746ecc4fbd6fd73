"""Sight against a slow ray caster and against a sphere."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from render.camera import Camera
from render.scene import SceneMesh
from render.sight import Sight

CAMERA = Camera(100.0, (0.0, 0.0), np.eye(4), 64, 64)
"""At the origin: the world is the camera's frame."""


def mesh_of(vertices, faces):
    count = len(vertices)
    flat = np.zeros((count, 3), np.float32)
    texture = np.zeros((1, 1, 3), np.uint8)
    faces = np.asarray(faces, np.int32)
    return SceneMesh(
        "mesh",
        np.asarray(vertices, np.float32),
        flat,
        flat[:, :2],
        faces,
        texture,
        texture[..., 0],
        flat[:, 0],
    )


def met_before(corners, point, margin):
    """Whether the ray from the origin to a point meets a triangle nearer by a margin (Möller & Trumbore 1997)."""
    ray = point / -point[2]
    a, first, second = corners[:, 0], corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0]
    volume = (first * np.cross(ray, second)).sum(1)
    u = -(a * np.cross(ray, second)).sum(1) / volume
    v, depth = np.cross(-a, first) @ ray / volume, (np.cross(-a, first) * second).sum(1) / volume
    return ((u >= 0) & (v >= 0) & (u + v <= 1) & (depth < -point[2] - margin)).any()


@settings(deadline=None, max_examples=30)
@given(seed=st.integers(0, 10_000), count=st.integers(1, 40), size=st.floats(0.01, 0.5))
def test_points_among_triangles_are_seen_as_a_ray_caster_sees_them(seed, count, size):
    random = np.random.default_rng(seed)
    centres = random.uniform((-0.5, -0.5, -2), (0.5, 0.5, -1), (count, 1, 3))
    corners = (centres + size * random.normal(size=(count, 3, 3)) * (1, 1, 0.2)).astype(np.float32).astype(float)
    points = random.uniform((-0.5, -0.5, -2.5), (0.5, 0.5, -0.8), (50, 3))
    halves = np.array_split(np.arange(3 * count), [3 * (count // 2)])
    meshes = [mesh_of(corners.reshape(-1, 3)[half], np.arange(len(half)).reshape(-1, 3)) for half in halves]
    found = Sight(meshes, CAMERA).clear(points, 0.01)
    assert found.tolist() == [not met_before(corners, point, 0.01) for point in points]


def test_a_point_on_a_surface_is_not_hidden_by_it():
    corners = np.array([[-1.0, -1.0, -1.0], [1.0, -1.0, -2.0], [0.0, 1.0, -1.5]])
    weights = np.random.default_rng(1).dirichlet((1, 1, 1), 200)
    sight = Sight([mesh_of(corners, [[0, 1, 2]])], CAMERA)
    assert sight.clear(weights @ corners, 0.001).all()
    assert not sight.clear(weights @ corners * 1.01, 0.001).any()
    assert sight.clear(weights @ corners * 0.99, 0.001).all()


@pytest.mark.parametrize("count", [1, 2])
def test_few_points_need_no_room(count):
    sight = Sight([mesh_of([[-1, -1, -1], [1, -1, -1], [0, 1, -1]], [[0, 1, 2]])], CAMERA)
    assert not sight.clear(np.full((count, 3), (0.0, 0.0, -2.0)), 0.001).any()


def test_a_triangle_without_area_hides_nothing():
    sight = Sight([mesh_of([[-1, 0, -1], [1, 0, -1], [0, 0, -1]], [[0, 1, 2]])], CAMERA)
    assert sight.clear(np.array([[0.0, 0.0, -2.0]]), 0.001).all()
