"""A run's whole state in one safetensors file: weights, optimiser moments, and JSON in the header.

One file replaces another in one step, so weights and state cannot come apart, and no pickle is read.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from annotate.errors import WeightsError
from annotate.weights import load_weights, save_tensors
from gan.errors import CheckpointError

VERSION = 2


def save_checkpoint(
    path: Path,
    networks: Mapping[str, nn.Module],
    optimisers: Mapping[str, torch.optim.Adam],
    state: Mapping[str, Any],
) -> None:
    """Writes networks, Adam moments and ``state`` (plain JSON values) atomically."""
    tensors = {
        f"network/{name}/{key}": value
        for name, network in networks.items()
        for key, value in network.state_dict().items()
    }
    for name, optimiser in optimisers.items():
        for key, weight in networks[name].named_parameters():
            for moment, value in optimiser.state.get(weight, {}).items():
                tensors[f"optimiser/{name}/{key}/{moment}"] = value
    save_tensors(path, tensors, {"version": VERSION, "state": dict(state)})


def load_checkpoint(
    path: Path, networks: Mapping[str, nn.Module], optimisers: Mapping[str, torch.optim.Adam]
) -> dict[str, Any]:
    """Fills networks and optimisers from a checkpoint and returns its state.

    Raises:
        CheckpointError: the file is damaged, of another version, or of other networks.
    """
    try:
        tensors, note = load_weights(path)
    except WeightsError as error:
        raise CheckpointError(f"the checkpoint is damaged; remove it to begin again: {error}") from error
    if note.get("version") != VERSION:
        raise CheckpointError(f"{path}: expected checkpoint version {VERSION}, found {note.get('version')!r}")
    for name, network in networks.items():
        try:
            network.load_state_dict(_below(f"network/{name}/", tensors))
        except RuntimeError as error:
            raise CheckpointError(f"{path}: the {name} has another shape: {error}. Use another folder.") from error
    for name, optimiser in optimisers.items():
        for key, weight in networks[name].named_parameters():
            moments = _below(f"optimiser/{name}/{key}/", tensors)
            if moments:
                optimiser.state[weight] = {moment: value.to(weight.device) for moment, value in moments.items()}
    state: dict[str, Any] = note["state"]
    return state


def _below(prefix: str, tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
    return {name[len(prefix) :]: value for name, value in tensors.items() if name.startswith(prefix)}
