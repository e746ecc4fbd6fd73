"""What every image looks like as numbers: brightness, contrast, sharpness, information, and a perceptual hash."""

import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from faceset.channels import IMAGE
from faceset.loading import ShardSet

Floats = npt.NDArray[np.float64]

_CHUNK_BYTES = 4 << 20
"""Of pixels in one thread at a time: memory stays flat however many images there are."""
_RELEASE_EVERY = 32
"""Chunks of which the pages of the files stay in memory."""


@dataclass(frozen=True, eq=False)
class ImageFeatures:
    """Of N images, in the order of their set.

    Luma is the weighted sum of the coded sRGB values with the weights of ITU-R BT.709-6, 3.2.

    Attributes:
        mean: (N,) of the luma, in [0, 1].
        deviation: (N,) standard deviation of the luma, in [0, 0.5].
        sharpness: (N,) variance of the Laplacian of the luma, in grey levels squared, without the outermost pixels
            (Pech-Pacheco et al., "Diatom autofocusing in brightfield microscopy", ICPR 2000, LAPV).
        entropy: (N,) of the histogram of the 256 levels of luma, bits: 0 where all pixels are alike, at most 8.
        phash: (N,) uint64: whether each of the 8 x 8 lowest frequencies of the image, shrunk to 32 x 32, exceeds
            their mean, row by row from the lowest bit; the mean brightness counts as 0. Images that look alike differ
            in few bits (Zauner, "Implementation and benchmarking of perceptual image hash functions", 2010, 3.2.1;
            the bits are those of ``cv2.img_hash.PHash``).
        thumbnail: (N, 32, 32) uint8: that small image.
    """

    mean: Floats
    deviation: Floats
    sharpness: Floats
    entropy: Floats
    phash: npt.NDArray[np.uint64]
    thumbnail: npt.NDArray[np.uint8]

    def __len__(self) -> int:
        """Returns the number of images."""
        return len(self.mean)


def image_features(faces: ShardSet, workers: int | None = None) -> ImageFeatures:
    """Returns the features of every image, from one pass over the pixels.

    Args:
        faces: the set.
        workers: threads; None: one for each core that this process may use.
    """
    from faceset.image_kernels import SIDE, cosines, measure

    count, cosine = len(faces), cosines()
    moments, phash = np.empty((count, 4)), np.empty(count, np.uint64)
    thumbnail = np.empty((count, SIDE, SIDE), np.uint8)

    def fill(part: slice) -> None:
        images = faces.pixels(IMAGE, np.arange(part.start, part.stop))
        measure(images, cosine, moments[part], phash[part], thumbnail[part])

    with ThreadPoolExecutor(workers or len(os.sched_getaffinity(0))) as pool:
        for number, _ in enumerate(pool.map(fill, _parts(faces)), start=1):  # an error of a thread is raised here
            if number % _RELEASE_EVERY == 0:
                faces.release()
    faces.release()
    mean, deviation, sharpness, entropy = np.ascontiguousarray(moments.T)
    return ImageFeatures(mean, deviation, sharpness, entropy, phash, thumbnail)


def _parts(faces: ShardSet) -> Iterator[slice]:
    height, width, depth = faces.image_shape
    step = max(1, _CHUNK_BYTES // (height * width * depth))
    return (slice(start, min(start + step, len(faces))) for start in range(0, len(faces), step))
