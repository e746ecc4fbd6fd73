"""Image features against plain numpy, against OpenCV, and against images whose features are known."""

from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from faceset.image_features import ImageFeatures, image_features
from faceset.loading import ShardSet
from faceset.shards import write_shard

BT709 = np.array([0.2126, 0.7152, 0.0722])


@pytest.fixture
def features_of(tmp_path_factory: Any, make_sample: Any) -> Any:
    def features(images: Any, workers: int | None = None) -> ImageFeatures:
        folder = tmp_path_factory.mktemp("shards")
        made = [make_sample(row, image=np.asarray(image, np.uint8)) for row, image in enumerate(images)]
        half = max(len(made) // 2, 1)
        write_shard(folder / "a.h5", made[:half])
        if made[half:]:
            write_shard(folder / "b.h5", made[half:])
        return image_features(ShardSet.from_folder(folder), workers)

    return features


def grey(planes: Any) -> Any:
    return np.repeat(np.asarray(planes)[..., None], 3, axis=-1)


@pytest.mark.parametrize("shape", [(8, 8), (33, 47), (64, 48)])
def test_moments_are_those_of_numpy_and_opencv(shape: tuple[int, int], features_of: Any) -> None:
    images = np.random.default_rng(0).integers(0, 256, (7, *shape, 3))
    luma = images @ BT709
    found = features_of(images)
    assert len(found) == 7
    assert np.allclose(found.mean, luma.mean((1, 2)) / 255, atol=2e-5)
    assert np.allclose(found.deviation, luma.std((1, 2)) / 255, atol=2e-5)
    sharpness = [cv2.Laplacian(plane, cv2.CV_64F, ksize=1)[1:-1, 1:-1].var() for plane in luma]
    assert np.allclose(found.sharpness, sharpness, rtol=1e-4)
    counts = [np.bincount(np.round(plane).astype(int).ravel(), minlength=256) / plane.size for plane in luma]
    bits = [-np.sum(share[share > 0] * np.log2(share[share > 0])) for share in counts]
    # A value that lies between two levels may be rounded to either.
    assert np.allclose(found.entropy, bits, atol=0.05)


def test_images_whose_features_are_known(features_of: Any) -> None:
    flat, ramp = np.full((16, 16), 128), np.tile(np.arange(16), (16, 1))
    halves = np.repeat([[0], [255]], 8, axis=0) * np.ones(16, int)
    board = 255 * (np.indices((16, 16)).sum(0) % 2)
    found = features_of(grey([flat, ramp, halves, board]))
    assert np.array_equal(found.entropy, [0, 4, 1, 1])
    assert np.array_equal(found.mean, [128 / 255, 7.5 / 255, 0.5, 0.5])
    assert np.allclose(found.deviation, [0, np.sqrt(255 / 12) / 255, 0.5, 0.5], atol=1e-12)
    # The Laplacian of a chess board is 4 times its contrast, with both signs.
    assert np.allclose(found.sharpness[[0, 1, 3]], [0, 0, (4 * 255) ** 2])
    assert found.phash[0] == 0


def test_sharpness_falls_with_blur(features_of: Any) -> None:
    image = np.random.default_rng(1).integers(0, 256, (64, 64), dtype=np.uint8)
    found = features_of(grey([image, *(cv2.GaussianBlur(image, (0, 0), sigma) for sigma in (0.5, 1.0, 2.0))]))
    assert (np.diff(found.sharpness) < 0).all()


def test_hashes_are_those_of_opencv(features_of: Any) -> None:
    """At 32 x 32 nothing is resampled: the bits must be the same."""
    planes = np.random.default_rng(2).integers(0, 256, (60, 32, 32), dtype=np.uint8)
    planes[30:] = [cv2.GaussianBlur(plane, (0, 0), 4) for plane in planes[30:]]
    hasher = cv2.img_hash.PHash.create()
    theirs = [int.from_bytes(hasher.compute(plane).tobytes(), "little") for plane in planes]
    assert features_of(grey(planes)).phash.tolist() == theirs


def test_hashes_of_larger_images_are_those_of_opencv_once_they_are_shrunk(features_of: Any) -> None:
    noise = np.random.default_rng(3).integers(0, 256, (30, 96, 80), dtype=np.uint8)
    planes = [cv2.normalize(cv2.GaussianBlur(plane, (0, 0), 6), None, 0, 255, cv2.NORM_MINMAX) for plane in noise]
    hasher = cv2.img_hash.PHash.create()
    shrunk = [cv2.resize(plane, (32, 32), interpolation=cv2.INTER_AREA) for plane in planes]
    theirs = [int.from_bytes(hasher.compute(plane).tobytes(), "little") for plane in shrunk]
    apart = [(int(one) ^ other).bit_count() for one, other in zip(features_of(grey(planes)).phash, theirs, strict=True)]
    # OpenCV rounds the small image to whole levels.
    assert max(apart) <= 2


def test_a_hash_knows_no_brightness_and_the_negative_is_its_complement(features_of: Any) -> None:
    plane = np.random.default_rng(4).integers(40, 200, (48, 48))
    plain, lighter, negative = features_of(grey([plane, plane + 40, 255 - plane])).phash.tolist()
    assert plain == lighter
    assert (plain ^ negative).bit_count() >= 63  # the mean brightness counts as 0 in both


def test_thumbnails_are_means_over_equal_areas(features_of: Any) -> None:
    images = np.random.default_rng(5).integers(0, 256, (2, 64, 96, 3))
    means = (images @ BT709).reshape(2, 32, 2, 32, 3).mean((2, 4))
    assert np.abs(features_of(images).thumbnail - means).max() <= 0.51
    small = np.random.default_rng(6).integers(0, 256, (1, 16, 16))
    assert np.array_equal(features_of(grey(small)).thumbnail[0], small[0].repeat(2, axis=0).repeat(2, axis=1))
    odd = np.random.default_rng(7).integers(0, 256, (1, 48, 40), dtype=np.uint8)
    assert (
        np.abs(features_of(grey(odd)).thumbnail[0] - cv2.resize(odd[0], (32, 32), interpolation=cv2.INTER_AREA)).max()
        <= 1
    )


def test_threads_and_chunks_change_nothing(features_of: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    images = np.random.default_rng(8).integers(0, 256, (23, 16, 16, 3))
    whole = features_of(images, 1)
    monkeypatch.setattr("faceset.image_features._CHUNK_BYTES", 3 * images[0].size)
    parts = features_of(images, 4)
    assert all(np.array_equal(value, vars(parts)[name]) for name, value in vars(whole).items())


def test_the_order_is_that_of_the_set(folder: Path) -> None:
    faces = ShardSet.from_folder(folder)
    chosen = np.array([14, 3, 3, 9, 0])
    assert np.array_equal(image_features(faces.subset(chosen)).mean, image_features(faces).mean[chosen])
