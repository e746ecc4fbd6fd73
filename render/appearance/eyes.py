"""The eyeball: a sphere with a corneal bulge, textured by the angle from its axis.

Sizes are those of an adult eye relative to a 12 mm radius: iris radius 5.9 mm, pupil radius 1.4 to 2.9 mm.
"""

from dataclasses import dataclass
from functools import lru_cache

import cv2
import numpy as np
import numpy.typing as npt

from faceset.spec import Appearance
from render.appearance.colour import to_linear, to_srgb
from render.appearance.noise import generator, smooth_noise, smoothstep
from render.kernels.painting import eye
from render.scene import SEGMENT

Map = npt.NDArray[np.float32]

TEXTURE_SIZE = 128
MAX_ANGLE = 1.9
IRIS_ANGLE = 0.50
PUPIL_ANGLES = (0.12, 0.24)
"""Radius of the pupil from bright to dim light: 1.4 to 2.9 mm."""

LIMBUS = (0.54, 0.46)
"""Angles between which the iris fades into the white."""

SCLERA = (0.60, 0.555, 0.525)
"""Linear reflectance of a young, rested white of the eye; by eye."""

BLOOD = (0.75, 0.28, 0.30)
"""What full blood leaves of the white's red, green and blue."""

WARM = np.array((1.35, 1.1, 0.7), dtype=np.float32)
"""Colour of the ring around the pupil, relative to the iris."""

BULGE = 0.045
RINGS, SEGMENTS = 20, 32
PURPOSE_EYE = 5


@dataclass(frozen=True)
class Eyeball:
    """A unit eyeball looking along +Z.

    Attributes:
        vertices: (V, 3), radius 1 and a little more at the cornea.
        uv: (V, 2) azimuthal equidistant coordinates.
        faces: (F, 3).
    """

    vertices: npt.NDArray[np.float32]
    uv: npt.NDArray[np.float32]
    faces: npt.NDArray[np.int32]


@lru_cache
def eyeball(iris: float = 1.0) -> Eyeball:
    """Returns the unit eyeball: rings around the axis, dense at the iris, open at the back.

    Args:
        iris: angle that the iris takes, relative to that on an eyeball of 12 mm radius.
    """
    angle = MAX_ANGLE * (np.arange(1, RINGS + 1) / RINGS) ** 1.3
    turn = 2 * np.pi * np.arange(SEGMENTS) / SEGMENTS
    radius = 1 + BULGE * np.cos(np.clip(angle / (iris * IRIS_ANGLE), 0, 1) * np.pi / 2) ** 1.5
    ring = np.stack([np.cos(turn), np.sin(turn)], axis=1)
    xy = (radius * np.sin(angle))[:, None, None] * ring
    z = np.repeat((radius * np.cos(angle))[:, None], SEGMENTS, axis=1)
    vertices = np.concatenate([[[0, 0, 1 + BULGE]], np.concatenate([xy, z[..., None]], axis=2).reshape(-1, 3)])
    flat = 0.5 + 0.5 * np.minimum(angle / iris / MAX_ANGLE, 1.0)[:, None, None] * ring * (1, -1)
    uv = np.concatenate([[[0.5, 0.5]], flat.reshape(-1, 2)])
    return Eyeball(vertices.astype(np.float32), uv.astype(np.float32), _ring_faces())


def _ring_faces() -> npt.NDArray[np.int32]:
    index = 1 + np.arange(RINGS * SEGMENTS).reshape(RINGS, SEGMENTS)
    following = np.roll(index, -1, axis=1)
    cap = np.stack([np.zeros(SEGMENTS, int), index[0], following[0]], axis=1)
    inner, inner_next, outer, outer_next = index[:-1], following[:-1], index[1:], following[1:]
    quads = np.stack([inner, outer, outer_next, inner, outer_next, inner_next], axis=-1).reshape(-1, 3)
    return np.asarray(np.concatenate([cap, quads]), dtype=np.int32)


def paint_eye(appearance: Appearance) -> npt.NDArray[np.uint8]:
    """Returns the (128, 128, 3) uint8 sRGB texture of both eyes of one person."""
    random = generator(appearance.texture_seed, PURPOSE_EYE)
    pupil = float(random.uniform(*PUPIL_ANGLES))
    redness, age = appearance.eye_redness, appearance.wrinkles
    white = np.array(SCLERA) * (1 - age * np.array((0.04, 0.06, 0.16)))
    veins = np.zeros((TEXTURE_SIZE, TEXTURE_SIZE), dtype=np.uint8)
    cv2.polylines(veins, _veins(random, 6 + round(16 * redness)), False, 255, 1, cv2.LINE_AA, 3)
    blood = 0.10 + 0.5 * redness
    fibres = smooth_noise(random, 256, (3, 90)) + np.float32(0.6) * smooth_noise(random, 256, (6, 40))
    base = 0.85 * to_linear(appearance.iris_rgb)
    maps, turn = _maps()
    colours = eye(
        maps,
        turn,
        veins,
        fibres,
        np.array([white, BLOOD], dtype=np.float32),
        (0.75 * blood, blood * (0.45 + 0.5 * redness)),
        np.array([base, base * WARM], dtype=np.float32),
        pupil,
        float(random.uniform(0.3, 1.0)),
        IRIS_ANGLE,
    )
    return to_srgb(colours)


@lru_cache(1)
def _maps() -> tuple[Map, npt.NDArray[np.int64]]:
    """Returns what all eyes share, texel by texel: (4, T, T) and (T, T) of ``render.kernels.painting.eye``."""
    axis = (np.arange(TEXTURE_SIZE, dtype=np.float32) + 0.5) / TEXTURE_SIZE * 2 - 1
    x, y = np.meshgrid(axis, axis)
    angle, turn = np.hypot(x, y) * np.float32(MAX_ANGLE), np.arctan2(y, x)
    corner = smoothstep(0.55, 1.15, angle * np.abs(np.cos(turn)))
    ring = 1 - np.float32(0.78) * smoothstep(IRIS_ANGLE * 0.80, IRIS_ANGLE * 1.0, angle)
    maps = np.stack([angle, corner, smoothstep(*LIMBUS, angle), ring]).astype(np.float32)
    return maps, ((turn / (2 * np.pi) + 0.5) * 255).astype(np.int64)


def _veins(random: np.random.Generator, count: int) -> list[npt.NDArray[np.int32]]:
    """Returns winding lines from the corners of the eye towards the iris, eighths of a texel."""
    side = random.choice([0.0, np.pi], count)
    start = side + random.normal(0, 0.5, count)
    steps = np.linspace(0, 1, 9)
    bend = np.cumsum(random.normal(0, 0.055, (count, len(steps))), axis=1)
    far = 1.5 - random.uniform(0.3, 0.85, count)[:, None] * steps
    turn = start[:, None] + bend
    places = np.stack([far * np.cos(turn), far * np.sin(turn)], axis=-1) / MAX_ANGLE
    return list(np.round((places + 1) / 2 * TEXTURE_SIZE * 8).astype(np.int32))


def eye_segments(side: str) -> npt.NDArray[np.uint8]:
    """Returns a (1, 1) segment map of one eye."""
    return np.full((1, 1), SEGMENT[f"{side}_eye"], dtype=np.uint8)
