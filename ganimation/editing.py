"""Edits faces with a trained generator: aligned crops, crops of any size, and faces in their photographs.

Only what the generator repaints is at its resolution: attention and colours are enlarged and composed with the native
pixels, so that a region whose attention is 1 keeps the photograph bit for bit.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from math import ceil

import cv2
import numpy as np
import numpy.typing as npt
import torch

from annotate.align import Similarity
from annotate.crop import crop
from gan.batch import to_images, to_tensor
from ganimation.config import GanimationConfig
from ganimation.model import Generator

Image = npt.NDArray[np.uint8]
Map = npt.NDArray[np.float32]
Estimate = Callable[[npt.NDArray[np.uint8]], npt.NDArray[np.float32]]
"""Images (N, S, S, 3) to intensities (N, K) in the order of the condition."""

FEATHER = 1.0 / 16.0
"""Part of the frame's side over which an edit fades out towards the frame's border."""

LEVELS = (0.0, 0.33, 0.66, 1.0)
"""Intensities of a strip; those of the paper's single-AU figure."""


@dataclass(frozen=True, eq=False)
class EditedImage:
    """An edit and what it was composed from.

    Attributes:
        image: (H, W, 3) sRGB, at the size of the input.
        attention: 1 keeps the input, (H, W) in [0, 1].
        colour: the generator's pixels, (H, W, 3) sRGB.
    """

    image: Image
    attention: Map
    colour: Image


@dataclass(frozen=True, eq=False)
class EditedBatch:
    """Edits of aligned crops at the generator's resolution: (N, S, S, 3), (N, S, S) and (N, S, S, 3)."""

    images: Image
    attention: Map
    colours: Image


class Editor:
    """A trained generator with names for its inputs."""

    def __init__(self, generator: Generator, config: GanimationConfig, estimate: Estimate | None = None) -> None:
        """Takes what ``ganimation.training.load_generator`` returns.

        Args:
            generator: the network.
            config: its configuration.
            estimate: reads the expression of a face when the caller does not give it.
        """
        self._generator, self._estimate = generator.eval(), estimate
        self.config = config

    def edit(self, image: Image, target: Mapping[str, float], source: Mapping[str, float] | None = None) -> EditedImage:
        """Returns one aligned crop with the Action Units of ``target`` changed and the others kept.

        Args:
            image: (H, W, 3) sRGB of any size; the generator sees it at its own.
            target: activations in [0, 1] by key of the condition.
            source: the face's own activations; None estimates those that ``target`` does not set.

        Raises:
            ValueError: a key is not in the condition, an activation lies outside [0, 1], or the expression is neither
                given nor can it be estimated.
        """
        small = _resized(image, self.config.image_size)
        batch = self.edit_batch(small[None], self.targets(small[None], [target], source))
        height, width = image.shape[:2]
        attention = _enlarged(batch.attention[0], width, height)
        colour = _enlarged(batch.colours[0].astype(np.float32), width, height)
        return EditedImage(_composed(image, attention, colour), attention, _rounded(colour))

    def edit_in_photo(
        self,
        photo: Image,
        frame: Similarity,
        target: Mapping[str, float],
        source: Mapping[str, float] | None = None,
        frame_size: int | None = None,
    ) -> Image:
        """Returns a photograph with one face edited in its place; outside the frame nothing changes.

        Args:
            photo: (H, W, 3) sRGB.
            frame: from the photograph to the aligned crop, as recorded by ``annotate.align.align``.
            target: see ``edit``.
            source: see ``edit``.
            frame_size: side of the crop that ``frame`` leads to; the generator's own by default.
        """
        size = self.config.image_size
        own = Similarity(size / (frame_size or size), 0.0, (0.0, 0.0)).after(frame)
        face = crop(photo, own, size)
        batch = self.edit_batch(face[None], self.targets(face[None], [target], source))
        return pasted(photo, batch.attention[0], batch.colours[0], own)

    def edit_batch(self, images: Image, targets: npt.NDArray[np.float32], batch_size: int = 64) -> EditedBatch:
        """Returns aligned crops (N, S, S, 3) with complete expressions ``targets``, (N, K)."""
        device = next(self._generator.parameters()).device
        parts = []
        for start in range(0, len(images), batch_size):
            chunk = slice(start, start + batch_size)
            with torch.no_grad():
                edit = self._generator(to_tensor(images[chunk], device), torch.from_numpy(targets[chunk]).to(device))
            attention = edit.attention[:, 0].cpu().numpy()
            parts.append((to_images(edit.image), attention, to_images(edit.colour)))
        return EditedBatch(*(np.concatenate(column) for column in zip(*parts, strict=True)))

    def strip(
        self,
        image: Image,
        key: str,
        levels: Sequence[float] = LEVELS,
        source: Mapping[str, float] | None = None,
    ) -> EditedBatch:
        """Returns one aligned crop (S, S, 3) with one Action Unit at several levels, (L, S, S, 3)."""
        images = np.repeat(_resized(image, self.config.image_size)[None], len(levels), axis=0)
        return self.edit_batch(images, self.targets(images, [{key: level} for level in levels], source))

    def targets(
        self, images: Image, changes: Sequence[Mapping[str, float]], source: Mapping[str, float] | None = None
    ) -> npt.NDArray[np.float32]:
        """Returns complete expressions, (N, K): the change where there is one, else the face's own."""
        condition = self.config.condition
        for mapping in (*changes, source or {}):
            _check(mapping, condition)
        own = self._own(images, changes, source)
        for row, change in enumerate(changes):
            for key, value in change.items():
                own[row, condition.index(key)] = value
        return own

    def _own(
        self, images: Image, changes: Sequence[Mapping[str, float]], source: Mapping[str, float] | None
    ) -> npt.NDArray[np.float32]:
        condition = self.config.condition
        if source is not None:
            return np.tile(np.array([source.get(key, 0.0) for key in condition], np.float32), (len(images), 1))
        if all(set(change) == set(condition) for change in changes):
            return np.zeros((len(images), len(condition)), np.float32)
        if self._estimate is None:
            raise ValueError(
                f"the target leaves some of {', '.join(condition)} as they are, and nobody says how they are: "
                "give the face's own expression, or an editor with an estimator"
            )
        return np.array(self._estimate(images), dtype=np.float32).clip(0.0, 1.0)


