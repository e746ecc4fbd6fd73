"""Loaders: labels joined, exact resume anywhere, the same stream for any number of processes."""

import threading
from collections.abc import Callable
from typing import ClassVar

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from faceset.faces import ArrayFaces
from faceset.streaming import BatchStream, Part
from gan.batch import BatchConfig, Batches
from gan.errors import CheckpointError, DataError
from gan.labelled import LabelledBatch, LabelledBatches
from gan.loader import Loader
from gan.losses import masked_mse, selected_l1
from gan.pixels import Memory

COUNT = 30
RNG = np.random.default_rng(0)
FACES = ArrayFaces(
    RNG.integers(0, 256, (COUNT, 4, 4, 3), dtype=np.uint8),
    {
        "au": RNG.random((COUNT, 2), dtype=np.float32),
        "au_left": RNG.random((COUNT, 2), dtype=np.float32),
        "au_right": RNG.random((COUNT, 2), dtype=np.float32),
        "au_known": RNG.integers(0, 2, (COUNT, 2), dtype=np.uint8),
        "identity": np.array([f"person {number}" for number in range(COUNT)]),
        "sample_key": np.array([f"key {number}" for number in range(COUNT)]),
        "twin_of": np.array([f"key {number - number % 3}" if number % 3 else "" for number in range(COUNT)]),
    },
    ("AU4", "AU12"),
)


def _same(one: LabelledBatch, other: LabelledBatch) -> bool:
    return (
        one.step == other.step
        and np.array_equal(one.indices, other.indices)
        and torch.equal(one.image, other.image)
        and all(torch.equal(one.labels[name], other.labels[name]) for name in one.labels)
    )


def test_labels_are_those_of_the_faces() -> None:
    with Loader(LabelledBatches(FACES, 7, seed=3), stop_step=9) as loader:
        for step, batch in enumerate(loader):
            assert batch.step == step
            assert np.array_equal(batch.indices, BatchStream(COUNT, 7, 3).batch(step))
            assert np.array_equal(batch.image, FACES.images(batch.indices))
            for name in ("au", "au_known"):
                assert np.array_equal(batch.labels[name], FACES.labels(name)[batch.indices])
    assert loader.step == 9


@settings(deadline=None, max_examples=12)
@given(batch_size=st.integers(1, 40), taken=st.integers(0, 12), ahead=st.integers(1, 4))
def test_a_loader_goes_on_where_another_one_stood(batch_size: int, taken: int, ahead: int) -> None:
    """Also in the middle of an epoch, and though the thread was ahead."""
    batches = LabelledBatches(FACES, batch_size)
    with Loader(batches, ahead=ahead) as first, Loader(LabelledBatches(FACES, batch_size)) as second:
        for _ in range(taken):
            next(first)
        second.load_state_dict(first.state_dict())
        for _ in range(3):
            assert _same(next(first), next(second))
        first.close()
        assert _same(next(first), batches(taken + 3))


@settings(deadline=None, max_examples=40)
@given(batch_size=st.integers(4, 40), seed=st.integers(0, 99), step=st.integers(0, 20), world_size=st.integers(1, 4))
def test_all_processes_together_see_one_stream(batch_size: int, seed: int, step: int, world_size: int) -> None:
    whole = LabelledBatches(FACES, batch_size, seed)(step)
    parts = [LabelledBatches(FACES, batch_size, seed, part=Part(rank, world_size))(step) for rank in range(world_size)]
    assert np.array_equal(np.concatenate([part.indices for part in parts]), whole.indices)
    assert torch.equal(torch.cat([part.image for part in parts]), whole.image)
    assert torch.equal(torch.cat([part.labels["au"] for part in parts]), whole.labels["au"])


