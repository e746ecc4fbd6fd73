"""Weights: what is written is read back, the same values are the same bytes, and no flipped bit goes unnoticed."""

from pathlib import Path

import pytest
import torch

from annotate.errors import WeightsError
from annotate.weights import load_weights, save_tensors

TENSORS = {
    "a/weight": torch.linspace(-1, 1, 6).reshape(2, 3),
    "b/step": torch.tensor(3.0),
    "c/half": torch.ones(3, dtype=torch.bfloat16),
    "d/none": torch.zeros(0, 2),
}
NOTE = {"kind": "test", "numbers": (1, 2.5), "deep": {"2": None}}


def test_what_is_written_is_read_back(tmp_path: Path) -> None:
    for name in ("one", "two"):
        save_tensors(tmp_path / name, TENSORS, NOTE)
    assert (tmp_path / "one").read_bytes() == (tmp_path / "two").read_bytes()
    tensors, note = load_weights(tmp_path / "one")
    assert note == {**NOTE, "numbers": [1, 2.5]}
    assert tensors.keys() == TENSORS.keys()
    assert all(torch.equal(value, TENSORS[name]) for name, value in tensors.items())


def test_every_flipped_bit_is_found(tmp_path: Path) -> None:
    path = tmp_path / "weights"
    save_tensors(path, TENSORS, NOTE)
    content = path.read_bytes()
    for place in range(len(content)):
        for bit in range(8):
            changed = bytearray(content)
            changed[place] ^= 1 << bit
            path.write_bytes(changed)
            with pytest.raises(WeightsError):
                load_weights(path)
    path.write_bytes(content)
    load_weights(path)
