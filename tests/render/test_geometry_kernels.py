"""The compiled loops of geometry against the same steps in numpy, whole arrays at a time."""

import numpy as np
import pytest
from scipy.ndimage import maximum_filter

from faceset.pose import rotation
from render.kernels.contact import EYE_MARGIN, FACING, bring_forward, depth_in_ball, in_row, push_out, showing
from render.kernels.mesh import add_sparse, vertex_normals
from render.kernels.occluders import filled, from_aside, in_axes, over_plane, spread_over, taut
from render.kernels.occluders import spread as spread_around
from render.kernels.placing import bent, moved, moved_single, normalised, placed, turned, unit_rays
from render.kernels.shadow import CELL, LIFT, MIDDLE, OFFSETS, REACH, SIZE, SOFT, cast, lit
from render.kernels.surface import changed, chosen_places, not_behind, shown_pixels, spread, texels

ROW = np.array([[-0.02, -0.01, 0.01, 0.02], [0.008, 0.01, 0.01, 0.008], [0.0, 0.001, 0.001, 0.0], [0.01] * 4])
"""A row of teeth: places across, and there its front and its lower and upper edge."""


@pytest.fixture
def soup():
    """Vertices and triangles without order, a few centimetres wide."""
    random = np.random.default_rng(1)
    return random.normal(0, 0.02, (60, 3)), random.integers(0, 60, (100, 3)).astype(np.int32)


def test_a_vertex_normal_is_the_mean_of_its_triangles_by_area(soup):
    vertices, faces = soup[0].astype(np.float32), soup[1]
    a, b, c = vertices[faces].transpose(1, 0, 2)
    summed = np.zeros((60, 3))
    for corner in faces.T:
        np.add.at(summed, corner, np.cross(b - a, c - a))
    used = np.linalg.norm(summed, axis=1) > 0
    truth = summed[used] / np.linalg.norm(summed[used], axis=1, keepdims=True)
    np.testing.assert_allclose(vertex_normals(vertices, faces)[used], truth, atol=1e-4)
    assert (vertex_normals(vertices, faces)[~used] == 0).all()


@pytest.mark.parametrize("kind", [np.float32, np.float64])
def test_changes_without_their_zeros_add_up_to_the_same(kind):
    random = np.random.default_rng(3)
    changes = (random.normal(size=(6, 40)) * (random.uniform(size=(6, 40)) < 0.3)).astype(kind)
    change, place = np.nonzero(changes)
    starts = np.searchsorted(change, np.arange(7))
    chosen, amounts = np.array([4, 0, 5]), random.normal(size=3).astype(kind)
    values = random.normal(size=40).astype(kind)
    found = values.copy()
    add_sparse(found, chosen, amounts, starts, place.astype(np.int32), changes[change, place])
    np.testing.assert_allclose(found, values + amounts @ changes[chosen], atol=1e-6)


def test_rays_are_turned_unit_vectors():
    across, up, turn = np.array([-0.5, 0.0, 0.3]), np.array([0.2, -0.4]), rotation(0.7, 0.2, 0.1)
    x, y = np.meshgrid(across, up)
    rays = np.stack([x, y, np.full_like(x, -1)], axis=-1)
    truth = rays / np.linalg.norm(rays, axis=-1, keepdims=True) @ turn
    np.testing.assert_allclose(unit_rays(across, up, turn), truth, atol=1e-15)


def test_points_and_directions_are_moved_rigidly(soup):
    matrix = np.eye(4)
    matrix[:3, :3], matrix[:3, 3] = rotation(0.4, -0.2, 0.1), (0.1, 0.2, 0.3)
    truth = soup[0] @ matrix[:3, :3].T + matrix[:3, 3]
    np.testing.assert_allclose(moved(soup[0], matrix), truth, atol=1e-15)
    np.testing.assert_array_equal(moved_single(soup[0], matrix), moved(soup[0], matrix).astype(np.float32))
    for kind in (np.float32, np.float64):
        found = turned(soup[0].astype(kind), matrix)
        np.testing.assert_allclose(found, soup[0] @ matrix[:3, :3].T, atol=1e-8)
    np.testing.assert_allclose(np.linalg.norm(normalised(soup[0]), axis=1), 1, atol=1e-12)


