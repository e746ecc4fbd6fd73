"""Images of many faces as bytes on the device that trains: gathered batch by batch, or kept there as a whole.

Bytes travel, floats are made where they are used. Both ways give the same bytes.
"""

import itertools
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Literal, Protocol

import numpy as np
import numpy.typing as npt
import torch
from jaxtyping import UInt8
from torch import Tensor

from faceset.faces import FaceData

Indices = npt.NDArray[np.int64]
Notice = Callable[[str], None]

Memory = Literal["auto", "device", "host"]
"""Where the images of a set are kept: on the device if it is a GPU and they fit; on the device, whatever it is, if they
fit; or where they are, so that every batch travels."""

SHARE = 0.5
"""Of the free memory, what a set may take: networks and their gradients need the rest."""

_UPLOAD = 1024


class Pixels(Protocol):
    """Images by index, in two halves: a thread begins, and the thread that trains takes what has come."""

    def begin(self, indices: Indices) -> Callable[[], UInt8[Tensor, "b h w 3"]]:
        """Starts to fetch the images at ``indices``, (B,); what it returns gives them, (B, H, W, 3) on the device."""
        ...


def pixels_on(faces: FaceData, device: torch.device, memory: Memory = "auto", notice: Notice = warnings.warn) -> Pixels:
    """Returns the images of ``faces`` for a device; those that do not fit are streamed, and ``notice`` is told why."""
    if memory == "host" or (memory == "auto" and device.type != "cuda"):
        return StreamedPixels(faces, device)
    needed, free = _num_bytes(faces), free_bytes(device)
    if needed <= SHARE * free:
        try:
            return ResidentPixels(faces, device)
        except torch.OutOfMemoryError:
            free = free_bytes(device)
    notice(
        f"{len(faces)} images take {needed / 1e9:.2f} GB, {device} has {free / 1e9:.2f} GB free, of which they may "
        f"take {SHARE:.0%}: they are streamed batch by batch"
    )
    return StreamedPixels(faces, device)


class ResidentPixels:
    """All images on the device: a batch costs its indices alone."""

    def __init__(self, faces: FaceData, device: torch.device) -> None:
        """Copies the images to the device.

        Raises:
            torch.OutOfMemoryError: they do not fit.
        """
        shape = faces.images(np.zeros(1, np.int64)).shape[1:]
        self._images = torch.empty((len(faces), *shape), dtype=torch.uint8, device=device)
        for start in range(0, len(faces), _UPLOAD):
            some = np.arange(start, min(start + _UPLOAD, len(faces)))
            self._images[start : start + len(some)] = torch.from_numpy(faces.images(some)).to(device)

    def begin(self, indices: Indices) -> Callable[[], UInt8[Tensor, "b h w 3"]]:
        """Returns what picks the images at ``indices`` on the device."""
        wanted = torch.from_numpy(indices)
        return lambda: self._images.index_select(0, wanted.to(self._images.device))


class StreamedPixels:
    """Images gathered for each batch; to a GPU they travel while it computes. Used by one thread at a time."""

    def __init__(self, faces: FaceData, device: torch.device) -> None:
        """Gathers nothing yet."""
        self._faces, self._device = faces, device
        self._lane = _PinnedLane(device) if device.type == "cuda" else None

    def begin(self, indices: Indices) -> Callable[[], UInt8[Tensor, "b h w 3"]]:
        """Gathers the images at ``indices``, and on a GPU sends them on their way."""
        if self._lane is not None:
            return self._lane.send(self._faces, indices)
        images = torch.from_numpy(self._faces.images(indices))
        return lambda: images.to(self._device)


class _PinnedLane:
    """Two pinned buffers that take turns, one filled while the other's bytes travel, on a stream of their own."""

    def __init__(self, device: torch.device) -> None:
        # Which GPU "cuda" is differs between threads, so it is asked here once.
        self._device = torch.device("cuda", torch.cuda.current_device() if device.index is None else device.index)
        self._stream: torch.cuda.Stream = torch.cuda.Stream(self._device)  # type: ignore[no-untyped-call]
        self._turns = itertools.cycle([_PinnedBuffer(), _PinnedBuffer()])

    def send(self, faces: FaceData, indices: Indices) -> Callable[[], UInt8[Tensor, "b h w 3"]]:
        buffer = next(self._turns)
        with torch.cuda.stream(self._stream):
            host = buffer.filled(faces, indices)
            there = host.to(self._device, non_blocking=True)
            arrived = buffer.sent = self._stream.record_event()

        def take() -> UInt8[Tensor, "b h w 3"]:
            current = torch.cuda.current_stream(self._device)
            current.wait_event(arrived)
            # Its memory belongs to the lane's stream; it must not be given away while this stream still reads it.
            there.record_stream(current)
            return there

        return take


class _PinnedBuffer:
    """Pinned memory for one batch, as large as the largest so far."""

    def __init__(self) -> None:
        self.sent: torch.cuda.Event | None = None
        self._memory = torch.empty(0, dtype=torch.uint8)

    def filled(self, faces: FaceData, indices: Indices) -> UInt8[Tensor, "b h w 3"]:
        """Returns the images at ``indices`` in this buffer, once its last batch has left it."""
        if self.sent is not None:
            self.sent.synchronize()
        if len(self._memory) < len(indices):
            shape = faces.images(np.zeros(1, np.int64)).shape[1:]
            self._memory = torch.empty((len(indices), *shape), dtype=torch.uint8, pin_memory=True)
        host = self._memory[: len(indices)]
        faces.images(indices, out=host.numpy())
        return host


def free_bytes(device: torch.device) -> int:
    """Returns how much of a device's memory could be taken now, bytes."""
    if device.type == "cuda":
        return int(torch.cuda.mem_get_info(device)[0])
    lines = Path("/proc/meminfo").read_text(encoding="ascii").splitlines()
    return next(int(line.split()[1]) * 1024 for line in lines if line.startswith("MemAvailable:"))


def _num_bytes(faces: FaceData) -> int:
    return len(faces) * faces.images(np.zeros(1, np.int64)).nbytes
