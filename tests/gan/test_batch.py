from collections.abc import Callable

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from faceset.conditions import intensities, known, mirrored_order
from faceset.errors import SampleError
from faceset.faces import ArrayFaces, FaceData
from faceset.twins import TwinGroups
from facs import OPENFACE17
from gan.batch import BatchConfig, Batches, to_images, to_tensor
from gan.errors import DataError
from gan.streams import Purpose, stream

Make = Callable[..., ArrayFaces]
KEYS = ("AU4L", "AU4R", "AU12", "AU25")


def _config(**changes: object) -> BatchConfig:
    return BatchConfig(**{"condition": KEYS, "image_size": 16, "batch_size": 4, **changes})  # type: ignore[arg-type]


def _numbers(images: torch.Tensor) -> list[int]:
    """Which faces a batch holds: their first pixel, or the last of the first row when mirrored."""
    return [int(image[0, 0, 0]) for image in to_images(images)]


def test_bytes_survive_the_way_to_the_network_and_back() -> None:
    values = np.arange(256, dtype=np.uint8).repeat(3).reshape(1, 16, 16, 3)
    tensor = to_tensor(values)
    assert np.array_equal(to_images(tensor), values)
    assert float(tensor.min()) == -1.0
    assert float(tensor.max()) == 1.0


def test_a_batch_is_a_function_of_its_step(faces: Make) -> None:
    config = _config(twin_fraction=0.5)
    forward, backward = Batches(faces(), config), Batches(faces(), config)
    steps = {step: backward(step) for step in reversed(range(6))}
    for step in range(6):
        for name, value in vars(forward(step)).items():
            other = getattr(steps[step], name)
            assert torch.equal(value, other) if isinstance(value, torch.Tensor) else value == other


def test_every_face_comes_once_per_pass(faces: Make) -> None:
    batches = Batches(faces(), _config())
    assert sorted(np.concatenate([batches.indices(step) for step in range(4)])) == list(range(16))


def test_targets_are_expressions_of_other_faces_with_bounded_noise(faces: Make) -> None:
    data = faces()
    au = intensities(data, KEYS)
    batches = Batches(data, _config(target_noise=0.1, flip_probability=0.0))
    for step in range(10):
        target = batches(step).target.numpy()
        assert target.min() >= 0.0
        assert target.max() <= 1.0
        nearest = np.abs(target[:, None] - au[None]).max(axis=2).min(axis=1)
        assert nearest.max() <= 0.1 + 1e-6
        assert not batches(step).has_twin.any()


def test_a_mirrored_face_exchanges_left_and_right(faces: Make) -> None:
    data = faces()
    plain = Batches(data, _config(flip_probability=0.0, twin_fraction=1.0))(0)
    mirrored = Batches(data, _config(flip_probability=1.0, twin_fraction=1.0))(0)
    assert torch.equal(mirrored.image, plain.image.flip(3))
    assert torch.equal(mirrored.twin, plain.twin.flip(3))
    for name in ("au", "target"):
        assert torch.equal(getattr(mirrored, name), getattr(plain, name)[:, [1, 0, 2, 3]])


def test_twins_are_exact_targets(faces: Make) -> None:
    data = faces(groups=4, members=3)
    au = intensities(data, KEYS)
    batch = Batches(data, _config(flip_probability=0.0, twin_fraction=1.0))(0)
    assert bool(batch.has_twin.all())
    for source, twin, target in zip(_numbers(batch.image), _numbers(batch.twin), batch.target, strict=True):
        assert source // 3 == twin // 3
        assert source != twin
        assert np.array_equal(target.numpy(), au[twin])


def test_faces_without_twins_keep_random_targets(faces: Make) -> None:
    batch = Batches(faces(groups=16, members=1), _config(twin_fraction=1.0))(0)
    assert not batch.has_twin.any()
    assert torch.equal(batch.twin, batch.image)


def test_unknown_entries_are_masked_and_zero(faces: Make) -> None:
    data = faces()
    mask, au = data.labels("au_known"), data.labels("au")
    mask[:, 1], au[:, 1] = 0, 999.0
    batch = Batches(data, _config())(0)
    assert not batch.known[:, 2].any()
    assert not batch.target_known[:, 2].any()
    assert batch.au[:, 2].abs().max() == 0
    assert batch.target[:, 2].abs().max() == 0
    assert bool(batch.known[:, [0, 1, 3]].all())


def test_sides_read_their_own_labels(faces: Make) -> None:
    data = faces()
    found = intensities(data, KEYS)
    columns = [("au_left", 0), ("au_right", 0), ("au", 1), ("au", 2)]
    for k, (name, column) in enumerate(columns):
        assert np.array_equal(found[:, k], data.labels(name)[:, column])
    assert known(data, KEYS).all()


def test_mirroring_is_its_own_inverse() -> None:
    order = mirrored_order(("AU12R", "AU4", "AU12L"))
    assert order.tolist() == [2, 1, 0]
    assert mirrored_order(OPENFACE17).tolist() == list(range(17))


def test_conditions_that_cannot_be_served_are_explained(faces: Make) -> None:
    with pytest.raises(SampleError, match="AU1 is not among the labels"):
        intensities(faces(), ("AU1",))
    with pytest.raises(SampleError, match="AU12L: a condition on one side"):
        mirrored_order(("AU12L", "AU4"))
    with pytest.raises(DataError, match="at least one batch of 32"):
        Batches(faces(), _config(batch_size=32))
    with pytest.raises(DataError, match="expected images of 32 pixels"):
        Batches(faces(), _config(image_size=32))(0)
    with pytest.raises(SampleError, match="no label 'gaze'"):
        faces().labels("gaze")


@given(st.lists(st.sampled_from(["a", "b", "c", "d"]), min_size=1, max_size=12), st.integers(0, 99))
def test_twins_share_their_base_and_only_lonely_samples_draw_themselves(bases: list[str], seed: int) -> None:
    keys = [f"{base}{i}" for i, base in enumerate(bases)]
    groups = TwinGroups(keys, bases)
    drawn = groups.draw(np.arange(len(bases)), np.random.default_rng(seed))
    for i, twin in enumerate(drawn):
        assert bases[i] == bases[twin]
        assert (i == twin) == (bases.count(bases[i]) == 1) == (not groups.has_twin[i])
    pairs = groups.pairs()
    assert len(pairs) == len(bases) - len(set(bases))
    assert all(bases[source] == bases[target] and source < target for source, target in pairs)


def test_a_base_is_a_twin_of_its_twins() -> None:
    groups = TwinGroups(["x", "y", "z"], ["", "x", ""])
    assert groups.has_twin.tolist() == [True, True, False]
    assert groups.pairs().tolist() == [[0, 1]]


def test_streams_do_not_depend_on_each_other() -> None:
    first = stream(1, Purpose.FLIP, 5).random(4)
    assert np.array_equal(first, stream(1, Purpose.FLIP, 5).random(4))
    others = [stream(2, Purpose.FLIP, 5), stream(1, Purpose.NOISE, 5), stream(1, Purpose.FLIP, 6)]
    assert all(not np.array_equal(first, other.random(4)) for other in others)
    with pytest.raises(ValueError, match="seed >= 0"):
        stream(-1, Purpose.FLIP)


def test_faces_in_memory_check_their_lengths(faces: Make) -> None:
    data: FaceData = faces()
    assert len(data) == 16
    with pytest.raises(SampleError, match="expected 2 rows"):
        ArrayFaces(np.zeros((2, 4, 4, 3), np.uint8), {"au": np.zeros((3, 1), np.float32)}, ("AU4",))
