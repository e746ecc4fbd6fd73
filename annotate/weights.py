"""Network weights as safetensors with their configuration as JSON in the header: one file, no pickle."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
import xxhash
from safetensors import SafetensorError, safe_open
from safetensors.torch import save
from torch import Tensor, nn

from annotate.errors import WeightsError
from faceset.atomic import write_bytes

HEADER = "facsmith"
"""The only key of the header: safetensors writes several in any order, and the same weights must be the same bytes."""

DIGEST = "xxh3_128"
"""Key of the checksum within the header's JSON."""


def save_weights(path: Path, network: nn.Module, note: Mapping[str, Any]) -> None:
    """Writes the weights of a network and ``note``, plain JSON values, atomically."""
    save_tensors(path, dict(network.state_dict()), note)


def load_weights(path: Path) -> tuple[dict[str, Tensor], dict[str, Any]]:
    """Returns the tensors and the note of a file that ``save_weights`` or ``save_tensors`` wrote.

    Raises:
        WeightsError: the file is absent, is not such a file, or a bit of it was altered.
    """
    try:
        with safe_open(path, framework="pt") as file:
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
            text = (file.metadata() or {})[HEADER]
            note = json.loads(text)
            digest = note.pop(DIGEST)
    except (OSError, SafetensorError, KeyError, ValueError, AttributeError, TypeError, RecursionError) as error:
        raise WeightsError(f"{path}: expected safetensors with a {HEADER!r} header: {error!r}") from error
    if digest != _digest(tensors, note) or text != _header(note, digest):
        raise WeightsError(f"{path}: altered since it was written: its checksum is another; write or copy it again")
    return tensors, note


def save_tensors(path: Path, tensors: Mapping[str, Tensor], note: Mapping[str, Any]) -> None:
    """Writes tensors and ``note``, plain JSON values, atomically; equal values give equal bytes."""
    plain = {name: value.detach().contiguous().cpu() for name, value in tensors.items()}
    read_back = json.loads(json.dumps(dict(note)))  # as a reader will see it
    write_bytes(path, save(plain, {HEADER: _header(read_back, _digest(plain, read_back))}))


def _header(note: Mapping[str, Any], digest: str) -> str:
    return json.dumps({**note, DIGEST: digest}, sort_keys=True)


def _digest(tensors: Mapping[str, Tensor], note: Mapping[str, Any]) -> str:
    """Returns the checksum of everything a file says: safetensors has none of its own."""
    state = xxhash.xxh3_128(json.dumps(dict(note), sort_keys=True).encode())
    for name in sorted(tensors):
        value = tensors[name]
        state.update(f"\0{name}\0{value.dtype}\0{tuple(value.shape)}\0".encode())
        state.update(value.contiguous().reshape(-1).view(torch.uint8).numpy().data)
    return str(state.hexdigest())
