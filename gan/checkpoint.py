"""A run's whole state in one safetensors file: weights, optimiser moments, and JSON in the header.

One file replaces another in one step, so weights and state cannot come apart, and no pickle is read.
"""

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save
from torch import Tensor, nn

from gan.errors import CheckpointError

VERSION = 1

HEADER = "facsmith"
"""The only key of the header: safetensors writes several in any order, and the same run must be the same bytes."""


def write_atomically(path: Path, content: bytes) -> None:
    """Writes a file that is either the old one or the whole new one, whatever happens in between."""
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    with temporary.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    temporary.replace(path)
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def save_weights(path: Path, network: nn.Module, note: Mapping[str, Any]) -> None:
    """Writes one network's weights as safetensors with ``note`` as JSON in the header."""
    tensors = {name: value.detach().contiguous().cpu() for name, value in network.state_dict().items()}
    write_atomically(path, save(tensors, {HEADER: json.dumps(dict(note), sort_keys=True)}))


def load_weights(path: Path) -> tuple[dict[str, Tensor], dict[str, Any]]:
    """Returns the weights and the note that ``save_weights`` wrote.

    Raises:
        CheckpointError: the file is absent or is not such a file.
    """
    tensors, header = _read(path)
    if HEADER not in header:
        raise CheckpointError(f"{path}: expected weights with a note in the header, found {sorted(header)}")
    note: dict[str, Any] = json.loads(header[HEADER])
    return tensors, note


def save_checkpoint(
    path: Path,
    networks: Mapping[str, nn.Module],
    optimisers: Mapping[str, torch.optim.Adam],
    state: Mapping[str, Any],
) -> None:
    """Writes networks, Adam moments and ``state`` (plain JSON values) atomically."""
    tensors = {
        f"network/{name}/{key}": value.detach().contiguous().cpu()
        for name, network in networks.items()
        for key, value in network.state_dict().items()
    }
    for name, optimiser in optimisers.items():
        for key, weight in networks[name].named_parameters():
            for moment, value in optimiser.state.get(weight, {}).items():
                tensors[f"optimiser/{name}/{key}/{moment}"] = value.detach().contiguous().cpu()
    header = json.dumps({"version": VERSION, "state": dict(state)}, sort_keys=True)
    write_atomically(path, save(tensors, {HEADER: header}))


def load_checkpoint(
    path: Path, networks: Mapping[str, nn.Module], optimisers: Mapping[str, torch.optim.Adam]
) -> dict[str, Any]:
    """Fills networks and optimisers from a checkpoint and returns its state.

    Raises:
        CheckpointError: the file is damaged, of another version, or of other networks.
    """
    tensors, header = _read(path)
    found = json.loads(header.get(HEADER, "{}"))
    if found.get("version") != VERSION:
        raise CheckpointError(f"{path}: expected checkpoint version {VERSION}, found {found.get('version')!r}")
    for name, network in networks.items():
        prefix = f"network/{name}/"
        weights = {key[len(prefix) :]: value for key, value in tensors.items() if key.startswith(prefix)}
        try:
            network.load_state_dict(weights)
        except RuntimeError as error:
            raise CheckpointError(f"{path}: the {name} has another shape: {error}. Use another folder.") from error
    for name, optimiser in optimisers.items():
        _load_moments(optimiser, networks[name], f"optimiser/{name}/", tensors)
    state: dict[str, Any] = found["state"]
    return state


def _load_moments(optimiser: torch.optim.Adam, network: nn.Module, prefix: str, tensors: Mapping[str, Tensor]) -> None:
    for key, weight in network.named_parameters():
        start = f"{prefix}{key}/"
        moments = {name[len(start) :]: value for name, value in tensors.items() if name.startswith(start)}
        if moments:
            optimiser.state[weight] = {name: value.to(weight.device) for name, value in moments.items()}


def _read(path: Path) -> tuple[dict[str, Tensor], dict[str, str]]:
    try:
        with safe_open(path, framework="pt") as file:
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
            return tensors, dict(file.metadata() or {})
    except (OSError, SafetensorError) as error:
        raise CheckpointError(f"{path}: expected a safetensors file: {error}") from error