def test_a_share_of_a_turn_is_that_share_of_its_way(soup):
    share, joint = np.random.default_rng(2).uniform(-0.5, 1, (60, 1)), np.array([0.0, 0.1, 0.0])
    offset, turn = soup[0] - joint, rotation(0.5, 0.2)
    truth = soup[0] + np.maximum(share, 0) * (offset @ turn.T - offset)
    np.testing.assert_allclose(bent(soup[0], share, turn, joint), truth, atol=1e-15)


def middles(corners):
    """The seven points that stand for triangles (F, 3, 3): (F, 7, 3)."""
    a, b, c = corners.transpose(1, 0, 2)
    return np.stack([a, b, c, (a + b) / 2, (b + c) / 2, (c + a) / 2, (a + b + c) / 3], axis=1)


def test_what_lies_in_a_ball_is_found_and_pushed_out(soup):
    vertices, faces, centre = soup[0].copy(), soup[1], np.array([0.004, 0.0, -0.006])
    points = middles(vertices[faces]) - centre
    truth = 0.012 - np.linalg.norm(points[points[..., 2] > 0], axis=-1).min()
    assert depth_in_ball(vertices, faces, centre, 0.012) == pytest.approx(truth, abs=1e-12)
    assert depth_in_ball(vertices, faces, centre, 0.0) == 0.0
    push_out(vertices, np.arange(50), centre, 0.012)
    before, after = (np.linalg.norm(each - centre, axis=1) for each in (soup[0], vertices))
    inside = (before < 0.012 + EYE_MARGIN) & (soup[0][:, 2] > centre[2]) & (np.arange(60) < 50)
    assert inside.any()
    np.testing.assert_allclose(after[inside], 0.012 + EYE_MARGIN, atol=1e-15)
    np.testing.assert_array_equal(vertices[~inside], soup[0][~inside])


def facing(corners):
    """Which triangles face a viewer in front."""
    normal = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    return normal[:, 2] > FACING * np.linalg.norm(normal, axis=1)


def test_vertices_show_where_a_triangle_of_theirs_faces_the_viewer(soup):
    np.testing.assert_array_equal(showing(*soup), np.unique(soup[1][facing(soup[0][soup[1]])]))


def in_teeth(points):
    """The (..., 3) distances of points from front, lower and upper edge of ``ROW``; zeros outside."""
    x, y, z = np.moveaxis(points, -1, 0)
    front, low, high = (np.interp(x, ROW[0], edge) for edge in ROW[1:])
    inside = (np.abs(x) <= 0.02) & (y > low) & (y < high) & (z < front) & (front - z < 0.012)
    return np.where(inside[..., None], np.stack([front - z, y - low, high - y], axis=-1), 0.0)


def test_triangles_in_a_row_of_teeth_are_as_deep_as_their_deepest_point(soup):
    vertices, faces = 0.4 * soup[0] + (0.0, 0.005, 0.005), soup[1]
    truth = in_teeth(middles(vertices[faces])).min(axis=-1).max(axis=-1) * facing(vertices[faces])
    found = in_row(vertices, faces, ROW)
    assert (truth > 0.001).any() and (truth == 0).any()
    np.testing.assert_allclose(found, truth, atol=1e-12)
    forward = vertices.copy()
    bring_forward(forward, np.arange(30), ROW, 0.0003)
    deep = in_teeth(vertices)[:, 0] * (np.arange(60) < 30)
    np.testing.assert_allclose(forward[:, 2], vertices[:, 2] + np.where(deep > 0, deep + 0.0003, 0), atol=1e-12)


def places(axes, points):
    """Columns, rows and heights of points (n, 3) in a lamp's map."""
    x, y, z = ((points - np.array(MIDDLE)) @ axes).T.astype(np.float32)
    return (x + np.float32(REACH)) / np.float32(CELL), (y + np.float32(REACH)) / np.float32(CELL), z


def cells(column, row):
    """The cells of a map."""
    across, down = (np.clip(place, 0, SIZE - 1).astype(int) for place in (column, row))
    return across + SIZE * down


