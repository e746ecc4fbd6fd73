"""Light as pictures store it: the loops of ``render.background`` and ``render.hair.texture``."""

import numpy as np
import numpy.typing as npt

from render.kernels import kernel

Single = npt.NDArray[np.float32]
Pixels = npt.NDArray[np.uint8]


@kernel
def stored(light: Single, knee: float, table: Pixels) -> Pixels:
    """Returns the (H, W, 3) uint8 sRGB picture of (H, W, 3) light with the highlights of ``render.backends.film``.

    Args:
        light: linear.
        knee: where the soft shoulder begins.
        table: sRGB of light from 0 to 1, in even steps.
    """
    height, width, channels = light.shape
    out, steps = np.empty(light.shape, np.uint8), len(table) - 1
    for i in range(height):
        for j in range(width):
            for c in range(channels):
                value = float(light[i, j, c])
                if value > knee:
                    value = 1 - (1 - knee) * np.exp((knee - value) / (1 - knee))
                out[i, j, c] = table[int(min(max(value, 0.0), 1.0) * steps + 0.5)]
    return out


@kernel
def shaded_rows(row: Single, shade: npt.NDArray[np.float64], brightest: float, table: Pixels) -> Pixels:
    """Returns (H, W, 3) uint8 sRGB: a row of linear colours (W, 3) as bright as each of (H,) shades makes it.

    Args:
        row: of colours.
        shade: factors.
        brightest: no colour exceeds it.
        table: as for ``stored``.
    """
    out, steps = np.empty((len(shade), len(row), 3), np.uint8), len(table) - 1
    for i in range(len(shade)):
        for j in range(len(row)):
            for c in range(3):
                out[i, j, c] = table[int(min(max(row[j, c] * shade[i], 0.0), brightest) * steps + 0.5)]
    return out
