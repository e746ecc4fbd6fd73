"""Polygons against shapes whose answer is known."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from render.polygons import PolygonMap, distance, inside

SQUARE = np.array([[-1.0, -1.0], [1.0, -1.0], [1.0, 1.0], [-1.0, 1.0]])
POINTS = st.lists(st.tuples(st.floats(-3, 3), st.floats(-3, 3)), min_size=1, max_size=20).map(np.array)


@settings(deadline=None, max_examples=60)
@given(points=POINTS)
def test_a_square_is_what_lies_between_its_sides(points):
    out = np.maximum(np.abs(points) - 1, 0)
    clear = np.abs(np.abs(points).max(axis=1) - 1) > 1e-9
    assert (inside(points, SQUARE) == (np.abs(points) < 1).all(axis=1))[clear].all()
    np.testing.assert_allclose(distance(points, SQUARE), np.linalg.norm(out, axis=1), atol=1e-9)


@settings(deadline=None, max_examples=60)
@given(points=POINTS, start=st.integers(0, 5), backwards=st.booleans())
def test_where_a_polygon_starts_and_which_way_it_goes_change_nothing(points, start, backwards):
    bay = np.array([[-2.0, -2.0], [2.0, -2.0], [2.0, 2.0], [0.0, 0.3], [-2.0, 2.0], [-1.0, 0.0]])
    other = np.roll(bay[::-1] if backwards else bay, start, axis=0)
    near = distance(points, bay)
    assert ((inside(points, bay) == inside(points, other)) | (near < 1e-9)).all()
    np.testing.assert_allclose(near, distance(points, other), atol=1e-9)


def test_a_bay_is_outside():
    bay = np.array([[-2.0, -2.0], [2.0, -2.0], [2.0, 2.0], [0.0, 0.0], [-2.0, 2.0]])
    assert inside(np.array([[0.0, 1.0], [0.0, -1.0], [1.5, 1.0]]), bay).tolist() == [False, True, True]


@settings(deadline=None, max_examples=40)
@given(points=POINTS, seed=st.integers(0, 1000), cell=st.floats(0.05, 2), count=st.integers(1, 8))
def test_a_map_of_polygons_knows_what_each_polygon_knows(points, seed, cell, count):
    random = np.random.default_rng(seed)
    polygons = [random.uniform(-2, 2, (random.integers(3, 9), 2)) for _ in range(count)]
    points = np.concatenate([points, random.uniform(-2.5, 2.5, (300, 2))])
    found = PolygonMap(polygons, cell).sets(points)
    for number, polygon in enumerate(polygons):
        assert ((found >> np.uint64(number) & np.uint64(1)).astype(bool) == inside(points, polygon)).all()
