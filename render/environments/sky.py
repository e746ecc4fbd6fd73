"""Open skies: blue to overcast, the sun from near the horizon to high, fields or sea below. All colours by eye."""

import cv2
import numpy as np

from render.appearance.noise import smoothstep
from render.environments.maps import Map, Values, directions
from render.environments.patterns import clouds, drawn
from render.planck import planckian

SUN_RADIUS = 0.02
"""Radians; the true sun has 0.0047, and is one texel of a map of 512 x 1024."""


def sky(seed: int) -> Map:
    """Returns the (256, 512, 3) radiance under an open sky."""
    random = drawn(seed, "sky")
    way = directions(256, 512)
    cover = random.choice([random.uniform(0, 0.3), random.uniform(0.3, 0.8), 1.0])
    elevation = random.uniform(0.06, 1.1)
    azimuth = random.uniform(-np.pi, np.pi)
    sun = np.array([np.cos(elevation) * np.sin(azimuth), np.sin(elevation), -np.cos(elevation) * np.cos(azimuth)])
    low = float(np.exp(-elevation / 0.22))
    picture = _air(way, sun, low)
    white = 0.35 + 0.65 * clouds(random, (256, 512))
    thick = smoothstep(1 - cover, 1.25 - cover, clouds(random, (256, 512)))[..., None] if cover < 1 else 1.0
    lit = (0.55 + 0.45 * np.clip(way @ sun, 0, 1) ** 2)[..., None] * white[..., None]
    picture = picture * (1 - 0.92 * thick) + 0.92 * thick * lit * (1.0 + np.array([0.25, -0.05, -0.3]) * low)
    shining = (1 - min(cover, 0.98)) ** 1.5 * planckian(6000 - 3200 * low) * (1 - 0.75 * low)
    # Sunlight on a surface that faces it is about five times the light of a blue sky (1 pi here).
    disc = smoothstep(1.6 * SUN_RADIUS, 0.6 * SUN_RADIUS, np.arccos(np.clip(way @ sun, -1, 1)))
    picture = picture + disc[..., None] * shining * 5 * 0.5 * np.pi / (np.pi * SUN_RADIUS**2)
    return _grounded(random, way, picture, sun, low)


def _air(way: Values, sun: Values, low: float) -> Values:
    up = np.clip(way[..., 1:2], 0, 1)
    zenith, horizon = np.array([0.16, 0.30, 0.62]), np.array([0.62, 0.72, 0.85]) + low * np.array([0.4, 0.0, -0.35])
    haze = np.exp(-np.arccos(np.clip(way @ sun, -1, 1)) / (0.25 + 0.5 * low))[..., None]
    glare = np.array([1.3, 1.1, 0.8]) + low * np.array([0.9, 0, -0.5])
    return np.asarray(horizon + (zenith - horizon) * up**0.45 + haze * glare)


def _grounded(random: np.random.Generator, way: Values, above: Values, sun: Values, low: float) -> Map:
    """Returns the sky with ground below a horizon of hills or trees."""
    height, width, _ = above.shape
    wave = cv2.resize(random.uniform(0, 1, (1, 24)), (width, 1), interpolation=cv2.INTER_CUBIC)[0]
    wave = 0.02 + random.uniform(0, 0.12) * np.clip(wave + np.roll(wave[::-1], 50), 0, 2)
    colour = random.choice(np.array([[0.16, 0.19, 0.07], [0.30, 0.26, 0.18], [0.24, 0.24, 0.23], [0.10, 0.14, 0.16]]))
    lit = (0.45 + 0.6 * (1 - low) * max(sun[1], 0.2)) * (0.75 + 0.5 * clouds(random, (height, width), 24))[..., None]
    far = np.exp(4.0 * np.clip(way[..., 1:2], -1, 0))
    ground = colour * lit * (1 - 0.5 * far) + 0.5 * far * colour.mean() * np.array([0.9, 1.0, 1.15])
    edge = smoothstep(0.012, -0.012, way[..., 1] - wave[None])[..., None]
    return np.asarray(above * (1 - edge) + ground * edge, dtype=np.float32)
