"""All even light of a specification, its sky and ground and its surroundings: for matt surfaces and by direction."""

import numpy as np
import numpy.typing as npt

from faceset.spec import LightSpec
from render.environments.harmonics import gradient, turned_harmonics
from render.environments.maps import Map, Values, seen, turned
from render.environments.surroundings import surroundings


def ambient(light: LightSpec) -> Values:
    """Returns the (9, 3) factors of ``render.environments.harmonics`` of all light but the lamps."""
    factors, spec = gradient(light), light.environment
    if spec.kind != "none":
        factors = factors + spec.strength * turned_harmonics(surroundings(spec.kind, spec.seed).factors, spec.turn)
    return factors


def radiance(light: LightSpec, directions: npt.ArrayLike) -> Map:
    """Returns the (..., 3) radiance that comes from (..., 3) unit vectors, the lamps left out."""
    way, spec = np.asarray(directions, dtype=np.float64), light.environment
    up = 0.5 + 0.5 * way[..., 1:2]
    found = np.array(light.ground_rgb) * (1 - up) + np.array(light.sky_rgb) * up
    if spec.kind != "none":
        found = found + spec.strength * seen(surroundings(spec.kind, spec.seed).rest, turned(way, -spec.turn))
    return np.asarray(found, dtype=np.float32)
