"""Labelled batches for training code of any kind: images as bytes and the labels that were asked for."""

import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch
from jaxtyping import UInt8
from torch import Tensor

from faceset.faces import FaceData
from faceset.streaming import WHOLE, BatchStream, Part
from gan.errors import DataError
from gan.pixels import Memory, Notice, pixels_on


@dataclass(frozen=True)
class LabelledBatch:
    """Faces of one step.

    Attributes:
        step: of the stream.
        indices: which faces they are in their set, (B,).
        image: sRGB bytes on the device, (B, H, W, 3).
        labels: by name, (B, ...) on the device.
    """

    step: int
    indices: npt.NDArray[np.int64]
    image: UInt8[Tensor, "b h w 3"]
    labels: Mapping[str, Tensor]


class LabelledBatches:
    """Callable step -> ``LabelledBatch`` over stored faces: shuffled passes, one after another."""

    def __init__(
        self,
        faces: FaceData,
        batch_size: int,
        seed: int = 0,
        labels: Sequence[str] = ("au", "au_known"),
        device: str | torch.device = "cpu",
        part: Part = WHOLE,
        memory: Memory = "auto",
        notice: Notice = warnings.warn,
    ) -> None:
        """Reads the labels into memory.

        Args:
            faces: ``faceset.loading.ShardSet`` or anything like it.
            batch_size: faces in one batch of all processes together.
            seed: of the order.
            labels: names of channels of numbers that are not per pixel.
            device: where batches are wanted.
            part: what this process takes of each batch.
            memory: where the images are kept, see ``gan.pixels.Memory``.
            notice: told if they do not fit there and are streamed.

        Raises:
            DataError: a label is text, or a batch has no face for each process.
            ShardError: the faces lack a label.
        """
        texts = [name for name in labels if np.asarray(faces.labels(name)).dtype.kind in "SU"]
        if texts:
            raise DataError(f"{', '.join(texts)}: text is no tensor; take faces.labels(...)[batch.indices] instead")
        check_part(batch_size, part)
        self._device, self._part = torch.device(device), part
        self._labels = {name: np.asarray(faces.labels(name)) for name in labels}
        self._stream = BatchStream(len(faces), batch_size, seed)
        self._pixels = pixels_on(faces, self._device, memory, notice)

    @property
    def identity(self) -> Mapping[str, int]:
        """Number of faces, batch size and seed."""
        return self._stream.identity

    def __call__(self, step: int) -> LabelledBatch:
        """Returns the batch of one step."""
        return self.begin(step)()

    def begin(self, step: int) -> Callable[[], LabelledBatch]:
        """Gathers this process's part of one batch; what it returns gives the batch on the device."""
        whole = self._stream.batch(step)
        indices = whole[self._part.of(len(whole))]
        image = self._pixels.begin(indices)
        labels = {name: torch.from_numpy(values[indices]) for name, values in self._labels.items()}
        return lambda: LabelledBatch(
            step, indices, image(), {name: values.to(self._device) for name, values in labels.items()}
        )


def check_part(batch_size: int, part: Part) -> None:
    """Checks that every process has a face of every batch.

    Raises:
        DataError: there are more processes than faces in a batch.
    """
    if batch_size < part.world_size:
        raise DataError(f"expected at least one face for each of {part.world_size} processes, found {batch_size}")
