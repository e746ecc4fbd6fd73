"""Walls behind faces: the loops of ``render.background``."""

import numpy as np
import numpy.typing as npt

from render.kernels import kernel

Values = npt.NDArray[np.float64]

FINE = 40.0
"""Steps of the table of ``lit_wall`` per unit."""

ENDS = 13.0
"""It reaches from -ENDS to ENDS; beyond, an edge is all over."""


@kernel
def lit_wall(
    top: Values, bottom: Values, patches: Values, table: Values, width: int, height: int
) -> npt.NDArray[np.uint8]:
    """Returns the (H, W, 3) uint8 sRGB picture of a wall with patches of light and shadow.

    Args:
        top: (3,) sRGB of its upper end in [0, 1].
        bottom: (3,) of its lower end.
        patches: (n, 8): middle across and down, in units of the picture; cosine and sine of its turn over its half
            length along, and over that across; 1 over the softness of its edge; by which share it is brighter.
        table: how much of a patch there is from -ENDS to ENDS softnesses beyond its edge, FINE steps to each.
        width: of the picture.
        height: of the picture.
    """
    out = np.empty((height, width, 3), np.uint8)
    last = len(table) - 2
    for i in range(height):
        y = (i + 0.5) / height
        for j in range(width):
            x, cover = (j + 0.5) / width, 255.0
            for k in range(len(patches)):
                dx, dy = x - patches[k, 0], y - patches[k, 1]
                along = dx * patches[k, 2] + dy * patches[k, 3]
                across = dy * patches[k, 4] - dx * patches[k, 5]
                beyond = (np.sqrt(along * along + across * across) - 1) * patches[k, 6]
                if beyond < ENDS:
                    place = max(beyond + ENDS, 0.0) * FINE
                    at = min(int(place), last)
                    part = place - at
                    cover *= 1 + patches[k, 7] * ((1 - part) * table[at] + part * table[at + 1])
            for c in range(3):
                value = min((top[c] * (1 - y) + bottom[c] * y) * cover, 255.0)
                out[i, j, c] = np.uint8(np.rint(value))
    return out
