"""Things in front of the face: the registry. Each occluder draws its parameters and builds its mesh from them."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

import numpy as np

from faceset.spec import OccluderSpec
from render.errors import RenderError
from render.occluders import cap, card, cup, glasses, hand, mask, microphone, sunglasses
from render.occluders.head import Head
from render.scene import SceneMesh


@dataclass(frozen=True)
class Occluder:
    """One kind of occluder.

    Attributes:
        sample_params: draws the parameters of one occluder.
        build: parameters and the head at rest to a mesh in the world; an expression changes nothing about it.
    """

    sample_params: Callable[[np.random.Generator], dict[str, float]]
    build: Callable[[Mapping[str, float], Head], SceneMesh]


OCCLUDERS: dict[str, Occluder] = {
    "card": Occluder(card.sample_params, card.build),
    "glasses": Occluder(glasses.sample_params, glasses.build),
    "sunglasses": Occluder(sunglasses.sample_params, sunglasses.build),
    "mask": Occluder(mask.sample_params, mask.build),
    "cap": Occluder(cap.sample_params, cap.build),
    "microphone": Occluder(microphone.sample_params, microphone.build),
    "cup": Occluder(cup.sample_params, cup.build),
    "hand": Occluder(hand.sample_params, hand.build),
}
"""Occluders by kind; the kind is also the name of their segmentation class in ``render.scene.SEGMENTS``."""


def occluder_meshes(specs: Iterable[OccluderSpec], head: Head) -> list[SceneMesh]:
    """Returns the meshes of the occluders of one sample.

    Raises:
        RenderError: an unknown kind.
    """
    meshes = []
    for index, spec in enumerate(specs):
        if spec.kind not in OCCLUDERS:
            raise RenderError(f"unknown occluder {spec.kind!r}; known: {', '.join(OCCLUDERS)}")
        mesh = OCCLUDERS[spec.kind].build(spec.params, head)
        meshes.append(mesh if index == 0 else _renamed(mesh, index))
    return meshes


def _renamed(mesh: SceneMesh, index: int) -> SceneMesh:
    from dataclasses import replace

    return replace(mesh, name=f"{mesh.name}_{index}")