def pasted(photo: Image, attention: Map, colour: Image, frame: Similarity) -> Image:
    """Returns a photograph with an edit composed into it: attention * photo + (1 - attention) * colour.

    Args:
        photo: (H, W, 3) sRGB.
        attention: of the frame, (S, S); it fades to 1 towards the frame's border, so that no seam shows.
        colour: of the frame, (S, S, 3) sRGB.
        frame: from the photograph to the frame.
    """
    height, width = photo.shape[:2]
    shown = np.float32(1.0) - _faded(attention)
    back = _warped(shown, frame, (width, height), outside=0.0)
    colours = _warped(colour.astype(np.float32), frame, (width, height), outside=None)
    return _composed(photo, np.float32(1.0) - back, colours)


def _faded(attention: Map) -> Map:
    """Returns the attention with a ramp to 1 along the border."""
    size = len(attention)
    distance = np.minimum(np.arange(size), np.arange(size)[::-1]).astype(np.float32)
    ramp = np.clip(distance / max(1, ceil(FEATHER * size)), 0.0, 1.0)
    shown = (1.0 - attention) * np.minimum(ramp[:, None], ramp[None, :])
    return np.asarray(1.0 - shown, dtype=np.float32)


def _warped(
    values: npt.NDArray[np.float32], frame: Similarity, size: tuple[int, int], outside: float | None
) -> npt.NDArray[np.float32]:
    """Returns a map of the frame in the photograph, sampled bilinearly; pixel centres lie at +0.5."""
    matrix = frame.matrix
    matrix[:, 2] += matrix[:, :2] @ np.array([0.5, 0.5]) - 0.5
    mode = cv2.BORDER_REPLICATE if outside is None else cv2.BORDER_CONSTANT
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    warped = cv2.warpAffine(values, matrix, size, flags=flags, borderMode=mode, borderValue=outside or 0.0)
    return np.asarray(warped, dtype=np.float32)


def _composed(image: Image, attention: Map, colour: npt.NDArray[np.float32]) -> Image:
    weight = attention[:, :, None]
    return _rounded(weight * image.astype(np.float32) + (1.0 - weight) * colour)


def _rounded(values: npt.NDArray[np.float32]) -> Image:
    return np.rint(values).clip(0, 255).astype(np.uint8)


def _resized(image: Image, size: int) -> Image:
    if image.shape[:2] == (size, size):
        return image
    shrinks = min(image.shape[:2]) > size
    flags = cv2.INTER_AREA if shrinks else cv2.INTER_LINEAR
    return np.asarray(cv2.resize(image, (size, size), interpolation=flags), dtype=np.uint8)


def _enlarged(values: npt.NDArray[np.float32], width: int, height: int) -> npt.NDArray[np.float32]:
    if values.shape[:2] == (height, width):
        return values
    return np.asarray(cv2.resize(values, (width, height), interpolation=cv2.INTER_LINEAR), dtype=np.float32)


def _check(mapping: Mapping[str, float], condition: Sequence[str]) -> None:
    unknown = [key for key in mapping if key not in condition]
    if unknown:
        raise ValueError(f"{', '.join(unknown)}: this generator was trained for {', '.join(condition)}")
    wrong = {key: value for key, value in mapping.items() if not 0.0 <= value <= 1.0}
    if wrong:
        raise ValueError(f"activations must lie in [0, 1], found {wrong}")
