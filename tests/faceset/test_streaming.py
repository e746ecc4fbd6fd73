"""Batch streams are recomputable; the prefetching thread neither hangs nor hides an error."""

import gc
import threading
import time
from collections.abc import Iterator

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from faceset.streaming import WHOLE, BatchStream, Part, Prefetcher

SIZES = st.integers(1, 20)


@given(num_samples=SIZES, batch_size=SIZES, seed=st.integers(0, 2**63), start=st.integers(0, 50))
def test_a_stream_resumes_at_any_step(num_samples: int, batch_size: int, seed: int, start: int) -> None:
    whole = BatchStream(num_samples, batch_size, seed)
    resumed = BatchStream(num_samples, batch_size, seed, start_step=start)
    batches = [next(whole) for _ in range(start + 3)]
    assert all(np.array_equal(next(resumed), batch) for batch in batches[start:])
    assert np.array_equal(whole.batch(start), batches[start])


@given(num_samples=SIZES, batch_size=SIZES, seed=st.integers(0, 9))
def test_every_face_comes_once_per_epoch(num_samples: int, batch_size: int, seed: int) -> None:
    stream = BatchStream(num_samples, batch_size, seed)
    drawn = np.concatenate([next(stream) for _ in range(3 * num_samples)])
    assert drawn.shape == (3 * num_samples * batch_size,)
    for epoch in drawn.reshape(-1, num_samples):
        assert sorted(epoch) == list(range(num_samples))


@given(batch_size=st.integers(0, 300), world_size=st.integers(1, 9))
def test_parts_in_the_order_of_ranks_are_the_batch(batch_size: int, world_size: int) -> None:
    batch = np.arange(batch_size)
    parts = [batch[Part(rank, world_size).of(batch_size)] for rank in range(world_size)]
    assert np.array_equal(np.concatenate(parts), batch)
    assert max(map(len, parts)) - min(map(len, parts)) <= 1
    assert np.array_equal(batch[WHOLE.of(batch_size)], batch)


@pytest.mark.parametrize("wrong", [(-1, 2), (2, 2), (0, 0)])
def test_ranks_that_are_not_there_are_refused(wrong: tuple[int, int]) -> None:
    with pytest.raises(ValueError, match="expected a rank from 0"):
        Part(*wrong)


def test_epochs_and_seeds_differ() -> None:
    orders = [tuple(BatchStream(50, 50, seed).batch(step)) for seed in (0, 1) for step in (0, 1)]
    assert len(set(orders)) == 4


@pytest.mark.parametrize("arguments", [(0, 1, 0), (1, 0, 0), (1, 1, -1), (1, 1, 0, -1)])
def test_numbers_out_of_range_are_refused(arguments: tuple[int, ...]) -> None:
    with pytest.raises(ValueError, match="expected num_samples"):
        BatchStream(*arguments)


def test_items_arrive_in_order() -> None:
    with Prefetcher(range(100), depth=3) as items:
        assert list(items) == list(range(100))
        assert list(items) == []


def test_at_most_depth_items_wait() -> None:
    made: list[int] = []

    def source() -> Iterator[int]:
        for number in range(100):
            made.append(number)
            yield number

    with Prefetcher(source(), depth=2) as items:
        assert next(items) == 0
        time.sleep(0.2)
        # One taken, two in the queue, one in the thread's hand.
        assert len(made) <= 4


def test_an_error_arrives_where_it_happened() -> None:
    def source() -> Iterator[int]:
        yield 1
        raise KeyError("broken shard")

    with Prefetcher(source()) as items:
        assert next(items) == 1
        with pytest.raises(KeyError, match="broken shard"):
            next(items)
        with pytest.raises(StopIteration):
            next(items)


def test_closing_early_ends_the_thread() -> None:
    before = threading.active_count()
    items = Prefetcher(iter(int, 1))
    assert next(items) == 0
    items.close()
    items.close()
    assert threading.active_count() == before
    with pytest.raises(StopIteration):
        next(items)


def test_an_abandoned_prefetcher_ends_by_itself() -> None:
    before = threading.active_count()
    items = Prefetcher(iter(int, 1))
    next(items)
    del items
    gc.collect()
    for _ in range(100):
        if threading.active_count() == before:
            return
        time.sleep(0.05)
    raise AssertionError("the thread still runs")


def test_a_depth_of_nothing_is_refused() -> None:
    with pytest.raises(ValueError, match="depth of at least 1"):
        Prefetcher([], depth=0)
