"""Makers of small samples and shards."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from faceset.channels import DENSE
from faceset.sample import Sample
from faceset.shards import write_shard
from facs.action_units import CODES

MakeSample = Callable[..., Sample]


def random_arrays(number: int, size: int = 8, full: bool = False) -> dict[str, Any]:
    rng = np.random.default_rng(number)
    known = (rng.random(len(CODES)) < 0.8).astype(np.uint8)
    left, right = (rng.random((2, len(CODES))) * known).astype(np.float32)
    arrays = {
        "image": rng.integers(0, 256, (size, size, 3), dtype=np.uint8),
        "au": np.maximum(left, right),
        "au_left": left,
        "au_right": right,
        "au_known": known,
        "identity": f"person {number % 5}",
        "sample_key": f"sample {number}",
        "source": "test",
        "twin_of": "",
    }
    return {**arrays, **_optional(rng, size)} if full else arrays


def _optional(rng: np.random.Generator, size: int) -> dict[str, Any]:
    plane = (size, size)
    return {
        "au_visible": rng.random(len(CODES), np.float32),
        "au_scorable": rng.integers(0, 2, len(CODES), dtype=np.uint8),
        "au_measured_left": rng.random(len(CODES), np.float32),
        "au_measured_right": rng.random(len(CODES), np.float32),
        "au_displacement": rng.random(len(CODES), np.float32),
        "certificate": rng.random(4, np.float32) * np.float32(1e-6),
        "head_forward": np.float32(rng.normal()),
        # Sixteenths are exact in float32, so that W - (W - x) is x to the last bit.
        "landmarks": rng.integers(0, 16 * size, (68, 2)).astype(np.float32) / 16,
        "landmark_visible": rng.integers(0, 2, 68, dtype=np.uint8),
        "landmarks_3d": rng.normal(size=(68, 3)).astype(np.float32),
        "head_pose": rng.normal(size=3).astype(np.float32),
        "gaze": rng.normal(size=2).astype(np.float32),
        "camera": rng.integers(-64, 64, 16).astype(np.float32) / 16,
        "segmentation": rng.integers(0, 6, plane, dtype=np.uint8),
        "depth": np.where(rng.random(plane) < 0.3, np.inf, rng.random(plane)).astype(np.float32),
        "normal_camera": rng.normal(size=(*plane, 3)).astype(np.float32),
        "uv": rng.random((*plane, 2), np.float32),
        "face_index": rng.integers(-1, 99, plane, dtype=np.int32),
        "barycentric": rng.random((*plane, 2), np.float32),
        "flow": rng.normal(size=(*plane, 2)).astype(np.float32),
        "au_region": rng.integers(0, 256, plane, dtype=np.uint8),
        "dense_landmarks": rng.integers(0, 16 * size, (DENSE, 2)).astype(np.float32) / 16,
        "dense_visible": rng.integers(0, 2, DENSE, dtype=np.uint8),
        "dense_landmarks_3d": rng.normal(size=(DENSE, 3)).astype(np.float32),
    }


@pytest.fixture(scope="session")
def make_arrays() -> Callable[..., dict[str, Any]]:
    return random_arrays


@pytest.fixture(scope="session")
def make_sample() -> MakeSample:
    def make(number: int, size: int = 8, full: bool = False, **changes: Any) -> Sample:
        return Sample({**random_arrays(number, size, full), **changes})

    return make


@pytest.fixture
def folder(tmp_path: Path, make_sample: MakeSample) -> Path:
    """Three shards of 6, 5 and 4 faces."""
    start = 0
    for number, count in enumerate((6, 5, 4)):
        samples = [make_sample(start + row) for row in range(count)]
        write_shard(tmp_path / "shards" / f"part-{number}.h5", samples, {"seed": number})
        start += count
    return tmp_path / "shards"
