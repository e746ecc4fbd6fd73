"""Hair as objects of a scene."""

from dataclasses import replace
from functools import lru_cache, partial
from typing import TYPE_CHECKING

import numpy as np

from faceset.spec import Appearance, SampleSpec
from render.appearance.colour import to_linear
from render.hair.strands import strands
from render.hair.texture import lock_texture
from render.hair.worn import posed
from render.scene import SEGMENT, Material, Pixels, SceneMesh

if TYPE_CHECKING:
    from render.assembly import PosedFace
    from render.face_model import FaceModel

HAIR = Material(specular=0.35, roughness=0.45, hair=1.0)

FAIR = 0.3
"""Linear reflectance of fair hair."""

OPENNESS = {"lashes": 0.6, "brows": 0.85, "beard": 0.8}
"""Light that reaches hair on the face."""

SCALP_HAIRS = 11000
"""Hairs drawn on a head; a real one has about ten times as many."""

FACE_HAIRS = {"lashes": 3, "brows": 3, "beard": 5}
"""Hairs of each lock on the face."""

DETAILED, DETAIL = 320, (0.3, 1.0)
"""Width of a picture, pixels, that shows all of them, and the smallest and the largest share that others show."""

RADIUS = {"hair": 0.00016, "lashes": 0.00007, "brows": 0.00007, "beard": 0.00010}
"""Radius of a drawn hair, metres: more than a hair's, since each stands for several."""


@lru_cache(1)
def _segments() -> Pixels:
    return np.full((1, 1), SEGMENT["hair"], dtype=np.uint8)


@lru_cache(64)
def _dimness(person: Appearance) -> np.float32:
    """Returns how dark hair is inside, 1 for black: light goes through fair and grey hair and comes out elsewhere."""
    light = float(to_linear(lock_texture(person).mean(axis=(0, 1)) / 255).mean())
    return np.float32(1.0 - 0.6 * min(1.0, light / FAIR))


def scalp_hair(spec: SampleSpec, model: "FaceModel", face: "PosedFace") -> list[SceneMesh]:
    """Returns the scalp hair of a posed face, or nothing. No expression moves it."""
    hair = model.salon.worn(spec.appearance, model.neutral(spec.identity))
    if hair is None:
        return []
    placed, turned = posed(hair, model.neck, spec.head_pose)
    vertices, normals = face.placed(placed), face.turned(turned)
    count, points, _ = hair.curves.shape
    # Hairs finer than a pixel cost the same as others and show as fog: small pictures get fewer and thicker ones.
    detail = float(np.clip(spec.camera.width / DETAILED, *DETAIL))
    hairs, radius = max(1, round(SCALP_HAIRS * detail / count)), RADIUS["hair"] / detail**0.6
    return [
        SceneMesh(
            name="hair",
            vertices=vertices,
            normals=normals,
            uv=hair.ribbons.uv,
            faces=hair.ribbons.faces,
            albedo=lock_texture(spec.appearance),
            segments=_segments(),
            occlusion=hair.openness ** _dimness(spec.appearance),
            material=HAIR,
            strands=partial(strands, vertices, normals, points, spec.appearance, hairs, radius),
        )
    ]


def face_hair(spec: SampleSpec, model: "FaceModel", face: "PosedFace") -> list[SceneMesh]:
    """Returns lashes, brow hairs and beard of a posed face, which move with its skin and which no label sees."""
    meshes = []
    for name, hair in model.salon.riding(spec.appearance).items():
        strips, person = hair.ribbons(face.shown), _darker(spec.appearance, name)
        vertices, normals = face.placed(strips.vertices), face.turned(strips.normals)
        points = hair.shape.shape[1]
        meshes.append(
            SceneMesh(
                name=name,
                vertices=vertices,
                normals=normals,
                uv=strips.uv,
                faces=strips.faces,
                albedo=lock_texture(person),
                segments=_segments(),
                occlusion=np.full(len(strips.vertices), OPENNESS[name], dtype=np.float32),
                material=HAIR,
                labelled=False,
                strands=partial(strands, vertices, normals, points, person, FACE_HAIRS[name], RADIUS[name]),
            )
        )
    return meshes


@lru_cache(64)
def _darker(person: Appearance, name: str) -> Appearance:
    """Returns the person whose scalp hair has the colour of other hair: lashes and brows are darker and grey later."""
    more, grey = {"lashes": (0.35, 0.0), "brows": (0.12, 0.4), "beard": (0.0, 1.1)}[name]
    melanin = min(1.0, person.hair_melanin + more)
    return replace(person, hair_melanin=melanin, hair_grey=min(1.0, grey * person.hair_grey))
