"""Several processes that train as one (torch.distributed, as torchrun starts them): each with its part of every batch.

Without a process group every function here does nothing, so that training code is the same for one process.
"""

from collections.abc import Sequence

import torch
import torch.distributed as dist
from torch import Tensor

from faceset.streaming import WHOLE, Part
from gan.errors import CheckpointError


def process_part() -> Part:
    """Returns what this process takes of every batch: its part of the process group, or all of it."""
    return Part(dist.get_rank(), dist.get_world_size()) if _several() else WHOLE


def average(tensors: Sequence[Tensor], share: float) -> None:
    """Replaces each tensor, in place, by its mean over all processes, weighted by their shares of the batch.

    The gradient of a mean over a batch is the mean of the gradients of its parts, weighted by their sizes. They travel
    as one tensor.
    """
    if not _several() or not tensors:
        return
    flat = torch.cat([tensor.reshape(-1) for tensor in tensors]) * share
    dist.all_reduce(flat)
    means = torch.split(flat, [tensor.numel() for tensor in tensors])
    for tensor, mean in zip(tensors, means, strict=True):
        tensor.copy_(mean.view_as(tensor))


def check_agreement(number: int, what: str) -> None:
    """Checks that all processes have the same number.

    Raises:
        CheckpointError: they differ, as when not all of them see the same folder.
    """
    if not _several():
        return
    numbers: list[object] = [None] * dist.get_world_size()
    dist.all_gather_object(numbers, number)
    if len(set(numbers)) > 1:
        raise CheckpointError(f"{what}: expected the same in all processes, found {numbers}; do they share the folder?")


def wait_for_all() -> None:
    """Returns when every process has come here."""
    if _several():
        dist.barrier()


def _several() -> bool:
    return dist.is_available() and dist.is_initialized() and dist.get_world_size() > 1