@settings(deadline=None, max_examples=30)
@given(
    batch_size=st.integers(4, 30),
    seed=st.integers(0, 99),
    step=st.integers(0, 9),
    memory=st.sampled_from(["host", "device"]),
)
def test_training_batches_are_drawn_once_for_all_processes(
    batch_size: int, seed: int, step: int, memory: Memory
) -> None:
    """Faces, targets, noise, twins, flips and mixes: nothing depends on the number of processes."""
    config = BatchConfig(("AU4", "AU12"), 4, batch_size, seed, twin_fraction=0.5)
    whole = Batches(FACES, config)(step)
    for world_size in (1, 2, 3, 4):
        parts = [Batches(FACES, config, part=Part(rank, world_size), memory=memory)(step) for rank in range(world_size)]
        assert sum(part.share for part in parts) == pytest.approx(1.0)
        for name, value in vars(whole).items():
            if isinstance(value, torch.Tensor):
                assert torch.equal(torch.cat([getattr(part, name) for part in parts]), value), name


@settings(deadline=None, max_examples=30)
@given(batch_size=st.integers(4, 30), step=st.integers(0, 9), world_size=st.integers(2, 4))
def test_means_over_known_entries_are_those_of_the_whole_batch(batch_size: int, step: int, world_size: int) -> None:
    """Although one part may know more of its faces than another."""
    config = BatchConfig(("AU4", "AU12"), 4, batch_size, twin_fraction=0.3)
    whole = Batches(FACES, config)(step)
    parts = [Batches(FACES, config, part=Part(rank, world_size))(step) for rank in range(world_size)]
    for mask, target in (("known", whole.au), ("target_known", whole.target)):
        expected = masked_mse(torch.ones_like(target), target, getattr(whole, mask), whole.count(mask))
        found = [
            part.share * masked_mse(torch.ones_like(value), value, getattr(part, mask), part.count(mask))
            for part in parts
            for value in (part.au if mask == "known" else part.target,)
        ]
        torch.testing.assert_close(torch.stack(found).sum(), expected)
    expected = selected_l1(torch.zeros_like(whole.image), whole.twin, whole.has_twin, whole.count("has_twin"))
    found = [
        part.share * selected_l1(torch.zeros_like(part.image), part.twin, part.has_twin, part.count("has_twin"))
        for part in parts
    ]
    torch.testing.assert_close(torch.stack(found).sum(), expected)


def test_a_state_of_other_batches_is_refused() -> None:
    state = Loader(LabelledBatches(FACES, 7)).state_dict()
    for other in (LabelledBatches(FACES, 8), LabelledBatches(FACES, 7, seed=1)):
        with pytest.raises(CheckpointError, match=r"of other batches: expected .*found"):
            Loader(other).load_state_dict(state)


def test_loaders_leave_no_thread_behind() -> None:
    before = threading.active_count()
    with Loader(LabelledBatches(FACES, 7)) as loader:
        next(loader)
        assert threading.active_count() == before + 1
    assert threading.active_count() == before
    assert [batch.step for batch in Loader(LabelledBatches(FACES, 7), 2, 5)] == [2, 3, 4]
    assert threading.active_count() == before


def test_an_error_of_the_thread_arrives() -> None:
    class Broken:
        identity: ClassVar = {"num_samples": 1}

        def begin(self, step: int) -> Callable[[], int]:
            if step == 2:
                raise KeyError("shard")
            return lambda: step

    with Loader(Broken()) as loader:
        assert [next(loader), next(loader)] == [0, 1]
        with pytest.raises(KeyError, match="shard"):
            next(loader)


def test_what_cannot_be_loaded_is_refused() -> None:
    with pytest.raises(DataError, match="identity: text is no tensor"):
        LabelledBatches(FACES, 4, labels=("au", "identity"))
    with pytest.raises(DataError, match="at least one face for each of 3 processes, found 2"):
        LabelledBatches(FACES, 2, part=Part(0, 3))
    with pytest.raises(ValueError, match="start_step >= 0 and ahead >= 1"):
        Loader(LabelledBatches(FACES, 4), -1)
