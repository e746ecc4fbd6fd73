"""Network weights as safetensors with their configuration as JSON in the header: one file, no pickle."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from safetensors import SafetensorError, safe_open
from safetensors.torch import save
from torch import Tensor, nn

from annotate.errors import WeightsError
from faceset.atomic import write_bytes

HEADER = "facsmith"
"""The only key of the header: safetensors writes several in any order, and the same weights must be the same bytes."""


def save_weights(path: Path, network: nn.Module, note: Mapping[str, Any]) -> None:
    """Writes the weights of a network and ``note``, plain JSON values, atomically."""
    save_tensors(path, dict(network.state_dict()), note)


def load_weights(path: Path) -> tuple[dict[str, Tensor], dict[str, Any]]:
    """Returns the tensors and the note of a file that ``save_weights`` or ``save_tensors`` wrote.

    Raises:
        WeightsError: the file is absent or is not such a file.
    """
    try:
        with safe_open(path, framework="pt") as file:
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
            note: dict[str, Any] = json.loads((file.metadata() or {})[HEADER])
    except (OSError, SafetensorError, KeyError, ValueError) as error:
        raise WeightsError(f"{path}: expected safetensors with a {HEADER!r} header: {error!r}") from error
    return tensors, note


def save_tensors(path: Path, tensors: Mapping[str, Tensor], note: Mapping[str, Any]) -> None:
    """Writes tensors and ``note``, plain JSON values, atomically; equal values give equal bytes."""
    plain = {name: value.detach().contiguous().cpu() for name, value in tensors.items()}
    write_bytes(path, save(plain, {HEADER: json.dumps(dict(note), sort_keys=True)}))
