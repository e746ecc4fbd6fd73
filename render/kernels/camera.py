"""What a camera does to the light of a picture: the loops of ``render.camera_effects``."""

import numpy as np
import numpy.typing as npt

from render.kernels import kernel

Light = npt.NDArray[np.float64]
Pixels = npt.NDArray[np.uint8]
Places = npt.NDArray[np.int64]


@kernel
def exposed(image: Pixels, light_of: Light, gain: float, falloff: float) -> Light:
    """Returns the (H, W, 3) light of an (H, W, 3) picture, less towards the corners by the law of the cosine.

    Args:
        image: 8-bit values.
        light_of: (256,) light of each value.
        gain: factor on all of it.
        falloff: squared tangent of the angle at which the corners are seen.
    """
    height, width, channels = image.shape
    out = np.empty((height, width, channels))
    for i in range(height):
        for j in range(width):
            x, y = (2 * j + 1) / width - 1, (2 * i + 1) / height - 1
            factor = 1.0 + falloff * (x * x + y * y) / 2
            factor = gain / (factor * factor)
            for c in range(channels):
                out[i, j, c] = light_of[image[i, j, c]] * factor
    return out


@kernel
def _mirrored(place: int, size: int) -> int:
    """Returns the texel that stands for one beyond the edge: the picture goes on mirrored."""
    place = place % (2 * size)
    return 2 * size - 1 - place if place >= size else place


@kernel
def smeared(light: Light, down: Places, across: Places, weight: Light) -> Light:
    """Returns (H, W, C) light as a point spread of single taps leaves it.

    Args:
        light: (H, W, C); beyond its edges it goes on mirrored.
        down: (n,) rows from each pixel to where a tap looks.
        across: (n,) columns.
        weight: (n,) of each tap.
    """
    height, width, channels = light.shape
    out = np.zeros((height, width, channels))
    reach = max(np.abs(across).max(), 0)
    padded = np.empty((width + 2 * reach) * channels)
    for source in range(-np.abs(down).max(), height + np.abs(down).max()):
        row = light[_mirrored(source, height)]
        for j in range(width + 2 * reach):
            column = _mirrored(j - reach, width)
            for c in range(channels):
                padded[j * channels + c] = row[column, c]
        for tap in range(len(weight)):
            target = source - down[tap]
            if 0 <= target < height:
                start = (reach + across[tap]) * channels
                seen, sum_, share = padded[start : start + width * channels], out[target].reshape(-1), weight[tap]
                for k in range(len(sum_)):
                    sum_[k] += share * seen[k]
    return out


@kernel
def noisy(light: Light, normal: npt.NDArray[np.float32], photons: float, reading: float) -> None:
    """Adds noise of variance ``photons`` times the light plus ``reading`` to (H, W, 3) light, in place."""
    flat, draws = light.reshape(-1), normal.reshape(-1)
    for k in range(len(flat)):
        flat[k] += np.sqrt(flat[k] * photons + reading) * draws[k]


@kernel
def toned(light: Light, gains: Light, luma: Light, saturation: float, knee: float, curve: Light) -> Pixels:
    """Returns the (H, W, 3) uint8 picture of (H, W, 3) light.

    Args:
        light: what the sensor counted.
        gains: (3,) of the white balance.
        luma: (3,) weights of the colours in brightness.
        saturation: factor on the colours' distance from grey.
        knee: where the soft shoulder begins (``render.backends.film``).
        curve: (n,) what is stored of light from 0 to 1, in even steps; between them it is straight.
    """
    height, width, _ = light.shape
    out = np.empty((height, width, 3), np.uint8)
    steps, shown = len(curve) - 1, np.empty(3)
    for i in range(height):
        for j in range(width):
            for c in range(3):
                value = max(light[i, j, c] * gains[c], 0.0)
                shown[c] = value if value <= knee else 1.0 - (1.0 - knee) * np.exp((knee - value) / (1.0 - knee))
            grey = shown[0] * luma[0] + shown[1] * luma[1] + shown[2] * luma[2]
            for c in range(3):
                at = min(max(grey + saturation * (shown[c] - grey), 0.0), 1.0) * steps
                step = min(int(at), steps - 1)
                stored = curve[step] + (at - step) * (curve[step + 1] - curve[step])
                out[i, j, c] = int(stored + 0.5)
    return out
