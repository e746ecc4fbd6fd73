"""The channel table and mirroring."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from faceset.channels import (
    CHANNELS,
    DENSE_FLIP,
    DENSE_MIDLINE,
    IBUG68_FLIP,
    REQUIRED,
    channel_named,
    image_checksum,
    mirror,
)
from faceset.errors import SampleError

SWAP = {1: 2, 4: 5}


def test_the_table_holds_what_a_shard_promises() -> None:
    assert set(REQUIRED) == {
        "image", "au", "au_left", "au_right", "au_known", "identity", "sample_key", "source", "checksum", "twin_of",
    }  # fmt: skip
    assert [name for name, channel in CHANNELS.items() if channel.per_pixel] == [
        "image", "segmentation", "depth", "normal_camera", "uv", "face_index", "barycentric", "flow", "au_region",
    ]  # fmt: skip
    assert CHANNELS["normal_camera"].bound({"H": 4, "W": 5, "K": 6}) == (4, 5, 3)


def test_an_unknown_channel_is_named_in_the_error() -> None:
    with pytest.raises(SampleError, match="unknown channel 'imagee'"):
        channel_named("imagee")


def test_the_flip_of_68_landmarks_keeps_the_midline_alone() -> None:
    order = np.array(IBUG68_FLIP)
    assert np.array_equal(order[order], np.arange(68))
    assert np.flatnonzero(order == np.arange(68)).tolist() == [8, 27, 28, 29, 30, 33, 51, 57, 62, 66]


def test_the_flip_of_68_landmarks_keeps_the_parts_of_the_face() -> None:
    parts = [range(17), range(17, 27), range(27, 31), range(31, 36), range(36, 48), range(48, 60), range(60, 68)]
    for part in parts:
        assert {IBUG68_FLIP[index] for index in part} == set(part)
    # Neighbours on the outline of an eye or of the lips stay neighbours.
    for ring in (range(36, 42), range(42, 48), range(48, 60), range(60, 68)):
        flipped = [IBUG68_FLIP[index] for index in ring]
        steps = {(after - before) % len(ring) for before, after in zip(flipped, flipped[1:] + flipped[:1], strict=True)}
        assert steps == {len(ring) - 1}


@settings(deadline=None, max_examples=25)
@given(number=st.integers(0, 10_000), size=st.integers(1, 9))
def test_mirroring_twice_is_the_identity(make_sample: Any, number: int, size: int) -> None:
    sample = make_sample(number, size, full=True)
    once = mirror(sample, size, SWAP)
    twice = mirror(once, size, SWAP)
    assert tuple(twice) == tuple(sample)
    for name, value in sample.items():
        assert np.array_equal(twice[name], value), name
        assert np.asarray(once[name]).dtype == np.asarray(value).dtype, name


def test_mirroring_a_batch_mirrors_each_face(make_sample: Any) -> None:
    samples = [make_sample(number, full=True) for number in range(3)]
    stacked = mirror({name: np.stack([sample[name] for sample in samples]) for name in samples[0]}, 8, SWAP)
    for index, sample in enumerate(samples):
        for name, value in mirror(sample, 8, SWAP).items():
            assert np.array_equal(stacked[name][index], value), name


def test_a_mirrored_sample_is_a_sample(make_sample: Any) -> None:
    sample = make_sample(3, full=True)
    mirrored = sample.mirrored(SWAP)
    assert mirrored["checksum"] == image_checksum(np.ascontiguousarray(sample["image"][:, ::-1]))
    assert np.array_equal(mirrored["au_left"], sample["au_right"])
    assert np.array_equal(mirrored["au"], sample["au"])


def test_the_mirrored_camera_sees_the_mirrored_world() -> None:
    rng = np.random.default_rng(1)
    rotation = np.linalg.qr(rng.normal(size=(3, 3)))[0]
    rotation *= np.linalg.det(rotation)
    view = np.concatenate([rotation, [[0.1], [0.2], [-3.0]]], axis=1)
    camera = np.array([90, 95, 30, 34, *view.ravel()], np.float32)
    mirrored = mirror({"camera": camera}, 64)["camera"]
    assert np.linalg.det(mirrored[4:].reshape(3, 4)[:, :3]) == pytest.approx(1, abs=1e-5)
    for point in rng.normal(size=(9, 3)) * 0.3:
        x, y = _project(camera, point)
        assert _project(mirrored, point * [-1, 1, 1]) == pytest.approx((64 - x, y), abs=1e-3)


def _project(camera: Any, point: Any) -> tuple[float, float]:
    x, y, z = camera[4:].reshape(3, 4) @ np.append(point, 1)
    return float(camera[2] + camera[0] * x / -z), float(camera[3] - camera[1] * y / -z)


def test_the_mirrored_pose_is_the_mirrored_rotation() -> None:
    pose = np.array([0.5, 0.2, -0.3], np.float32)
    mirrored = mirror({"head_pose": pose}, 8)["head_pose"]
    flip = np.diag([-1.0, 1, 1])
    assert np.allclose(_rotation(mirrored), flip @ _rotation(pose) @ flip, atol=1e-6)


def _rotation(pose: Any) -> Any:
    (cy, cp, cr), (sy, sp, sr) = np.cos(pose), np.sin(pose)
    yaw = np.array([[cy, 0, sy], [0, 1, 0], [-sy, 0, cy]])
    pitch = np.array([[1, 0, 0], [0, cp, -sp], [0, sp, cp]])
    roll = np.array([[cr, -sr, 0], [sr, cr, 0], [0, 0, 1]])
    return yaw @ pitch @ roll


def test_a_painted_landmark_stays_on_its_paint() -> None:
    image = np.zeros((10, 12, 3), np.uint8)
    landmarks = np.full((68, 2), 1.5, np.float32)
    landmarks[36] = (7.5, 4.5)
    image[4, 7] = 255
    mirrored = mirror({"image": image, "landmarks": landmarks}, 12)
    column, row = np.floor(mirrored["landmarks"][45]).astype(int)
    assert mirrored["image"][row, column].tolist() == [255, 255, 255]


def test_left_and_right_classes_change_places() -> None:
    segmentation = np.array([[0, 1, 2, 3]], np.uint8)
    assert mirror({"segmentation": segmentation}, 4, {1: 2})["segmentation"].tolist() == [[3, 1, 2, 0]]
    with pytest.raises(SampleError, match="segmentation_swap"):
        mirror({"segmentation": segmentation}, 4)


def test_the_flip_of_dense_landmarks_keeps_the_midline_alone() -> None:
    order = np.array(DENSE_FLIP)
    assert np.array_equal(order[order], np.arange(len(order)))
    assert np.flatnonzero(order == np.arange(len(order))).tolist() == list(range(DENSE_MIDLINE))


@settings(deadline=None, max_examples=25)
@given(number=st.integers(0, 10_000), width=st.integers(2, 9), height=st.integers(2, 9))
def test_following_the_flow_and_mirroring_change_places(make_sample: Any, number: int, width: int, height: int) -> None:
    """A pixel's place on the neutral face, mirrored, is the mirrored pixel's place on the mirrored neutral face."""
    flow = make_sample(number, full=True)["flow"][:1].repeat(height, axis=0)[:, np.arange(width) % 8]
    centre = np.stack(np.meshgrid(np.arange(width) + 0.5, np.arange(height) + 0.5), axis=-1)
    mirrored = mirror({"flow": flow}, width)["flow"]
    neutral = (centre - flow)[:, ::-1] * (-1, 1) + (width, 0)
    np.testing.assert_allclose(centre - mirrored, neutral, atol=1e-6)


def test_flow_is_measured_in_the_pixels_of_the_resized_image(make_sample: Any) -> None:
    sample = make_sample(5, full=True)
    larger = sample.resized(24, 16)
    np.testing.assert_allclose(larger["flow"][::2, 1::3], sample["flow"] * (3, 2), rtol=1e-6)
    np.testing.assert_array_equal(larger["au_region"][1::2, ::3], sample["au_region"])
    np.testing.assert_allclose(larger["dense_landmarks"], sample["dense_landmarks"] * (3, 2), rtol=1e-6)
    np.testing.assert_allclose(larger.resized(8, 8)["flow"], sample["flow"], rtol=1e-6)
