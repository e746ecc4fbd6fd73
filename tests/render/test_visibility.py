"""The rasteriser's samples: sides belong to one triangle, the nearest is seen, nothing seen is left out."""

import dataclasses

import numpy as np
import pytest
from scipy.spatial import Delaunay

from render.assembly import assemble
from render.backends.raster_visibility import Grid, to_samples
from render.camera import Camera
from render.kernels.visibility import MAX_TRIANGLES, MESH_SHIFT, placed

HEIGHT, WIDTH = 20, 28


def camera():
    return Camera(32.0, (13.0, 11.0), np.eye(4), WIDTH, HEIGHT)


def world(columns, rows, depth):
    """Points that the camera sees at samples (column, row) of its grid, at a depth along its axis."""
    columns, rows, depth = np.broadcast_arrays(columns, rows, depth)
    x, y = (columns / 2 - 13.0) / 32.0 * depth, (11.0 - rows / 2) / 32.0 * depth
    return np.stack([x, y, -depth], axis=-1).astype(np.float32)


def drawn(points, faces, mesh=1):
    grid = Grid(HEIGHT, WIDTH)
    grid.draw(placed(np.ascontiguousarray(points, np.float32), to_samples(camera())), faces.astype(np.int32), mesh)
    return grid


def triangle_soup(count, seed):
    random = np.random.default_rng(seed)
    middle = random.uniform(-10, 70, (count, 1, 2))
    at = middle + random.normal(size=(count, 3, 2)) * random.choice([0.3, 3.0, 20.0], (count, 1, 1))
    depth = random.uniform(0.5, 2.0, (count, 1)) + random.uniform(0, 0.3, (count, 3))
    return world(at[..., 0], at[..., 1], depth).reshape(-1, 3), np.arange(3 * count).reshape(-1, 3)


def met(triangle, column, row):
    """Returns where the ray of each sample meets the plane of a triangle: barycentrics (n, 3) and depth (n,)."""
    ray = world(column, row, np.ones(column.shape)).astype(np.float64)
    weights = np.linalg.solve(triangle.astype(np.float64).T, ray.T).T
    depth = 1 / weights.sum(axis=1)
    return weights * depth[:, None], depth


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("fine", [1, 8, 10**6])
def test_every_sample_of_a_tiled_surface_belongs_to_one_triangle(seed, fine):
    random = np.random.default_rng(seed)
    # Corners on whole numbers stand on samples, and many sides run along rows, columns and diagonals of them.
    inner = np.unique(random.integers(-4 * fine, 62 * fine, (200, 2)), axis=0) / fine
    corners = np.concatenate([inner, [[-5, -5], [63, -5], [-5, 63], [63, 63]]])
    # Powers of two lose nothing to rounding, so that the surface stays a tiling.
    points = world(*corners.T, random.choice([0.5, 1.0, 2.0], len(corners)))
    owners = np.zeros((2 * HEIGHT + 1, 2 * WIDTH + 1), int)
    for face in Delaunay(corners).simplices:
        owners += drawn(points, face[None]).seen >= 0
    np.testing.assert_array_equal(owners, 1)


@pytest.mark.parametrize("seed", range(3))
def test_the_nearest_triangle_is_seen_at_its_depth(seed):
    points, faces = triangle_soup(120, seed)
    grid = drawn(points, faces)
    row, column = (each.ravel() for each in np.mgrid[: 2 * HEIGHT + 1, : 2 * WIDTH + 1])
    nearest, owner, clear = np.full(row.shape, np.inf), np.full(row.shape, -1), np.ones(row.shape, bool)
    for number, face in enumerate(faces):
        weights, depth = met(points[face], column, row)
        inside = weights.min(axis=1)
        clear &= (np.abs(inside) > 1e-4) & ~((inside > 0) & (np.abs(depth - nearest) < 1e-4))
        closer = (inside > 0) & (depth < nearest)
        nearest[closer], owner[closer] = depth[closer], number
    assert clear.mean() > 0.9 and (owner >= 0).mean() > 0.5
    found = grid.seen.ravel()[clear]
    expected = np.where(owner >= 0, (1 << MESH_SHIFT) | owner, -1)[clear]
    np.testing.assert_array_equal(found, expected)
    seen = expected >= 0
    np.testing.assert_allclose(1 / grid.nearness.ravel()[clear][seen], nearest[clear][seen], rtol=2e-6)


def test_a_floor_that_runs_under_the_camera_and_behind_it_is_whole():
    floor = np.array([[-50, -0.5, 50], [50, -0.5, 50], [50, -0.5, -50], [-50, -0.5, -50]], np.float32)
    grid = drawn(floor, np.array([[0, 1, 2], [0, 2, 3]]))
    row = np.arange(2 * HEIGHT + 1)
    slope = (row / 2 - 11.0) / 32.0
    below = slope > 0.02
    np.testing.assert_allclose(grid.nearness[below], np.repeat(slope[below, None] / 0.5, 2 * WIDTH + 1, 1), rtol=1e-6)
    assert (grid.seen[below] >= 0).all() and (grid.seen[slope < 0] == -1).all()


def test_what_is_nearer_than_the_camera_sees_is_not_seen():
    points = world(np.array([-400.0, 400, 0]), np.array([-400.0, -400, 800]), np.array([0.04, 0.04, 0.04]))
    assert (drawn(points, np.array([[0, 1, 2]])).seen == -1).all()


@pytest.mark.parametrize("seed", range(3))
def test_leaving_out_what_is_hidden_changes_nothing(seed):
    points, faces = triangle_soup(300, seed)
    front = world(np.array([5.0, 45, 40, 2]), np.array([3.0, 6, 38, 30]), np.array([0.8, 1.0, 1.2, 0.9]))
    place = placed(points, to_samples(camera()))
    wall = placed(front, to_samples(camera()))
    quad = np.array([[0, 1, 2], [0, 2, 3]], np.int32)
    culled, every = Grid(HEIGHT, WIDTH), Grid(HEIGHT, WIDTH)
    culled.draw(wall, quad, 0)
    every.draw(wall, quad, 1)
    every.seen[every.seen >= 0] -= 1 << MESH_SHIFT
    for grid in (culled, every):
        grid.draw(place, faces.astype(np.int32), 2)
    np.testing.assert_array_equal(culled.seen, every.seen)
    np.testing.assert_array_equal(culled.nearness, every.nearness)
    hidden = set(range(300)) - set((culled.seen[culled.seen >> MESH_SHIFT == 2] & (MAX_TRIANGLES - 1)).tolist())
    assert len(hidden) > 100


def test_the_order_of_meshes_changes_nothing_that_is_seen(raster, drawn_specs, model):
    for spec in drawn_specs[:3]:
        scene = assemble(spec, model)
        other = dataclasses.replace(scene, meshes=scene.labelled[::-1] + scene.meshes[len(scene.labelled) :])
        first, second = (raster.render(each, ("depth",))["depth"] for each in (scene, other))
        np.testing.assert_array_equal(first, second)
