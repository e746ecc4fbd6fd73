"""Rows by address are what indexing gives, for any arrays, and also when the kernel is told of them first."""

import itertools
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as st_np

from faceset import gathering
from faceset.gathering import ANNOUNCED_GATHERS, RowTable

ROW_SHAPES = st_np.array_shapes(min_dims=0, max_dims=3, max_side=5)


@settings(deadline=None, max_examples=60)
@given(
    sizes=st.lists(st.integers(1, 6), min_size=1, max_size=5),
    row_shape=ROW_SHAPES,
    dtype=st.sampled_from([np.uint8, np.float32, np.int64]),
    picks=st.lists(st.tuples(st.integers(0, 99), st.integers(0, 99)), max_size=30),
)
def test_rows_are_those_of_indexing(
    sizes: list[int], row_shape: tuple[int, ...], dtype: type, picks: list[tuple[int, int]]
) -> None:
    rng = np.random.default_rng(0)
    arrays = [rng.integers(0, 256, (size, *row_shape)).astype(dtype) for size in sizes]
    numbers = np.array([number % len(sizes) for number, _ in picks], dtype=np.int64)
    rows = np.array([row % sizes[number] for number, (_, row) in zip(numbers, picks, strict=True)], dtype=np.int64)
    out = np.zeros((len(picks), *row_shape), dtype)
    RowTable(arrays).gather(numbers, rows, out)
    expected = [arrays[number][row] for number, row in zip(numbers, rows, strict=True)]
    assert np.array_equal(out, np.array(expected, dtype).reshape(out.shape))


@pytest.mark.parametrize("cold_at", ["probe", "rest"])
def test_missing_pages_are_announced_from_then_on_and_not_for_ever(
    cold_at: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The rows are the same, whether a gather waits for the disk or not."""
    np.arange(40_000, dtype=np.int64).tofile(tmp_path / "rows")
    mapped = np.memmap(tmp_path / "rows", np.int64, "r", shape=(40, 1000))
    # Read before and after each copy: of the probe, then of the rest.
    waits = itertools.chain([0, 9] if cold_at == "probe" else [0, 0, 0, 9], itertools.repeat(9))
    monkeypatch.setattr(gathering, "_waits", lambda: next(waits))
    announced: list[int] = []
    monkeypatch.setattr("faceset.row_copy.announce_rows", lambda sources, size: announced.append(len(sources)))
    table, out, rng = RowTable([np.asarray(mapped)]), np.empty((20, 1000), np.int64), np.random.default_rng(0)
    for _ in range(ANNOUNCED_GATHERS + 2):
        rows = rng.integers(0, 40, 20)
        table.gather(np.zeros(20, np.int64), rows, out)
        assert np.array_equal(out, mapped[rows])
    first = [12] if cold_at == "probe" else []
    assert announced == first + [20] * (ANNOUNCED_GATHERS - len(first))


def test_a_few_waits_are_no_cold_disk(monkeypatch: pytest.MonkeyPatch) -> None:
    waits = itertools.chain([0, 0, 0, 1], itertools.repeat(1))
    monkeypatch.setattr(gathering, "_waits", lambda: next(waits))
    announced: list[int] = []
    monkeypatch.setattr("faceset.row_copy.announce_rows", lambda sources, size: announced.append(len(sources)))
    table = RowTable([np.zeros((9, 4))])
    for _ in range(3):
        table.gather(np.zeros(48, np.int64), np.zeros(48, np.int64), np.empty((48, 4)))
    assert announced == []


def test_announcing_rows_of_a_map_changes_nothing(tmp_path: Path) -> None:
    from faceset.row_copy import announce_rows

    path = tmp_path / "rows"
    np.arange(9000, dtype=np.uint8).tofile(path)
    mapped = np.memmap(path, np.uint8, "r", shape=(9, 1000))
    starts = np.uintp(mapped.ctypes.data) + np.array([0, 4000, 8000], np.uintp)
    announce_rows(starts, np.uintp(1000))
    assert np.array_equal(mapped.reshape(-1), np.arange(9000, dtype=np.uint8))
