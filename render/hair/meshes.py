"""Hair as objects of a scene."""

from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

from faceset.spec import SampleSpec
from render.hair.texture import lock_texture
from render.hair.worn import posed
from render.scene import SEGMENT, Material, Pixels, SceneMesh

if TYPE_CHECKING:
    from render.assembly import PosedFace
    from render.face_model import FaceModel

HAIR = Material(specular=0.35, roughness=0.45, hair=1.0)


@lru_cache(1)
def _segments() -> Pixels:
    return np.full((1, 1), SEGMENT["hair"], dtype=np.uint8)


def scalp_hair(spec: SampleSpec, model: "FaceModel", face: "PosedFace") -> list[SceneMesh]:
    """Returns the scalp hair of a posed face, or nothing. No expression moves it."""
    hair = model.salon.worn(spec.appearance, model.neutral(spec.identity))
    if hair is None:
        return []
    vertices, normals = posed(hair, model.neck, spec.head_pose)
    return [
        SceneMesh(
            name="hair",
            vertices=face.to_world(vertices).astype(np.float32),
            normals=face.turned(normals),
            uv=hair.ribbons.uv,
            faces=hair.ribbons.faces,
            albedo=lock_texture(spec.appearance),
            segments=_segments(),
            occlusion=hair.openness,
            material=HAIR,
        )
    ]