def test_a_lamp_sees_the_highest_of_what_lies_in_a_cell(soup):
    vertices, faces, axes = 4 * soup[0], soup[1], rotation(0.3, 0.5)
    column, row, height = places(axes, np.concatenate([vertices, middles(vertices[faces])[:, 3:].reshape(-1, 3)]))
    truth, found = np.full(SIZE**2, -1e3, np.float32), np.full(SIZE**2, -1e3, np.float32)
    np.maximum.at(truth, cells(column, row), height)
    cast(found, axes, vertices, faces)
    # A place on the edge of a cell may be rounded into its neighbour.
    assert (np.abs(found - truth) < 1e-5).mean() > 0.999 and (found > -1).any()


@pytest.mark.parametrize("kind", [np.float32, np.float64])
def test_light_comes_from_where_nothing_lies_above(kind):
    random, axes = np.random.default_rng(4), rotation(0.3, 0.5)
    points, normals = random.normal(0, 0.05, (400, 3)).astype(kind), random.normal(size=(400, 3))
    normals = (normals / np.linalg.norm(normals, axis=1, keepdims=True)).astype(np.float32)
    heights = random.uniform(-0.1, 0.1, SIZE**2).astype(np.float32)
    maps = np.stack([heights, np.full_like(heights, 1), np.full_like(heights, -1)])
    cosine = np.clip(normals @ axes[:, 2], 0, None)
    column, row, height = places(axes, points + LIFT * normals)
    kept = np.clip(cosine, 0.3, 1)
    height = height + CELL * np.sqrt(1 - kept**2) / kept + 0.004
    over = heights[cells(column[:, None] + OFFSETS[:, 0], row[:, None] + OFFSETS[:, 1])] - height[:, None]
    share = np.clip(cosine / 0.3, 0, 1)
    truth = 1 - share**2 * (3 - 2 * share) * np.clip(over / SOFT, 0, 1).mean(axis=1)
    found = lit(maps, axes, points, normals, 0.004)
    assert np.quantile(np.abs(found - truth), 0.98) < 1e-5 and found.min() < 0.5
    # What is said to lie above all of a view, or below it, is not looked at in detail.
    np.testing.assert_allclose(lit(0 * maps - 1, axes, points, normals, 0.004), 1)
    dark = lit(0 * maps + 1, axes, points, normals, 0.004)
    np.testing.assert_allclose(dark, 1 - share**2 * (3 - 2 * share), atol=1e-6)


@pytest.fixture
def buffer():
    """A visibility buffer of three objects with 4, 2 and 3 triangles over 12 vertices; the second is not seen."""
    random = np.random.default_rng(7)
    index = random.choice([-1, 0, 1, 2, 3, 6, 7, 8], (9, 11)).astype(np.int32)
    faces = random.integers(0, 12, (9, 3)).astype(np.int32)
    barycentric = random.dirichlet((1, 1, 1), (9, 11)).astype(np.float32)[..., :2].copy()
    return index, faces, barycentric


def test_pixels_say_what_they_show(buffer):
    index, faces, barycentric = buffer
    pixel, mesh, corners, weights, order, start = shown_pixels(index, barycentric, faces, np.array([4, 6, 9]))
    np.testing.assert_array_equal(pixel, np.flatnonzero(index.ravel() >= 0))
    triangle = index.ravel()[pixel]
    np.testing.assert_array_equal(mesh, np.where(triangle < 4, 0, 2))
    np.testing.assert_array_equal(corners, faces[triangle])
    np.testing.assert_array_equal(weights[:, :2], barycentric.reshape(-1, 2)[pixel])
    np.testing.assert_allclose(weights.sum(axis=1), 1, atol=1e-6)
    for number in range(3):
        np.testing.assert_array_equal(order[start[number] : start[number + 1]], np.flatnonzero(mesh == number))
    picture = spread(triangle[:, None], pixel, 99).reshape(9, 11)
    np.testing.assert_array_equal(picture, np.where(index >= 0, index, 0))


def test_values_of_vertices_are_blended_at_pixels(buffer):
    index, faces, barycentric = buffer
    _, _, corners, weights, _, _ = shown_pixels(index, barycentric, faces, np.array([4, 6, 9]))
    values, chosen = np.random.default_rng(8).normal(size=(12, 4)), np.arange(0, len(corners), 3, dtype=np.int32)
    found = chosen_places(values, corners[chosen], weights, chosen)
    np.testing.assert_allclose(found, np.einsum("nk,nkd->nd", weights[chosen], values[corners[chosen]]), atol=1e-12)
    other = values.copy()
    other[5, 1] += 1e-12
    elsewhere = changed(values[:, :3].copy(), other[:, :3].copy(), corners)
    np.testing.assert_array_equal(elsewhere, np.flatnonzero((corners == 5).any(axis=1)))


