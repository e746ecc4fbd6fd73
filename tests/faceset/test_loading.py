"""Many shards as one set; batches are what a plain loop over the shards would give."""

import multiprocessing
import pickle
import threading
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from faceset.errors import ShardError
from faceset.loading import ShardSet
from faceset.shards import Shard, shard_paths, write_shard


def _plain(folder: Path) -> list[Any]:
    shards = [Shard.open(path) for path in shard_paths(folder)]
    return [shard.sample(row) for shard in shards for row in range(shard.num_samples)]


def test_a_set_is_its_shards_in_order(folder: Path) -> None:
    faces, samples = ShardSet.from_folder(folder), _plain(folder)
    assert len(faces) == len(samples) == 15
    assert faces.image_shape == (8, 8, 3)
    assert faces.labels("sample_key").tolist() == [sample.key for sample in samples]
    assert np.array_equal(faces.labels("au"), [sample["au"] for sample in samples])
    with pytest.raises(ValueError, match="read-only"):
        faces.labels("au")[0] = 0


@settings(deadline=None, max_examples=30)
@given(indices=st.lists(st.integers(0, 14), max_size=40), start=st.integers(0, 14), given_out=st.booleans())
def test_batches_come_in_the_order_of_their_indices(
    gathered: tuple[ShardSet, list[Any]], indices: list[int], start: int, given_out: bool
) -> None:
    faces, samples = gathered
    out = np.empty((len(indices), 8, 8, 3), np.uint8) if given_out else None
    batch = faces.images(indices, out)
    assert out is None or batch is out
    assert np.array_equal(batch, np.array([samples[index]["image"] for index in indices]).reshape(-1, 8, 8, 3))
    rest = faces.subset(np.arange(15) >= start)
    inside = [index - start for index in indices if index >= start]
    assert np.array_equal(rest.images(inside), batch[[index >= start for index in indices]])


@pytest.fixture(scope="module")
def gathered(tmp_path_factory: Any, make_sample: Any) -> tuple[ShardSet, list[Any]]:
    path = tmp_path_factory.mktemp("gathered")
    for number in range(3):
        write_shard(path / f"{number}.h5", [make_sample(5 * number + row, full=True) for row in range(5)])
    return ShardSet.from_folder(path), _plain(path)


def test_every_pixel_channel_is_gathered(gathered: tuple[ShardSet, list[Any]]) -> None:
    faces, samples = gathered
    indices = [14, 0, 7, 7]
    for name in ("depth", "segmentation", "normal_camera", "face_index"):
        expected = np.array([samples[index][name] for index in indices])
        assert np.array_equal(faces.pixels(name, indices), expected), name
        assert faces.pixels(name, indices).dtype == expected.dtype


def test_one_shard_is_gathered_like_many(folder: Path) -> None:
    one = ShardSet([folder / "part-0.h5"])
    assert np.array_equal(one.images([5, 0, 5]), np.array(Shard.open(folder / "part-0.h5").pixels())[[5, 0, 5]])


def test_indices_out_of_range_are_refused(folder: Path) -> None:
    faces = ShardSet.from_folder(folder)
    for indices in ([15], [-1]):
        with pytest.raises(IndexError, match="expected indices from 0 to 14"):
            faces.images(indices)


def test_an_array_that_does_not_fit_is_refused(folder: Path) -> None:
    faces = ShardSet.from_folder(folder)
    fixed = np.empty((1, 8, 8, 3), np.uint8)
    fixed.setflags(write=False)
    every_second = np.empty((1, 8, 8, 6), np.uint8)[..., ::2]
    for out in (np.empty((2, 8, 8, 3), np.uint8), np.empty((1, 8, 8, 3)), every_second, fixed):
        with pytest.raises(ValueError, match=r"expected a contiguous uint8 array of \(1, 8, 8, 3\)"):
            faces.images([0], out)


def test_shards_with_other_channels_are_kept_apart(folder: Path, make_sample: Any) -> None:
    write_shard(folder / "part-9.h5", [make_sample(90, full=True)])
    faces = ShardSet.from_folder(folder)
    assert "gaze" not in faces.channels
    assert "au" in faces.channels
    with pytest.raises(ShardError, match=r"part-0\.h5: has no channel 'gaze'"):
        faces.labels("gaze")
    assert np.flatnonzero(faces.has("gaze")).tolist() == [15]
    assert faces.subset(faces.has("gaze")).labels("gaze").shape == (1, 2)


def test_shards_that_do_not_go_together_are_refused(folder: Path, make_sample: Any, tmp_path: Path) -> None:
    write_shard(folder / "part-9.h5", [make_sample(90, size=9)])
    with pytest.raises(ShardError, match=r"part-9\.h5: images \(9, 9, 3\).*do not go with.*part-0\.h5"):
        ShardSet.from_folder(folder)
    with pytest.raises(ShardError, match="at least one shard"):
        ShardSet([])
    (tmp_path / "empty").mkdir()
    with pytest.raises(ShardError, match="the manifest lists none"):
        ShardSet.from_folder(tmp_path / "empty")
    for rows in ([(0, 6)], [(1, 0)], [(0, -1)], []):
        with pytest.raises(ShardError):
            ShardSet([folder / "part-0.h5"], rows)


def test_twins_are_found_by_their_keys(tmp_path: Path, make_sample: Any) -> None:
    write_shard(tmp_path / "a.h5", [make_sample(0), make_sample(1, twin_of="sample 2"), make_sample(2)])
    write_shard(tmp_path / "b.h5", [make_sample(3, twin_of="sample 0"), make_sample(4, twin_of="elsewhere")])
    assert ShardSet.from_folder(tmp_path).twins().tolist() == [-1, 2, -1, 0, -1]


def test_a_set_survives_pickling_forks_and_threads(folder: Path) -> None:
    faces = ShardSet.from_folder(folder)
    expected = faces.images(np.arange(15))
    assert np.array_equal(pickle.loads(pickle.dumps(faces)).images(np.arange(15)), expected)  # noqa: S301  our own bytes
    context = multiprocessing.get_context("fork")
    results = context.Queue()
    child = context.Process(target=lambda: results.put(faces.images(np.arange(15))))
    child.start()
    assert np.array_equal(results.get(timeout=60), expected)
    child.join()
    found: list[bool] = []
    threads = [
        threading.Thread(target=lambda: found.append(np.array_equal(faces.images(np.arange(15)), expected)))
        for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [True] * 4
