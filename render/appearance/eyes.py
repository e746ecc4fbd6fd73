"""The eyeball: a sphere with a corneal bulge, textured by the angle from its axis.

Sizes are those of an adult eye relative to a 12 mm radius: iris radius 5.9 mm, pupil radius 2 mm, cornea 7.8 mm.
"""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import numpy.typing as npt

from faceset.spec import Appearance
from render.appearance.colour import to_linear, to_srgb
from render.appearance.noise import generator, smooth_noise, smoothstep
from render.scene import SEGMENT

TEXTURE_SIZE = 128
MAX_ANGLE = 1.9
IRIS_ANGLE = 0.50
PUPIL_ANGLE = 0.18
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
    axis = (np.arange(TEXTURE_SIZE) + 0.5) / TEXTURE_SIZE * 2 - 1
    x, y = np.meshgrid(axis, axis)
    angle, turn = np.hypot(x, y) * MAX_ANGLE, np.arctan2(y, x)
    sclera = np.array([0.56, 0.52, 0.50]) * (1 - 0.16 * smoothstep(0.6, 1.3, angle)[..., None] * (0, 1, 1.1))
    iris = 0.8 * to_linear(appearance.iris_rgb) * _iris_pattern(random, angle, turn)[..., None]
    colour = sclera + (iris - sclera) * smoothstep(IRIS_ANGLE + 0.025, IRIS_ANGLE - 0.025, angle)[..., None]
    colour = colour * (1 - 0.985 * smoothstep(PUPIL_ANGLE + 0.02, PUPIL_ANGLE - 0.02, angle))[..., None]
    return to_srgb(colour)


def _iris_pattern(
    random: np.random.Generator, angle: npt.NDArray[np.float64], turn: npt.NDArray[np.float64]
) -> npt.NDArray[np.float64]:
    fibres = smooth_noise(random, 256, (4, 64))
    row = np.clip(angle / IRIS_ANGLE * 255, 0, 255).astype(int)
    column = ((turn / (2 * np.pi) + 0.5) * 255).astype(int)
    limbus = 1 - 0.65 * smoothstep(IRIS_ANGLE * 0.78, IRIS_ANGLE, angle)
    collarette = 1 + 0.35 * np.exp(-(((angle - 0.27) / 0.06) ** 2))
    return np.asarray((1 + 0.35 * fibres[row, column]) * limbus * collarette)


def eye_segments(side: str) -> npt.NDArray[np.uint8]:
    """Returns a (1, 1) segment map of one eye."""
    return np.full((1, 1), SEGMENT[f"{side}_eye"], dtype=np.uint8)
