"""Draws the light: a key lamp, perhaps a fill and a rim, and the ambient light of sky and ground."""

import numpy as np
import numpy.typing as npt

from faceset.spec import Lamp, LightSpec

Array = npt.NDArray[np.float64]


def sample_light(random: np.random.Generator) -> LightSpec:
    """Returns one to three lamps and ambient light, white-balanced within what cameras leave over."""
    tint = np.array([1.0, 1.0, 1.0]) + random.normal(0, 0.04, 3)
    exposure = random.uniform(0.8, 1.2)
    share = random.uniform(0.45, 0.85)
    lamps = [_lamp(random, 1.75 * exposure * share * tint, 1.15, 0.25)]
    if random.uniform() < 0.6:
        lamps.append(_lamp(random, exposure * random.uniform(0.2, 0.6) * tint, 1.3, 0.1))
    if random.uniform() < 0.3:
        lamps.append(_lamp(random, exposure * random.uniform(0.3, 0.9) * tint, 2.4, 0.3))
    sky = exposure * (1.2 - share) * random.uniform(0.75, 1.0) * tint * (0.97, 1.0, 1.06)
    ground = sky * random.uniform(0.4, 0.8) * (1.06, 1.0, 0.92)
    return LightSpec(tuple(lamps), _rgb(sky), _rgb(ground))


def _rgb(values: Array) -> tuple[float, float, float]:
    red, green, blue = np.clip(values, 0, None)
    return float(red), float(green), float(blue)


def _lamp(random: np.random.Generator, radiance: Array, reach: float, height: float) -> Lamp:
    """Returns a lamp up to ``reach`` radians to either side of the camera and mostly above it."""
    azimuth = random.uniform(-reach, reach)
    elevation = np.clip(random.normal(height + 0.25, 0.3), -0.3, 1.2)
    direction = (np.sin(azimuth) * np.cos(elevation), np.sin(elevation), np.cos(azimuth) * np.cos(elevation))
    return Lamp(_direction(direction), _rgb(radiance))


def _direction(vector: tuple[float, float, float]) -> tuple[float, float, float]:
    x, y, z = vector
    return float(x), float(y), float(z)
