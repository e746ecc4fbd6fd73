from collections.abc import Callable, Iterator

import numpy as np
import pytest
import torch

from faceset.faces import ArrayFaces
from faults.micro import MICRO
from ganimation.config import GanimationConfig


def make_faces(groups: int = 12, members: int = 2, size: int = 16, seed: int = 0) -> ArrayFaces:
    """Grey squares: AU4 darkens the upper half of a face, AU12 brightens the lower half; exact twins."""
    rng = np.random.default_rng(seed)
    count = groups * members
    au = rng.random((count, 2)).astype(np.float32)
    au[::members] = 0.0
    images = np.repeat(rng.integers(90, 160, (groups, 1, 1, 3)), members, axis=0).astype(np.float64)
    images = np.tile(images, (1, size, size, 1))
    images[:, : size // 2] -= 60.0 * au[:, 0, None, None, None]
    images[:, size // 2 :] += 60.0 * au[:, 1, None, None, None]
    bases = np.repeat([f"base{group}" for group in range(groups)], members)
    first = np.arange(count) % members == 0
    labels = {
        "au": au,
        "au_left": au,
        "au_right": au,
        "au_known": np.ones((count, 2), np.uint8),
        "sample_key": np.where(first, bases, [f"key{i}" for i in range(count)]).astype("S64"),
        "twin_of": np.where(first, "", bases).astype("S64"),
        "identity": np.char.add("who", (np.arange(count) // members % 6).astype(str)).astype("S64"),
    }
    return ArrayFaces(images.round().astype(np.uint8), labels, ("AU4", "AU12"))


@pytest.fixture
def faces() -> Callable[..., ArrayFaces]:
    return make_faces


@pytest.fixture
def tiny() -> GanimationConfig:
    return MICRO


@pytest.fixture(autouse=True)
def _one_thread() -> Iterator[None]:
    """Tiny networks on many threads spend their time waiting for each other."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)
