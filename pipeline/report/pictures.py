"""Faces on the page: small images as WebP data, never files that a page would have to load."""

import base64
import io
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from PIL import Image

Pixels = npt.NDArray[np.uint8]

THUMBNAIL = 96
"""Largest side of a face on the page, pixels."""

QUALITY = 86
"""Of WebP; faces of 64 pixels take about 1.3 kB each."""


@dataclass(frozen=True)
class Picture:
    """One face on the page.

    Attributes:
        source: the image itself, as "data:image/webp;base64,…".
        alt: what it shows.
        label: one short line below it; "" for none.
    """

    source: str
    alt: str
    label: str = ""


def picture(pixels: npt.NDArray[np.generic], alt: str, label: str = "", side: int = THUMBNAIL) -> Picture:
    """Returns an image (H, W, 3) sRGB or a map (H, W) in [0, 1], where white is 1, at most ``side`` pixels a side."""
    return Picture(data_uri(pixels, side), alt, label)


def data_uri(pixels: npt.NDArray[np.generic], side: int = THUMBNAIL) -> str:
    """Returns an image (H, W, 3) uint8 or a map (H, W) in [0, 1] as data of at most ``side`` pixels a side."""
    grey = pixels.ndim == 2 and pixels.dtype != np.uint8
    levels = np.rint(np.clip(pixels.astype(np.float64), 0.0, 1.0) * 255.0).astype(np.uint8) if grey else pixels
    image = Image.fromarray(np.ascontiguousarray(levels)).convert("RGB")
    image.thumbnail((side, side), Image.Resampling.LANCZOS)
    buffer = io.BytesIO()
    image.save(buffer, "WEBP", quality=QUALITY, method=6)
    return f"data:image/webp;base64,{base64.b64encode(buffer.getvalue()).decode('ascii')}"
