"""PNG: lossless files of 8-bit images, the same bytes for the same pixels."""

from io import BytesIO

import numpy as np
from PIL import Image

from faceset.channels import Array


def png(pixels: Array) -> bytes:
    """Returns the file of an image, (H, W, 3) sRGB or (H, W) numbers, uint8."""
    buffer = BytesIO()
    Image.fromarray(np.ascontiguousarray(pixels)).save(buffer, format="PNG")
    return buffer.getvalue()
