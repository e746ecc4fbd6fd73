"""Draws the light: surroundings with their own lamp, or lamps alone before a dim even light."""

from dataclasses import replace

import numpy as np
import numpy.typing as npt

from faceset.spec import EnvironmentSpec, Lamp, LightSpec
from render.environments import ENVIRONMENTS, PHOTOGRAPHED
from render.environments.harmonics import irradiance, turned_harmonics
from render.environments.maps import LUMA, turned
from render.environments.surroundings import Surroundings, surroundings
from render.planck import planckian

Array = npt.NDArray[np.float64]

VARIANTS = 12
"""Seeds of each procedural environment: each costs half a second once, and a file in the cache."""

FACING = np.array([[0, 0, 1], [0.7, 0, 0.714], [-0.7, 0, 0.714], [0, 0.5, 0.866]])
"""Normals of what a camera sees of a face; its exposure follows their light."""

WHITE_POINT = 5200.0
"""Kelvins: lamps of this temperature look white."""

GLARE = 3.5
"""No camera is exposed so that a lamp gives a white surface more light than this."""

FAINT = 0.05
"""A lamp that gives a surface less light than this is none."""


def sample_light(random: np.random.Generator, environments: float = 0.0) -> LightSpec:
    """Returns drawn light, as bright on a face as a camera's exposure leaves it.

    Args:
        random: what to draw from.
        environments: probability of surroundings; otherwise there are lamps alone.
    """
    chosen, seed = random.uniform() < environments, int(random.integers(2**63))
    # Each has its own draws, so that one of them may change without the other.
    return _surrounded(np.random.default_rng(seed)) if chosen else _lamps_alone(np.random.default_rng([seed, 1]))


def _surrounded(random: np.random.Generator) -> LightSpec:
    procedural = sorted(set(ENVIRONMENTS) - set(PHOTOGRAPHED))
    kind = str(random.choice(PHOTOGRAPHED if random.uniform() < 0.55 else procedural))
    seed = 0 if kind in PHOTOGRAPHED else int(random.integers(VARIANTS))
    turn, brightness = random.uniform(-np.pi, np.pi), np.exp(random.normal(0.05, 0.16))
    light = surrounded(kind, seed, float(turn), float(brightness))
    if random.uniform() >= 0.12:
        return light
    lamp = _lamp(random, _glow(random, random.uniform(0.15, 0.5)), 1.3, 0.1)
    return replace(light, lamps=_brightest_first([*light.lamps, lamp]))


def surrounded(kind: str, seed: int, turn: float, brightness: float = 1.0) -> LightSpec:
    """Returns the light of surroundings with their own lamp, exposed as a camera would for a face.

    Args:
        kind: key of ``ENVIRONMENTS``.
        seed: of what a drawn one draws.
        turn: about the vertical, radians.
        brightness: factor on the exposure.
    """
    around = surroundings(kind, seed)
    brightest = float(np.max(around.key_rgb @ LUMA))
    strength = min(brightness / _exposure(around, turn), GLARE / max(brightest, 1e-6))
    spec = EnvironmentSpec(kind, turn, strength, seed)
    key = around.key(spec)
    lamps = (key,) if np.dot(key.rgb, LUMA) > FAINT else ()
    return LightSpec(lamps, (0.0, 0.0, 0.0), (0.0, 0.0, 0.0), spec)


def _exposure(around: Surroundings, turn: float) -> float:
    """Returns what a camera measures of surroundings of strength 1: the light of a face, and a little of the rest."""
    face = irradiance(turned_harmonics(around.factors, turn), FACING)
    cosine = np.maximum(FACING @ turned(around.key_direction, turn), 0.0)
    face += cosine[:, None] * around.key_rgb
    return float(0.8 * (face @ LUMA).mean() + 0.2)


def _lamps_alone(random: np.random.Generator) -> LightSpec:
    """Returns a key lamp, perhaps a fill and a rim, and ambient light: from flat over low key to backlit."""
    exposure, contrast = np.exp(random.normal(0, 0.13)), random.beta(2.2, 1.8)
    backlit = random.uniform() < 0.1
    share = 0.3 + 0.65 * contrast
    key = _glow(random, 1.75 * exposure * share)
    if backlit:
        lamps = [_behind(random, key), _lamp(random, _glow(random, exposure * random.uniform(0.3, 0.6)), 1.0, 0.2)]
    else:
        lamps = [_lamp(random, key, 1.45, 0.25)]
    if random.uniform() < 0.55 * (1.3 - contrast):
        lamps.append(_lamp(random, _glow(random, exposure * random.uniform(0.15, 0.55)), 1.4, 0.1))
    if random.uniform() < 0.25:
        lamps.append(_behind(random, _glow(random, exposure * random.uniform(0.3, 1.1))))
    sky = exposure * (1.22 - share) * random.uniform(0.75, 1.05) * _tint(random, 0.5)
    ground = sky * random.uniform(0.35, 0.85) * (1.06, 1.0, 0.92)
    return LightSpec(_brightest_first(lamps), _rgb(sky), _rgb(ground))


def _brightest_first(lamps: list[Lamp]) -> tuple[Lamp, ...]:
    return tuple(sorted(lamps, key=lambda lamp: -float(np.dot(lamp.rgb, LUMA))))


def _tint(random: np.random.Generator, reach: float = 1.0) -> Array:
    """Returns the (3,) colour of a lamp of tungsten to blue sky, as far as the camera's white balance leaves it."""
    temperature = np.exp(random.normal(np.log(WHITE_POINT), 0.28 * reach))
    colour = planckian(float(np.clip(temperature, 2700, 11000))) / planckian(WHITE_POINT)
    return np.asarray(colour**0.6 * np.exp(random.normal(0, 0.015, 3)))


def _glow(random: np.random.Generator, brightness: float) -> Array:
    return brightness * _tint(random)


def _rgb(values: Array) -> tuple[float, float, float]:
    red, green, blue = np.clip(values, 0, None)
    return float(red), float(green), float(blue)


def _lamp(random: np.random.Generator, radiance: Array, reach: float, height: float) -> Lamp:
    """Returns a lamp up to ``reach`` radians to either side of the camera and mostly above it."""
    return _placed(random.uniform(-reach, reach), np.clip(random.normal(height + 0.25, 0.32), -0.35, 1.25), radiance)


def _behind(random: np.random.Generator, radiance: Array) -> Lamp:
    """Returns a lamp behind the head, to either side of it."""
    side = random.choice([-1.0, 1.0]) * random.uniform(1.9, 2.8)
    return _placed(side, np.clip(random.normal(0.5, 0.3), -0.1, 1.2), radiance)


def _placed(azimuth: float, elevation: float, radiance: Array) -> Lamp:
    x, y, z = np.sin(azimuth) * np.cos(elevation), np.sin(elevation), np.cos(azimuth) * np.cos(elevation)
    return Lamp((float(x), float(y), float(z)), _rgb(radiance))
