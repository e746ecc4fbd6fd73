"""Backdrops: a gradient with soft blobs."""

import numpy as np
import numpy.typing as npt

from faceset.spec import BackgroundSpec
from render.appearance.noise import generator

PURPOSE_BACKGROUND = 6


def backdrop(spec: BackgroundSpec, width: int, height: int) -> npt.NDArray[np.uint8]:
    """Returns the (H, W, 3) uint8 sRGB backdrop of a specification."""
    down = (np.arange(height) + 0.5)[:, None, None] / height
    image = np.array(spec.top_rgb) * (1 - down) + np.array(spec.bottom_rgb) * down
    image = np.repeat(image, width, axis=1)
    random = generator(spec.seed, PURPOSE_BACKGROUND)
    x, y = np.meshgrid((np.arange(width) + 0.5) / width, (np.arange(height) + 0.5) / height)
    for _ in range(spec.blobs):
        cx, cy, rx, ry = random.uniform((0, 0, 0.1, 0.1), (1, 1, 0.5, 0.5))
        colour = np.clip(random.uniform(0.1, 0.9) + random.normal(0, 0.1, 3), 0, 1)
        weight = random.uniform(0.2, 0.8)
        cover = weight / (1 + np.exp(18 * (((x - cx) / rx) ** 2 + ((y - cy) / ry) ** 2 - 1).clip(-1, 2)))
        image = image * (1 - cover[..., None]) + colour * cover[..., None]
    return np.asarray(np.round(np.clip(image, 0, 1) * 255), dtype=np.uint8)
