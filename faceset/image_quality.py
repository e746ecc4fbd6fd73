"""How dark, bright and flat each image is, and the share of its landmarks that it shows."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from faceset.channels import IMAGE
from faceset.loading import ShardSet

Floats = npt.NDArray[np.float64]

_LUMA = np.array([0.2126, 0.7152, 0.0722], np.float32) / 255
_CHUNK = 256


@dataclass(frozen=True)
class ImageQuality:
    """Per image: mean and standard deviation of the luma, (N,) each, in [0, 1]."""

    mean: Floats
    deviation: Floats


def image_quality(faces: ShardSet) -> ImageQuality:
    """Returns the brightness and contrast of every image.

    Luma is the weighted sum of the coded sRGB values with the weights of ITU-R BT.709-6, 3.2.
    """
    parts = [
        _moments(faces.pixels(IMAGE, chunk)) for chunk in np.array_split(np.arange(len(faces)), _chunks(len(faces)))
    ]
    mean, deviation = np.concatenate(parts, axis=1)
    return ImageQuality(mean, deviation)


def landmarks_inside(faces: ShardSet) -> Floats:
    """Returns the share of landmarks within the frame, (M,), for the M faces that have landmarks."""
    having = faces.has("landmarks")
    if not having.any():
        return np.zeros(0)
    height, width, _ = faces.image_shape
    points = faces.subset(having).labels("landmarks")
    inside = (points >= 0) & (points <= np.array([width, height]))
    return np.asarray(inside.all(axis=-1).mean(axis=-1), dtype=np.float64)


def _chunks(count: int) -> int:
    return max(1, -(-count // _CHUNK))


def _moments(images: npt.NDArray[np.uint8]) -> Floats:
    luma = images.reshape(len(images), -1, 3).astype(np.float32) @ _LUMA
    return np.stack([luma.mean(axis=1, dtype=np.float64), luma.std(axis=1, dtype=np.float64)])
