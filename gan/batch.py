"""One training batch: tensors on the device, and everything random that a step needs.

A batch is a pure function of (data, config, step). Losses are therefore pure functions of (weights, batch), and a
run that is resumed at a step goes on exactly as if it had not stopped. Everything is drawn for the whole batch, of
which each of several processes takes its part: all together see the same faces, targets and flips, however many.
"""

import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields

import numpy as np
import numpy.typing as npt
import torch
from jaxtyping import Bool, Float, UInt8
from torch import Tensor

from faceset.conditions import intensities, known, mirrored_order
from faceset.faces import FaceData
from faceset.streaming import WHOLE, BatchStream, Part
from faceset.twins import TwinGroups
from gan.errors import DataError
from gan.labelled import check_part
from gan.pixels import Memory, Notice, pixels_on
from gan.streams import Purpose, stream


@dataclass(frozen=True)
class BatchConfig:
    """How batches are drawn.

    Attributes:
        condition: keys of the Action Units, for example ("AU4", "AU12"); their order is the condition's order.
        image_size: height and width that the stored images must have, pixels.
        batch_size: faces per batch, of all processes together.
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
        share: of the whole batch that this one is; 1 unless several processes train.
        whole: of a part, how many entries of the whole batch are set in "known", "target_known" and "has_twin".
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
    share: float = 1.0
    whole: Mapping[str, int] | None = None

    def count(self, mask: str) -> float | None:
        """Returns what a sum over the entries of a mask is divided by in place of their number; None for a whole batch.

        The means that parts so make, weighted by their shares, give that of the whole batch, although one part may
        know more entries than another.
        """
        return None if self.whole is None else max(self.whole[mask], 1) * self.share


@dataclass(frozen=True, eq=False)
class _Draw:
    """What is random about a batch, for each of its faces."""

    indices: npt.NDArray[np.int64]
    donors: npt.NDArray[np.int64]
    has_twin: npt.NDArray[np.bool_]
    wanted: npt.NDArray[np.float32]
    flip: npt.NDArray[np.bool_]
    mix: npt.NDArray[np.float32]

    def part(self, places: slice) -> "_Draw":
        """Returns the faces at ``places``."""
        return _Draw(**{field.name: getattr(self, field.name)[places] for field in fields(self)})


class Batches:
    """Callable step -> ``Batch`` over stored faces."""

    def __init__(
        self,
        data: FaceData,
        config: BatchConfig,
        device: str | torch.device = "cpu",
        part: Part = WHOLE,
        memory: Memory = "auto",
        notice: Notice = warnings.warn,
    ) -> None:
        """Reads the labels into memory.

        Args:
            data: the faces.
            config: how batches are drawn.
            device: where batches are wanted.
            part: what this process takes of each batch.
            memory: where the images are kept, see ``gan.pixels.Memory``.
            notice: told if they do not fit there and are streamed.

        Raises:
            DataError: there are fewer faces than one batch, fewer faces in it than processes, or an Action Unit is
                missing.
        """
        if len(data) < config.batch_size:
            raise DataError(f"expected at least one batch of {config.batch_size} faces, found {len(data)}")
        check_part(config.batch_size, part)
        self._config, self._device, self._part = config, torch.device(device), part
        self._au = intensities(data, config.condition)
        self._known = known(data, config.condition)
        self._mirror = mirrored_order(config.condition)
        self._twins = TwinGroups.of(data) if config.twin_fraction > 0.0 else None
        self._stream = BatchStream(len(data), config.batch_size, config.seed)
        self._pixels = pixels_on(data, self._device, memory, notice)

    @property
    def identity(self) -> Mapping[str, int]:
        """Number of faces, batch size and seed."""
        return self._stream.identity

    def __call__(self, step: int) -> Batch:
        """Returns the batch of one step."""
        return self.begin(step)()

    def begin(self, step: int) -> Callable[[], Batch]:
        """Draws a batch and gathers its bytes; what it returns makes the batch on the device."""
        whole = self._draw(step)
        draw = whole.part(self._part.of(self._config.batch_size))
        # Twins follow the faces, so that both travel at once.
        pixels = self._pixels.begin(np.concatenate([draw.indices, draw.donors[draw.has_twin]]))
        counts = None if self._part == WHOLE else self._counts(whole)
        return lambda: self._finished(step, draw, pixels(), counts)

    def _counts(self, whole: _Draw) -> dict[str, int]:
        known_entries, asked = self._known[whole.indices].sum(), self._known[whole.donors].sum()
        return {"known": int(known_entries), "target_known": int(asked), "has_twin": int(whole.has_twin.sum())}

    def _finished(
        self, step: int, draw: _Draw, pixels: UInt8[Tensor, "n h w 3"], counts: Mapping[str, int] | None
    ) -> Batch:
        image, twin = self._images(draw, pixels)
        target_known = self._known[draw.donors]
        return Batch(
            step,
            image,
            self._label(self._au[draw.indices], draw.flip),
            self._label(self._known[draw.indices], draw.flip),
            self._label(draw.wanted * target_known, draw.flip),
            self._label(target_known, draw.flip),
            twin,
            self._tensor(draw.has_twin),
            self._tensor(draw.mix),
            len(draw.indices) / self._config.batch_size,
            counts,
        )

    def indices(self, step: int) -> npt.NDArray[np.int64]:
        """Returns which faces a step sees in all processes, (B,): shuffled passes over the data, one after another."""
        return self._stream.batch(step)

    def _draw(self, step: int) -> _Draw:
        """Returns the whole batch's draw."""
        indices = self.indices(step)
        donors, has_twin = self._donors(indices, step)
        wanted = self._noisy(self._au[donors], has_twin, step)
        flip = self._rng(Purpose.FLIP, step).random(len(indices)) < self._config.flip_probability
        mix = self._rng(Purpose.MIX, step).random(len(indices), dtype=np.float32)
        return _Draw(indices, donors, has_twin, wanted, flip, mix)

    def _rng(self, purpose: Purpose, step: int) -> np.random.Generator:
        return stream(self._config.seed, purpose, step)

    def _donors(self, indices: npt.NDArray[np.int64], step: int) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.bool_]]:
        """Returns whose Action Units are the targets, and which of them are exact twins."""
        donors = self._rng(Purpose.TARGET, step).integers(len(self._au), size=len(indices))
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
        self, draw: _Draw, pixels: UInt8[Tensor, "n h w 3"]
    ) -> tuple[Float[Tensor, "b 3 h w"], Float[Tensor, "b 3 h w"]]:
        """Returns the faces and their twins; where there is none, the face itself."""
        if pixels.shape[1:3] != (self._config.image_size,) * 2:
            raise DataError(f"expected images of {self._config.image_size} pixels, found {tuple(pixels.shape[1:3])}")
        count = len(draw.indices)
        image = self._flipped(pixels[:count], draw.flip)
        if not draw.has_twin.any():
            return image, image
        places = self._tensor(np.flatnonzero(draw.has_twin))
        return image, image.index_copy(0, places, self._flipped(pixels[count:], draw.flip[draw.has_twin]))

    def _flipped(self, pixels: UInt8[Tensor, "b h w 3"], flip: npt.NDArray[np.bool_]) -> Float[Tensor, "b 3 h w"]:
        return floats(torch.where(self._tensor(flip)[:, None, None, None], pixels.flip(2), pixels))

    def _label(self, values: npt.NDArray[np.generic], flip: npt.NDArray[np.bool_]) -> Tensor:
        return self._tensor(np.where(flip[:, None], values[:, self._mirror], values))

    def _tensor(self, values: npt.NDArray[np.generic]) -> Tensor:
        return torch.from_numpy(np.ascontiguousarray(values)).to(self._device)


def to_tensor(images: UInt8[np.ndarray, "b h w 3"], device: str | torch.device = "cpu") -> Float[Tensor, "b 3 h w"]:
    """Returns uint8 images as floats in [-1, 1], (B, 3, H, W); bytes travel to the device, floats are made there."""
    return floats(torch.from_numpy(np.ascontiguousarray(images)).to(device))


def floats(pixels: UInt8[Tensor, "b h w 3"]) -> Float[Tensor, "b 3 h w"]:
    """Returns bytes as floats in [-1, 1], (B, 3, H, W), on the same device."""
    return (pixels.permute(0, 3, 1, 2).contiguous().float() / 127.5) - 1.0


def to_images(tensor: Float[Tensor, "b 3 h w"]) -> UInt8[np.ndarray, "b h w 3"]:
    """Returns floats in [-1, 1] as uint8 images, (B, H, W, 3), rounded to the nearest."""
    pixels = ((tensor.detach().float() + 1.0) * 127.5).round().clamp(0, 255).to(torch.uint8)
    return np.ascontiguousarray(pixels.permute(0, 2, 3, 1).cpu().numpy())
