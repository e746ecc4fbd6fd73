"""From linear light to the stored picture: highlights eased below white, laid over the background, encoded as sRGB."""

from typing import Any

import numpy as np
import numpy.typing as npt

from render.appearance.colour import to_linear, to_srgb

Linear = npt.NDArray[np.float32]
Pixels = npt.NDArray[np.uint8]

KNEE = 0.8
"""Where the soft shoulder begins; the raster renderer's shader has the same one."""

WHITE = 0.9978
"""The middle of the light that is encoded as 255 (0.9956 to 1)."""


def eased(linear: npt.NDArray[np.floating[Any]]) -> Linear:
    """Returns linear light with a soft shoulder: unchanged up to ``KNEE``, then bending towards 1 and never past it."""
    over = np.maximum(linear - KNEE, 0.0)
    bent = 1.0 - (1.0 - KNEE) * np.exp(-over / (1.0 - KNEE))
    return np.where(linear > KNEE, bent, linear).astype(np.float32)


def uneased(shown: npt.NDArray[np.floating[Any]]) -> Linear:
    """Returns the light that ``eased`` shows; what is brighter than ``WHITE`` counts as ``WHITE``."""
    room = np.maximum(1.0 - np.minimum(shown, WHITE), 1.0 - WHITE) / (1.0 - KNEE)
    return np.where(shown > KNEE, KNEE - (1.0 - KNEE) * np.log(room), shown).astype(np.float32)


def developed(
    linear: npt.NDArray[np.floating[Any]], cover: npt.NDArray[np.floating[Any]], background: Pixels
) -> Pixels:
    """Returns the (..., 3) uint8 sRGB picture of (..., 3) linear light over a (..., 3) uint8 sRGB background.

    Args:
        linear: light of the surfaces, not multiplied by their cover.
        cover: (..., 1) fraction of the pixel that surfaces cover, in [0, 1].
        background: what shows where nothing is.
    """
    mixed = eased(linear) * cover + to_linear(background / 255) * (1 - cover)
    return to_srgb(np.asarray(mixed, dtype=np.float32))
