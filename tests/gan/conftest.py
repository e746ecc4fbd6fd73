from collections.abc import Callable, Iterator

import numpy as np
import pytest
import torch

from faceset.faces import ArrayFaces

CODES = ("AU4", "AU12", "AU25")


def make_faces(groups: int = 8, members: int = 2, size: int = 16, seed: int = 0) -> ArrayFaces:
    """Noise images whose first pixel is the number of the face; twins are neighbours."""
    rng = np.random.default_rng(seed)
    count = groups * members
    images = rng.integers(0, 256, (count, size, size, 3), dtype=np.uint8)
    images[:, 0, 0, 0] = np.arange(count)
    left, right = rng.random((2, count, 3)).astype(np.float32)
    right[:, 2] = left[:, 2]
    bases = np.repeat([f"base{group}" for group in range(groups)], members)
    first = np.tile(np.arange(members) == 0, groups)
    labels = {
        "au": np.maximum(left, right),
        "au_left": left,
        "au_right": right,
        "au_known": np.ones((count, 3), np.uint8),
        "sample_key": np.where(first, bases, [f"key{i}" for i in range(count)]).astype("S64"),
        "twin_of": np.where(first, "", bases).astype("S64"),
        "identity": np.char.add("who", (np.arange(count) // members % 4).astype(str)).astype("S64"),
    }
    return ArrayFaces(images, labels, CODES)


@pytest.fixture
def faces() -> Callable[..., ArrayFaces]:
    return make_faces


@pytest.fixture(autouse=True)
def _one_thread() -> Iterator[None]:
    """Tiny networks on many threads spend their time waiting for each other."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)
