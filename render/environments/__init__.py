"""What surrounds and lights a face: the registry. Each entry makes a radiance map from a seed.

A map is (h, 2h, 3) float32 linear radiance in equirectangular layout (``render.environments.maps``), of any scale:
``render.environments.surroundings`` brings it to a mean of 1. Photographed ones do not look at the seed.
"""

from collections.abc import Callable
from functools import partial

from render.environments.foliage import foliage
from render.environments.maps import Map
from render.environments.photographed import photographed
from render.environments.room import room
from render.environments.sky import sky
from render.environments.street import street

PHOTOGRAPHED = ("city", "courtyard", "forest", "interior", "night", "studio", "sunrise", "sunset")


def _photograph(seed: int, name: str) -> Map:
    return photographed(name)


ENVIRONMENTS: dict[str, Callable[[int], Map]] = {
    **{name: partial(_photograph, name=name) for name in PHOTOGRAPHED},
    "sky": sky,
    "room": room,
    "street": street,
    "foliage": foliage,
}
"""Environments by kind; the kind "none" of a specification is none of them."""
