"""The coverage grid counts every face once for each AU, and its gaps are exactly the empty cells."""

from itertools import product

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from faceset.grid import TONE, TONE_EDGES, YAW, YAW_EDGES, Axis, coverage_grid, gaps, place

YAWS = np.array([-80.0, -30.0, 0.0, 0.0, 30.0, np.nan])


def test_known_faces_fall_into_known_cells() -> None:
    axis = Axis("yaw", YAW, place(YAWS, YAW_EDGES))
    tone = Axis("tone", TONE, place(np.array([1, 3, 4, 6, 7, 10]), TONE_EDGES))
    active = np.array([[1, 0], [1, 0], [1, 1], [0, 1], [0, 0], [1, 1]], np.bool_)
    grid = coverage_grid(active, ("AU4", "AU12"), (axis, tone))
    expected = np.zeros((2, 5, 3), np.int64)
    expected[0, 0, 0] = expected[0, 1, 0] = expected[0, 2, 1] = 1
    expected[1, 2, 1] = 2  # the last face shows both, but nobody knows where it looks
    np.testing.assert_array_equal(grid.counts, expected)
    assert int(grid.empty(2).sum()) == 29


def test_places_include_edges_and_what_lies_beyond() -> None:
    assert place(np.array([-120.0, -90.0, -45.0, 15.0, 44.9, 90.0, 120.0, np.nan]), YAW_EDGES).tolist() == [
        0, 0, 1, 3, 3, 4, 4, -1,
    ]  # fmt: skip
    assert place(np.array([3.0, 4.0, 6.0, 7.0]), TONE_EDGES).tolist() == [0, 1, 1, 2]


def test_a_planted_gap_is_told_once_and_as_a_whole() -> None:
    cells = product(range(3), range(2), range(2))
    rows = [(au, x, y) for au, x, y in cells if (au, x) != (1, 0) and (au, y) != (2, 1)]
    active = np.zeros((len(rows), 3), np.bool_)
    active[np.arange(len(rows)), [row[0] for row in rows]] = True
    axes = [Axis(name, ("a", "b"), np.array([row[k] for row in rows])) for k, name in ((1, "x"), (2, "y"))]
    grid = coverage_grid(active, ("AU1", "AU2", "AU4"), axes)
    assert [(dict(gap.fixed), gap.cells) for gap in gaps(grid)] == [
        ({"AU": "AU2", "x": "a"}, 2),
        ({"AU": "AU4", "y": "b"}, 2),
    ]


@given(st.integers(0, 2**32 - 1), st.integers(1, 3))
def test_gaps_are_all_empty_cells_and_nothing_else(seed: int, least: int) -> None:
    rng = np.random.default_rng(seed)
    active = rng.random((20, 3)) < 0.4
    axes = [Axis(name, tuple("abc"), rng.integers(-1, 3, 20)) for name in ("x", "y")]
    grid = coverage_grid(active, ("AU1", "AU2", "AU4"), axes)
    told = np.zeros_like(grid.counts, dtype=np.bool_)
    order = {"AU": grid.codes, "x": tuple("abc"), "y": tuple("abc")}
    for gap in gaps(grid, least):
        block = tuple(order[name].index(gap.fixed[name]) if name in gap.fixed else slice(None) for name in order)
        told[block] = True
    np.testing.assert_array_equal(told, grid.empty(least))
    known = (axes[0].place >= 0) & (axes[1].place >= 0)
    assert grid.counts.sum() == active[known].sum()
