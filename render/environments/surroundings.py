"""Surroundings made ready for renderers: their brightest lamp apart, and the rest as matt and as shiny surfaces see it.

All of it belongs to a kind and a seed, whatever their turn and strength: it is made once and kept in a cache file.
"""

import tempfile
import zipfile
from dataclasses import dataclass, fields
from functools import lru_cache
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt

from faceset.spec import EnvironmentSpec, Lamp
from render.environments import ENVIRONMENTS
from render.environments.harmonics import harmonics
from render.environments.maps import LUMA, Map, directions, mean, smaller, solid_angles, total, turned
from render.environments.shiny import shiny
from render.errors import RenderError
from render.face_basis import cache_folder

VERSION = 1
"""Of the cache files: one more whenever what they hold changes."""

HEIGHT = 64
"""Of the map that lights, texels: 2.8 degrees each."""

BALANCED = 0.6
"""How much of the light's colour a camera's white balance takes away."""

LAMP_RADIUS, AROUND = 0.30, 0.55
"""A lamp reaches so far from its middle, radians; what lies between the two radii is what it is brighter than."""


@dataclass(frozen=True)
class Surroundings:
    """What an environment sends, at mean radiance 1 over all directions, the lamp included.

    Attributes:
        view: (h, 2h, 3) float16, all of it, as a camera sees it.
        rest: (64, 128, 3) float32 radiance without the lamp.
        factors: (9, 3) of ``render.environments.harmonics``, of ``rest``.
        shiny: ``rest`` as surfaces of growing roughness mirror it (``render.environments.shiny``), one above another.
        key_direction: (3,) unit vector towards the lamp.
        key_rgb: (3,) light of a white matt surface that faces the lamp.
    """

    view: npt.NDArray[np.float16]
    rest: Map
    factors: npt.NDArray[np.float64]
    shiny: Map
    key_direction: npt.NDArray[np.float64]
    key_rgb: npt.NDArray[np.float64]

    def key(self, spec: EnvironmentSpec) -> Lamp:
        """Returns the lamp of an environment, turned and as bright as it says."""
        x, y, z = turned(self.key_direction, spec.turn)
        red, green, blue = spec.strength * self.key_rgb
        return Lamp((float(x), float(y), float(z)), (float(red), float(green), float(blue)))


@lru_cache(48)
def surroundings(kind: str, seed: int = 0) -> Surroundings:
    """Returns the surroundings of a kind and a seed.

    Raises:
        RenderError: an unknown kind, or a photographed one whose files are not installed.
    """
    if kind not in ENVIRONMENTS:
        raise RenderError(f"unknown environment {kind!r}; known: none, {', '.join(ENVIRONMENTS)}")
    path = cache_folder() / f"environment-{VERSION}-{kind}-{seed}.npz"
    found = _load(path)
    if found is None:
        found = prepared(ENVIRONMENTS[kind](seed))
        _save(found, path)
    return found


def prepared(radiance: Map) -> Surroundings:
    """Returns a radiance map made ready."""
    colour = mean(radiance)
    radiance = radiance / ((colour / (colour @ LUMA)) ** BALANCED).astype(np.float32)
    radiance = np.asarray(radiance / mean(radiance).mean(), dtype=np.float32)
    rest, direction, rgb = without_key(smaller(radiance, HEIGHT))
    view = np.minimum(radiance, 6e4).astype(np.float16)
    return Surroundings(view, rest, harmonics(rest), shiny(rest), direction, rgb)


def without_key(radiance: Map) -> tuple[Map, npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """Returns a map without its brightest lamp, the (3,) direction of the lamp, and its (3,) light.

    What the lamp has over its surroundings leaves the map and is the lamp's: nothing is lost, nothing counts twice.
    """
    height, width, _ = radiance.shape
    way, bright = directions(height, width), radiance @ LUMA
    # A lamp counts by the light it sends: its brightness summed over what it covers.
    near = cv2.GaussianBlur(np.hstack([bright] * 3), (0, 0), 0.12 * height / np.pi)[:, width : 2 * width]
    middle = way.reshape(-1, 3)[np.argmax(near * np.clip(way[..., 1] + 0.7, 0.0, 0.7))]
    away = np.arccos(np.clip(way @ middle, -1, 1))
    around = float(np.quantile(bright[(away > LAMP_RADIUS) & (away < AROUND)], 0.7))
    over = np.where(away < LAMP_RADIUS, np.maximum(1 - around / np.maximum(bright, 1e-9), 0.0), 0.0)[..., None]
    taken = radiance * over
    weight = (taken @ LUMA) * solid_angles(height, width)
    direction = (way * weight[..., None]).sum(axis=(0, 1)) if weight.sum() > 0 else middle
    return (radiance * (1 - over)).astype(np.float32), direction / np.linalg.norm(direction), total(taken) / np.pi


def _load(path: Path) -> Surroundings | None:
    try:
        with path.open("rb") as handle, np.load(handle, allow_pickle=False) as arrays:
            return Surroundings(**{entry.name: arrays[entry.name] for entry in fields(Surroundings)})
    except (OSError, KeyError, ValueError, zipfile.BadZipFile):
        return None


def _save(found: Surroundings, path: Path) -> None:
    """Writes a cache file, atomically; where nothing can be written, each process makes its own."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(dir=path.parent, suffix=".npz", delete=False) as handle:
            np.savez(handle, **{entry.name: getattr(found, entry.name) for entry in fields(Surroundings)})
        Path(handle.name).replace(path)
    except OSError:
        return
