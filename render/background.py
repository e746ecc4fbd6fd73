"""Backdrops: walls with soft patches of light and shadow, or the surroundings that light the face."""

from functools import lru_cache

import cv2
import numpy as np
import numpy.typing as npt

from faceset.spec import BackgroundSpec, EnvironmentSpec, LightSpec
from render.appearance.colour import ENCODED
from render.appearance.noise import generator
from render.backends.film import KNEE
from render.camera import Camera
from render.environments.maps import Map, seen, turned
from render.environments.surroundings import surroundings
from render.kernels.background import ENDS, FINE, lit_wall
from render.kernels.encoding import stored
from render.kernels.placing import unit_rays

PURPOSE_BACKGROUND = 6

SHRUNK = 4.0
"""Pixels: a picture that is blurred by more is made smaller first."""

BRIGHTEST = 30.0
"""Radiance: a sun's disc out of focus would else cover all the picture."""

Pixels = npt.NDArray[np.uint8]


def sample_background(random: np.random.Generator, light: LightSpec) -> BackgroundSpec:
    """Returns the drawn backdrop of a face in a light: its surroundings where there are some, else a wall."""
    top, bottom = _wall(random)
    return BackgroundSpec(
        kind="gradient" if light.environment.kind == "none" else "environment",
        top_rgb=top,
        bottom_rgb=bottom,
        blobs=int(random.integers(0, 5)),
        seed=int(random.integers(2**31)),
        view=float(random.uniform(0.35, 1.2)),
        blur=float(random.choice([0.0, random.uniform(0.004, 0.015), random.uniform(0.015, 0.06)], p=(0.2, 0.3, 0.5))),
    )


Rgb = tuple[float, float, float]


def _wall(random: np.random.Generator) -> tuple[Rgb, Rgb]:
    """Returns sRGB of the upper and the lower end: rooms are dull, one brightness and a little colour, mostly warm."""
    level, fall = random.uniform(0.12, 0.92), random.normal(0, 0.1)
    warmth, green = 0.045 * random.normal(0.3, 1.0), 0.015 * random.normal()
    colour = level + level**0.5 * np.array([warmth, green, -1.2 * warmth])
    if random.uniform() < 0.12:
        colour = colour + level * 0.12 * random.normal(0, 1, 3)
    top, bottom = np.clip([colour * (1 + fall), colour * (1 - fall)], 0.02, 0.98)
    return (float(top[0]), float(top[1]), float(top[2])), (float(bottom[0]), float(bottom[1]), float(bottom[2]))


def backdrop(spec: BackgroundSpec, light: LightSpec, camera: Camera) -> Pixels:
    """Returns the (H, W, 3) uint8 sRGB backdrop of a specification; read only, since twins share it."""
    size = camera.width, camera.height
    if spec.kind == "environment" and light.environment.kind != "none":
        turn = np.ascontiguousarray(camera.world_to_camera[:3, :3].T).tobytes()
        return _surroundings(spec.view, spec.blur, light.environment, turn, *size)
    return _gradient(spec, *size)


@lru_cache(8)
def _gradient(spec: BackgroundSpec, width: int, height: int) -> Pixels:
    random = generator(spec.seed, PURPOSE_BACKGROUND)
    patches = np.array([_patch(random) for _ in range(spec.blobs)]).reshape(-1, 8)
    return _kept(lit_wall(np.array(spec.top_rgb), np.array(spec.bottom_rgb), patches, EDGE, width, height))


def _patch(random: np.random.Generator) -> tuple[float, ...]:
    """Returns a soft-edged, slanted patch of a lamp's light, or of a thing's shadow, as ``lit_wall`` takes it."""
    (x, y), turn = random.uniform(-0.2, 1.2, 2), random.uniform(0, np.pi)
    wide, long = random.uniform(0.12, 0.5), random.uniform(0.4, 1.5)
    softness, brightness = random.uniform(0.08, 0.5), np.exp(random.normal(-0.08, 0.18))
    c, s = np.cos(turn), np.sin(turn)
    return x, y, c / long, s / long, c / wide, s / wide, 1 / softness, brightness - 1


EDGE = 1 / (1 + np.exp(np.arange(-ENDS * FINE, ENDS * FINE + 1) / FINE))
"""How much of a patch there is around its edge."""


@lru_cache(8)
def _surroundings(view: float, blur: float, spec: EnvironmentSpec, turn: bytes, width: int, height: int) -> Pixels:
    """Returns the surroundings behind the face; ``turn`` holds the (3, 3) turn from camera to world."""
    radius = blur * width
    shrink = max(1, int(radius / SHRUNK))
    cut = int(np.ceil(radius / shrink)) + 1
    columns, rows = -(-width // shrink) + 2 * cut, -(-height // shrink) + 2 * cut
    x = (np.arange(columns) + 0.5 - cut) * shrink - width / 2
    y = (np.arange(rows) + 0.5 - cut) * shrink - height / 2
    focal = width / 2 / np.tan(view / 2)
    # From the camera into the world, and from there into the map.
    turns = turned(np.frombuffer(turn).reshape(3, 3).T, -spec.turn)
    rays = unit_rays(x / focal, -y / focal, turns)
    light = np.minimum(spec.strength * seen(surroundings(spec.kind, spec.seed).view, rays), BRIGHTEST)
    light = _blurred(light, radius / shrink)[cut : rows - cut, cut : columns - cut]
    if shrink > 1:
        light = cv2.resize(light, None, fx=shrink, fy=shrink, interpolation=cv2.INTER_LINEAR)[:height, :width]
    return _kept(stored(np.require(light, np.float32, ("C", "W")), KNEE, ENCODED))


def _blurred(light: Map, radius: float) -> Map:
    """Returns a picture in which every point has become an even disc, as a lens out of focus makes it."""
    if radius < 0.5:
        return light
    reach = int(np.ceil(radius))
    x, y = np.meshgrid(np.arange(-reach, reach + 1), np.arange(-reach, reach + 1))
    disc = np.clip(radius + 0.5 - np.hypot(x, y), 0, 1).astype(np.float32)
    return np.asarray(cv2.filter2D(light, -1, disc / disc.sum(), borderType=cv2.BORDER_REPLICATE), dtype=np.float32)


def _kept(image: npt.NDArray[np.generic]) -> Pixels:
    pixels = np.ascontiguousarray(image, dtype=np.uint8)
    pixels.flags.writeable = False
    return pixels
