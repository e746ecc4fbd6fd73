"""Cutting the frame out of a photograph, without aliasing, and pasting an edited frame back."""

from math import ceil

import numpy as np
import numpy.typing as npt

from annotate.align import Similarity
from annotate.errors import AlignmentError

Pixels = npt.NDArray[np.uint8]

MAX_SUPERSAMPLING = 8
"""Most samples per output pixel and axis; beyond it the photograph is first averaged over blocks."""


def crop(
    image: Pixels,
    similarity: Similarity,
    size: int | tuple[int, int],
    border: tuple[int, int, int] | None = None,
) -> Pixels:
    """Returns the frame that ``similarity`` cuts out of an image, (height, width, 3) uint8.

    A pixel of a reduced frame is the mean over its area: the image is sampled at least once per source pixel and
    the samples are averaged.

    Args:
        image: (H, W, 3) uint8.
        similarity: from the image's pixels to the frame's.
        size: of the frame: its side, or (width, height).
        border: sRGB colour outside the image; by default the image is reflected at its edges.

    Raises:
        AlignmentError: the image is not (H, W, 3) uint8.
    """
    if image.ndim != 3 or image.shape[2] != 3 or image.dtype != np.uint8 or not image.size:
        raise AlignmentError(f"expected an image (H, W, 3) uint8, found {image.shape} {image.dtype}")
    width, height = (size, size) if isinstance(size, int) else size
    block = int(1.0 / (similarity.scale * MAX_SUPERSAMPLING)) + 1
    if block > 1:
        image = _block_means(image, block)
        similarity = similarity.after(Similarity(float(block), 0.0, (0.0, 0.0)))
    samples = max(1, ceil(1.0 / similarity.scale - 1e-9))
    fine = Similarity(float(samples), 0.0, (0.0, 0.0)).after(similarity)
    return _area_mean(_warp(image, fine, (width * samples, height * samples), border), width, height)


def outside_fraction(similarity: Similarity, photo: tuple[int, int], size: int | tuple[int, int]) -> float:
    """Returns the fraction of the frame that lies outside a photograph of (width, height) pixels."""
    width, height = (size, size) if isinstance(size, int) else size
    steps = (np.arange(64) + 0.5) / 64
    grid = np.stack(np.meshgrid(steps * width, steps * height), axis=-1).reshape(-1, 2)
    points = similarity.inverse().apply(grid)
    return float(np.mean(np.any((points < 0.0) | (points >= np.array(photo)), axis=1)))


def paste(photo: Pixels, frame: Pixels, similarity: Similarity) -> Pixels:
    """Returns a copy of the photograph in which the frame, cut out by ``similarity``, lies in its place."""
    height, width = photo.shape[:2]
    inside = np.full(frame.shape[:2], 255, dtype=np.uint8)
    back = similarity.inverse()
    cover = crop(np.repeat(inside[..., None], 3, axis=2), back, (width, height), border=(0, 0, 0))
    weight = cover.astype(np.float32) / 255.0
    placed = crop(frame, back, (width, height))
    return np.asarray(np.rint(photo * (1.0 - weight) + placed * weight), dtype=np.uint8)


def _block_means(image: Pixels, block: int) -> Pixels:
    height, width = image.shape[:2]
    padded = np.pad(image, ((0, -height % block), (0, -width % block), (0, 0)), mode="edge")
    return _area_mean(padded, padded.shape[1] // block, padded.shape[0] // block)


def _area_mean(image: Pixels, width: int, height: int) -> Pixels:
    import cv2

    if image.shape[:2] == (height, width):
        return image
    return np.asarray(cv2.resize(image, (width, height), interpolation=cv2.INTER_AREA), dtype=np.uint8)


def _warp(image: Pixels, similarity: Similarity, size: tuple[int, int], border: tuple[int, int, int] | None) -> Pixels:
    import cv2

    # OpenCV puts pixel centres at whole numbers: shift by half a pixel before and after.
    matrix = similarity.matrix
    matrix[:, 2] += matrix[:, :2] @ np.array([0.5, 0.5]) - 0.5
    mode = cv2.BORDER_REFLECT if border is None else cv2.BORDER_CONSTANT
    filtering = cv2.INTER_CUBIC if similarity.scale > 1.0 + 1e-9 and border is None else cv2.INTER_LINEAR
    warped = cv2.warpAffine(image, matrix, size, flags=filtering, borderMode=mode, borderValue=border or (0, 0, 0))
    return np.asarray(warped, dtype=np.uint8)
