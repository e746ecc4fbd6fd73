"""One training batch: tensors on the device, and everything random that a step needs.

A batch is a pure function of (data, config, step). Losses are therefore pure functions of (weights, batch), and a
run that is resumed at a step goes on exactly as if it had not stopped.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch
from jaxtyping import Bool, Float, UInt8
from torch import Tensor

from faceset.conditions import intensities, known, mirrored_order
from faceset.faces import FaceData
from faceset.streaming import BatchStream
from faceset.twins import TwinGroups
from gan.errors import DataError
from gan.streams import Purpose, stream


@dataclass(frozen=True)
class BatchConfig:
    """How batches are drawn.

    Attributes:
        condition: keys of the Action Units, for example ("AU4", "AU12"); their order is the condition's order.
        image_size: height and width that the stored images must have, pixels.
        batch_size: faces per batch.
        seed: seed of the order, the targets, the noise and the flips.
        flip_probability: how often an image is mirrored.
        target_noise: half width of the uniform noise on a target that was taken from another face.
        twin_fraction: how often a face that has twins takes one of them, exactly, as its target.

    Raises:
        ValueError: a value is out of range.
    """

    condition: tuple[str, ...]
    image_size: int
    batch_size: int
    seed: int = 0
    flip_probability: float = 0.5
    target_noise: float = 0.1
    twin_fraction: float = 0.0

    def __post_init__(self) -> None:
        """Checks the ranges."""
        if not self.condition or self.batch_size < 1 or self.image_size < 1:
            raise ValueError(
                "a batch needs at least one Action Unit, one face and one pixel, "
                f"found {self.condition}, batch_size {self.batch_size}, image_size {self.image_size}"
            )
        for name in ("flip_probability", "target_noise", "twin_fraction"):
            if not 0.0 <= getattr(self, name) <= 1.0:
                raise ValueError(f"{name} must lie in [0, 1], found {getattr(self, name)}")


@dataclass(frozen=True)
class Batch:
    """What a method's losses may look at.

    Attributes:
        step: the step it belongs to.
        image: photographs, (B, 3, H, W) in [-1, 1].
        au: their intensities, (B, K) in [0, 1]; 0 where unknown.
        known: where ``au`` is known.
        target: intensities asked for, (B, K) in [0, 1]; 0 where unknown.
        target_known: where ``target`` is known.
        twin: the exact result of the edit where ``has_twin``, else the image itself.
        has_twin: whether the target is a twin's, (B,).
        mix: uniform numbers in [0, 1) for interpolations between real and edited images, (B,).
    """

    step: int
    image: Float[Tensor, "b 3 h w"]
    au: Float[Tensor, "b k"]
    known: Bool[Tensor, "b k"]
    target: Float[Tensor, "b k"]
    target_known: Bool[Tensor, "b k"]
    twin: Float[Tensor, "b 3 h w"]
    has_twin: Tensor
    mix: Tensor


class Batches:
    """Callable step -> ``Batch`` over stored faces."""

    def __init__(self, data: FaceData, config: BatchConfig, device: str | torch.device = "cpu") -> None:
        """Reads the labels into memory; images stay where they are until a batch needs them.

        Raises:
            DataError: there are fewer faces than one batch, or an Action Unit is missing.
        """
        if len(data) < config.batch_size:
            raise DataError(f"expected at least one batch of {config.batch_size} faces, found {len(data)}")
        self._data, self._config, self._device = data, config, torch.device(device)
        self._au = intensities(data, config.condition)
        self._known = known(data, config.condition)
        self._mirror = mirrored_order(config.condition)
        self._twins = TwinGroups.of(data) if config.twin_fraction > 0.0 else None
        self._stream = BatchStream(len(data), config.batch_size, config.seed)

    def __call__(self, step: int) -> Batch:
        """Returns the batch of one step."""
        indices = self.indices(step)
        donors, has_twin = self._donors(indices, step)
        wanted = self._noisy(self._au[donors], has_twin, step)
        flip = self._rng(Purpose.FLIP, step).random(len(indices)) < self._config.flip_probability
        image, twin = self._images(indices, np.where(has_twin, donors, indices), flip)
        labels = (self._au[indices], self._known[indices], wanted * self._known[donors], self._known[donors])
        au, au_known, target, target_known = (self._label(values, flip) for values in labels)
        mix = self._rng(Purpose.MIX, step).random(len(indices), dtype=np.float32)
        return Batch(step, image, au, au_known, target, target_known, twin, self._tensor(has_twin), self._tensor(mix))

    def indices(self, step: int) -> npt.NDArray[np.int64]:
        """Returns which faces a step sees, (B,): shuffled passes over the data, one after another."""
        return self._stream.batch(step)

    def _rng(self, purpose: Purpose, step: int) -> np.random.Generator:
        return stream(self._config.seed, purpose, step)

    def _donors(self, indices: npt.NDArray[np.int64], step: int) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.bool_]]:
        """Returns whose Action Units are the targets, and which of them are exact twins."""
        donors = self._rng(Purpose.TARGET, step).integers(len(self._data), size=len(indices))
        if self._twins is None:
            return donors, np.zeros(len(indices), dtype=np.bool_)
        rng = self._rng(Purpose.TWIN, step)
        chosen = (rng.random(len(indices)) < self._config.twin_fraction) & self._twins.has_twin[indices]
        return np.where(chosen, self._twins.draw(indices, rng), donors), chosen

    def _noisy(
        self, target: npt.NDArray[np.float32], exact: npt.NDArray[np.bool_], step: int
    ) -> npt.NDArray[np.float32]:
        width = self._config.target_noise
        noise = self._rng(Purpose.NOISE, step).uniform(-width, width, target.shape).astype(np.float32)
        return np.where(exact[:, None], target, np.clip(target + noise, 0.0, 1.0))

    def _images(
        self, indices: npt.NDArray[np.int64], twins: npt.NDArray[np.int64], flip: npt.NDArray[np.bool_]
    ) -> tuple[Float[Tensor, "b 3 h w"], Float[Tensor, "b 3 h w"]]:
        images = to_tensor(self._data.images(indices), self._device)
        if images.shape[2:] != (self._config.image_size,) * 2:
            raise DataError(f"expected images of {self._config.image_size} pixels, found {tuple(images.shape[2:])}")
        flips = self._tensor(flip)[:, None, None, None]
        images = torch.where(flips, images.flip(3), images)
        if np.array_equal(twins, indices):
            return images, images
        others = to_tensor(self._data.images(twins), self._device)
        return images, torch.where(flips, others.flip(3), others)

    def _label(self, values: npt.NDArray[np.generic], flip: npt.NDArray[np.bool_]) -> Tensor:
        return self._tensor(np.where(flip[:, None], values[:, self._mirror], values))

    def _tensor(self, values: npt.NDArray[np.generic]) -> Tensor:
        return torch.from_numpy(np.ascontiguousarray(values)).to(self._device)


def to_tensor(images: UInt8[np.ndarray, "b h w 3"], device: str | torch.device = "cpu") -> Float[Tensor, "b 3 h w"]:
    """Returns uint8 images as floats in [-1, 1], (B, 3, H, W); bytes travel to the device, floats are made there."""
    pixels = torch.from_numpy(np.ascontiguousarray(images)).to(device)
    return (pixels.permute(0, 3, 1, 2).contiguous().float() / 127.5) - 1.0


def to_images(tensor: Float[Tensor, "b 3 h w"]) -> UInt8[np.ndarray, "b h w 3"]:
    """Returns floats in [-1, 1] as uint8 images, (B, H, W, 3), rounded to the nearest."""
    pixels = ((tensor.detach().float() + 1.0) * 127.5).round().clamp(0, 255).to(torch.uint8)
    return np.ascontiguousarray(pixels.permute(0, 2, 3, 1).cpu().numpy())
