"""Triangles that are never drawn: leaving them out must change nothing that is seen."""

import dataclasses

import numpy as np
import pytest

from render.assembly import assemble
from render.backends import raster as backend
from render.backends.raster_culling import Extents, hidden
from render.camera import Camera

ROWS, COLUMNS = 41, 57


def random_triangles(count, seed):
    """Triangles of all sizes in clip space, as the corners of ``Extents`` with the identity for a camera."""
    random = np.random.default_rng(seed)
    middle = random.uniform(-1.2, 1.2, (count, 1, 3)) * (1, 1, 0.8)
    points = middle + random.normal(size=(count, 3, 3)) * random.choice([0.004, 0.05, 0.4], (count, 1, 1)) * (1, 1, 0.2)
    return points.reshape(-1, 3).astype(np.float32), np.arange(3 * count, dtype=np.uint32).reshape(-1, 3)


def covered(triangle):
    """Returns the samples (n, 2) that a triangle (3, 3) of clip space covers, row first, by its three edges."""
    last = np.array((COLUMNS - 1, ROWS - 1))
    a, b, c = (triangle[:, :2] * 0.5 + 0.5) * last
    rows, columns = np.mgrid[:ROWS, :COLUMNS]
    sides = [(q[0] - p[0]) * (rows - p[1]) - (q[1] - p[1]) * (columns - p[0]) for p, q in ((a, b), (b, c), (c, a))]
    inside = np.all([side >= 0 for side in sides], axis=0) | np.all([side <= 0 for side in sides], axis=0)
    return np.argwhere(inside)


@pytest.mark.parametrize("seed", range(3))
def test_only_what_no_sample_shows_is_left_out(seed):
    points, corners = random_triangles(400, seed)
    random = np.random.default_rng(seed)
    coarse = random.uniform(0.2, 1.0, (6, 8)).repeat(7, axis=0).repeat(8, axis=1)
    drawn = np.where(random.uniform(size=(ROWS, COLUMNS)) < 0.02, 1.0, coarse[:ROWS, :COLUMNS]).astype(np.float32)
    extents = Extents.of(points, corners, np.eye(4), (ROWS, COLUMNS))
    chosen = np.flatnonzero(extents.covers)
    gone = np.ones(len(corners), dtype=bool)
    gone[chosen] = hidden(extents, chosen, drawn)
    assert 50 < gone.sum() < 350
    for triangle in points[corners[gone]]:
        row, column = covered(triangle).T
        assert (triangle[:, 2].min() * 0.5 + 0.5 > drawn[row, column]).all()


def test_triangles_that_reach_behind_the_camera_are_not_placed():
    camera = Camera(100.0, (20.0, 20.0), np.eye(4), 40, 40)
    points = np.array([[0, 0, -1], [1, 0, -1], [0, 1, 0.5]], np.float32)
    to_clip = camera.projection() @ camera.world_to_camera
    assert Extents.of(points, np.array([[0, 1, 2]], np.uint32), to_clip, (81, 81)) is None


def test_pictures_are_the_same_with_every_triangle_drawn(raster, drawn_specs, model, monkeypatch):
    for spec in drawn_specs[:6]:
        scene = assemble(dataclasses.replace(spec, key=f"{spec.key}-all"), model)
        fewer = raster.render(scene)
        with monkeypatch.context() as patched:
            patched.setattr(backend, "hidden", lambda extents, chosen, drawn: np.zeros(len(chosen), dtype=bool))
            every = raster.render(scene)
        for name in raster.passes:
            np.testing.assert_array_equal(fewer[name], every[name])
