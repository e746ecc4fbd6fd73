"""Samples are checked against the channel table."""

import pickle
from typing import Any

import numpy as np
import pytest

from faceset.channels import image_checksum
from faceset.errors import SampleError
from faceset.sample import Sample
from facs.action_units import CODES


def _with(values: Any, index: int, value: float) -> Any:
    changed = np.array(values)
    changed[index] = value
    return changed


BAD = {
    "an AU above 1": ({"au": np.full(len(CODES), 1.5, np.float32)}, r"au must lie in \[0, 1\]"),
    "an AU that is not a number": ({"au_left": np.full(len(CODES), np.nan, np.float32)}, "au_left must lie in"),
    "a sentinel": ({"au_known": np.zeros(len(CODES), np.uint8)}, "where au_known is 0"),
    "a mask that is no mask": ({"au_known": np.full(len(CODES), 2, np.uint8)}, "au_known must lie in"),
    "a float image": ({"image": np.zeros((8, 8, 3))}, "image must be uint8, found float64"),
    "a grey image": ({"image": np.zeros((8, 8), np.uint8)}, r"expected image \(H, W, 3\)"),
    "a fourth colour": ({"image": np.zeros((8, 8, 4), np.uint8)}, r"shape \(8, 8, 3\), found \(8, 8, 4\)"),
    "too few AUs": (
        {"au_left": np.zeros(5, np.float32)},
        "au_left must have the shape",
    ),
    "a number for a name": ({"identity": 7}, "identity must be a text, found int"),
    "a name that is too long": ({"identity": "ü" * 33}, "at most 64 bytes.*found 66"),
    "a zero character": ({"source": "a\0b"}, "zero character"),
    "an unknown channel": ({"au_lef": np.zeros(len(CODES))}, "unknown channel 'au_lef'"),
    "another image's checksum": ({"checksum": np.uint64(1)}, "checksum 1 is not that of the image"),
    "an infinite landmark": ({"landmarks": np.full((68, 2), np.inf, np.float32)}, "136 values that are not finite"),
    "a depth that is not a number": ({"depth": np.full((8, 8), np.nan, np.float32)}, "depth holds 64 values"),
    "indices that do not fit": ({"face_index": np.full((8, 8), 2**40)}, "face_index must be int32, found int64"),
}


@pytest.mark.parametrize("case", BAD)
def test_bad_arrays_are_refused(case: str, make_arrays: Any) -> None:
    changes, message = BAD[case]
    with pytest.raises(SampleError, match=message):
        Sample({**make_arrays(1), "au_known": np.ones(len(CODES), np.uint8), **changes})


def test_a_missing_channel_is_named(make_arrays: Any) -> None:
    arrays = make_arrays(1)
    del arrays["twin_of"]
    with pytest.raises(SampleError, match="'sample 1': missing twin_of"):
        Sample(arrays)


def test_what_loses_nothing_is_converted(make_arrays: Any) -> None:
    arrays = make_arrays(1, full=True)
    sample = Sample(
        {**arrays, "au_known": arrays["au_known"].astype(bool), "face_index": arrays["face_index"].astype(np.int64)}
    )
    assert sample["au_known"].dtype == np.uint8
    assert sample["face_index"].dtype == np.int32


def test_a_sample_is_frozen_and_has_a_checksum(make_arrays: Any) -> None:
    arrays = make_arrays(1)
    sample = Sample(arrays)
    assert sample["checksum"] == image_checksum(arrays["image"])
    arrays["image"][:] = 0
    assert sample["image"].any()
    with pytest.raises(ValueError, match="read-only"):
        sample["image"][0] = 0


def test_a_sample_survives_pickling(make_sample: Any) -> None:
    sample = make_sample(2, full=True)
    again = pickle.loads(pickle.dumps(sample))  # noqa: S301  our own bytes
    assert all(np.array_equal(again[name], sample[name]) for name in sample)


def test_resizing_follows_the_table(make_sample: Any) -> None:
    sample = make_sample(5, size=8, full=True)
    small = sample.resized(4, 2)
    assert small["image"].shape == (2, 4, 3)
    assert np.allclose(
        small["image"], sample["image"].reshape(2, 4, 4, 2, 3).mean((1, 3)), atol=1.0
    )  # two passes, each rounds
    assert np.allclose(small["landmarks"], sample["landmarks"] * [0.5, 0.25])
    assert np.allclose(small["camera"][:4], sample["camera"][:4] * [0.5, 0.25, 0.5, 0.25])
    assert np.array_equal(small["camera"][4:], sample["camera"][4:])
    assert set(np.unique(small["segmentation"])) <= set(np.unique(sample["segmentation"]))
    assert np.array_equal(small["au"], sample["au"])


def test_resizing_to_the_same_size_changes_nothing(make_sample: Any) -> None:
    sample = make_sample(5, full=True)
    assert all(np.array_equal(value, sample[name]) for name, value in sample.resized(8, 8).items())