def test_the_nearest_texel_is_taken_and_textures_repeat():
    random = np.random.default_rng(9)
    texture, uv = random.integers(0, 99, (4, 8)).astype(np.uint8), random.uniform(-1, 2, (50, 2)).astype(np.float32)
    out, chosen = np.zeros(50, np.uint8), np.arange(10, 50, dtype=np.int32)
    texels(out, chosen, uv, texture)
    column, row = np.floor(uv % 1 * (8, 4)).astype(int).T
    np.testing.assert_array_equal(out, np.where(np.arange(50) < 10, 0, texture[row.clip(max=3), column.clip(max=7)]))


def test_a_point_is_seen_in_the_picture_and_before_what_it_shows():
    furthest = np.full((10, 12), 1.5, np.float32)
    place = np.array([[0, 0, -1.4], [0, 0, -1.6], [0.9, 0, -1.4], [0, -0.9, -1.4], [0.0, 0.0, -1.5039]])
    found = not_behind(place, furthest, 10.0, (6.0, 5.0), 0.004)
    assert found.tolist() == [True, False, False, False, True]


def test_tables_around_a_head_know_the_largest_nearby():
    table = np.random.default_rng(10).uniform(0, 1, (6, 9))
    table[table < 0.6] = 0
    tall = np.pad(np.pad(table, ((1, 1), (0, 0)), mode="edge"), ((0, 0), (1, 1)), mode="wrap")
    np.testing.assert_array_equal(spread_around(table), maximum_filter(tall, 3)[1:-1, 1:-1])
    full = filled(table, 12)
    assert (full > 0).all() and (full[table > 0] == table[table > 0]).all()


def test_the_highest_point_over_each_cell_is_found(soup):
    low, found = np.array([-0.03, -0.02]), over_plane(soup[0], np.array([-0.03, -0.02]), 0.01, (4, 5), -1.0)
    column, row = np.floor((soup[0][:, :2] - low) / 0.01).astype(int).T
    for i in range(4):
        for j in range(5):
            assert found[i, j] == soup[0][(row == i) & (column == j), 2].max(initial=-1.0)


def test_points_are_spread_over_a_surface_and_given_in_axes(soup):
    vertices, faces = soup
    own, turn, origin = np.arange(7), rotation(0.2, 0.3), np.array([0.1, 0.0, 0.2])
    a, b, c = vertices[faces].transpose(1, 0, 2)
    sides = faces[:, [[0, 1], [1, 2], [2, 0]]].reshape(-1, 2)
    truth = np.concatenate([(a + b + c) / 3, vertices[sides].mean(axis=1), vertices[own]])
    np.testing.assert_allclose(spread_over(vertices, faces, sides, own), truth, atol=1e-15)
    np.testing.assert_allclose(in_axes(truth, origin, turn), (truth - origin) @ turn.T, atol=1e-15)
    weights = np.random.default_rng(11).dirichlet((1, 1, 1), 100)
    np.testing.assert_allclose(
        placed(vertices, faces, weights), np.einsum("nk,nkd->nd", weights, vertices[faces]), atol=1e-15
    )


@pytest.mark.parametrize("side", [1.0, -1.0])
def test_one_side_of_points_seen_from_there(soup, side):
    points = soup[0]
    beside = points[side * points[:, 0] > 0.005] * (side, 1, 1)
    np.testing.assert_array_equal(from_aside(points, side, 0.005), beside[:, [2, 1, 0]])


def test_a_taut_row_is_the_lowest_concave_one_above():
    values = np.random.default_rng(5).uniform(0, 1, 28)
    found = taut(values)
    assert (found >= values - 1e-12).all()
    assert (np.diff(found, 2) <= 1e-12).all()
    # Nowhere higher than some straight line between two of the values: no concave row can lie lower.
    count = np.arange(28)
    first, last, here = np.meshgrid(count, count, count, indexing="ij")
    held = (first <= here) & (here <= last) & (first < last)
    line = values[first] + (here - first) / np.maximum(last - first, 1) * (values[last] - values[first])
    np.testing.assert_allclose(found, np.where(held, line, -np.inf).max(axis=(0, 1)), atol=1e-12)
