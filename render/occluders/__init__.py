"""Things in front of the face: the registry. Each occluder draws its parameters and builds its mesh from them."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np

from faceset.spec import OccluderSpec
from render.camera import Camera
from render.errors import RenderError
from render.occluders import (
    beanie,
    border,
    cap,
    card,
    cup,
    glasses,
    hand,
    hat,
    headscarf,
    hood,
    loose_hair,
    mask,
    microphone,
    scarf,
    sunglasses,
)
from render.occluders.covering import uncovered
from render.occluders.head import Head
from render.scene import SceneMesh


@dataclass(frozen=True)
class Occluder:
    """One kind of occluder.

    Attributes:
        sample_params: draws the parameters of one occluder.
        build: parameters and the head at rest to a mesh in the world; an expression changes nothing about it.
        weight: how often it is drawn, relative to the others.
        takes: places that it takes: two kinds go together if they share none.
        layer: what has a higher layer is put on over what has a lower.
        covers_hair: which hair of the scalp it hides or presses flat.
    """

    sample_params: Callable[[np.random.Generator], dict[str, float]]
    build: Callable[[Mapping[str, float], Head], SceneMesh]
    weight: float
    takes: frozenset[str]
    layer: int
    covers_hair: Literal["none", "top", "all"] = "none"


def _kind(module: Any, weight: float, takes: str, layer: int, hair: Literal["none", "top", "all"] = "none") -> Occluder:
    return Occluder(module.sample_params, module.build, weight, frozenset(takes.split()), layer, hair)


OCCLUDERS: dict[str, Occluder] = {
    "card": _kind(card, 1.0, "front", 5),
    "glasses": _kind(glasses, 3.0, "eyes", 2),
    "sunglasses": _kind(sunglasses, 1.5, "eyes", 2),
    "mask": _kind(mask, 1.2, "mouth", 1),
    "scarf": _kind(scarf, 0.7, "mouth neck", 1),
    "cap": _kind(cap, 1.0, "scalp", 3, "top"),
    "hat": _kind(hat, 0.6, "scalp", 3, "top"),
    "beanie": _kind(beanie, 0.7, "scalp", 3, "top"),
    "hood": _kind(hood, 0.5, "scalp neck", 3, "all"),
    "headscarf": _kind(headscarf, 0.7, "scalp neck", 3, "all"),
    "loose_hair": _kind(loose_hair, 1.5, "scalp", 3),
    "microphone": _kind(microphone, 0.7, "front mouth", 5),
    "cup": _kind(cup, 0.6, "front mouth", 5),
    "hand": _kind(hand, 2.0, "front mouth", 4),
    "border": _kind(border, 1.5, "picture", 6),
}
"""Occluders by kind; the kind is also the name of their segmentation class in ``render.scene.SEGMENTS``.

The weights are by eye: glasses and hands are what photographs of faces show most.
"""

SECOND = 0.2
"""Probability that something else goes with what is in front of a face."""


def sample_occluders(random: np.random.Generator, probability: float) -> tuple[OccluderSpec, ...]:
    """Returns nothing, one occluder, or two that can go together, in the order in which they are put on."""
    if random.uniform() >= probability:
        return ()
    kinds = [_drawn(random, OCCLUDERS)]
    if random.uniform() < SECOND:
        kinds.append(_drawn(random, together(kinds[0])))
    kinds.sort(key=lambda kind: OCCLUDERS[kind].layer)
    return tuple(OccluderSpec(kind, OCCLUDERS[kind].sample_params(random)) for kind in kinds)


def together(kind: str) -> list[str]:
    """Returns the kinds that can go together with one."""
    return [other for other, entry in OCCLUDERS.items() if not entry.takes & OCCLUDERS[kind].takes]


def _drawn(random: np.random.Generator, kinds: Iterable[str]) -> str:
    names = sorted(kinds)
    weights = np.array([OCCLUDERS[kind].weight for kind in names])
    return str(random.choice(names, p=weights / weights.sum()))


def occluder_meshes(specs: Iterable[OccluderSpec], head: Head) -> list[SceneMesh]:
    """Returns the meshes of the occluders of one sample; what comes later is put on over what came before.

    Raises:
        RenderError: an unknown kind.
    """
    meshes: list[SceneMesh] = []
    for index, spec in enumerate(specs):
        if spec.kind not in OCCLUDERS:
            raise RenderError(f"unknown occluder {spec.kind!r}; known: {', '.join(OCCLUDERS)}")
        wearing = head if not meshes else head.wearing(meshes)
        mesh = before(OCCLUDERS[spec.kind].build(spec.params, wearing), head.camera)
        meshes.append(mesh if index == 0 else replace(mesh, name=f"{mesh.name}_{index}"))
    return meshes


def hair_left(
    hair: list[SceneMesh], specs: Sequence[OccluderSpec], worn: Sequence[SceneMesh], head: Head
) -> list[SceneMesh]:
    """Returns what can be seen of scalp hair under what is worn.

    Args:
        hair: its meshes.
        specs: what is worn.
        worn: the mesh of each.
        head: who wears it.
    """
    covers = {OCCLUDERS[spec.kind].covers_hair for spec in specs}
    if "all" in covers:
        return []
    tops = [mesh for spec, mesh in zip(specs, worn, strict=True) if OCCLUDERS[spec.kind].covers_hair == "top"]
    return uncovered(hair, tops, head.axes) if tops else hair


def before(mesh: SceneMesh, camera: Camera) -> SceneMesh:
    """Returns a mesh without the triangles that reach the camera: from nearby, a stand may stand beside the lens."""
    depth = -camera.to_camera(mesh.vertices)[:, 2]
    return mesh if depth.min() > NEAR else replace(mesh, faces=mesh.faces[(depth[mesh.faces] > NEAR).all(axis=1)])


NEAR = 0.051
"""What is nearer to the camera is in no renderer's picture, metres."""
