"""What every adapter measures on its average face: occlusion, landmarks' frame and the skin's texture layout."""

from typing import Any

import numpy as np
import numpy.typing as npt

from render.appearance.atlas import texel_values, unwrap
from render.canonical import from_model
from render.face_basis import PARTS
from render.mesh import Topology, openness


def measured(
    average: npt.NDArray[np.float32],
    faces: npt.NDArray[np.int32],
    part: npt.NDArray[np.uint8],
    lip: npt.NDArray[np.float32],
    landmarks: tuple[npt.NDArray[np.int32], npt.NDArray[np.float32]],
    axis_z: float,
) -> dict[str, npt.NDArray[Any]]:
    """Returns the fields of a ``FaceBasis`` that follow from its average face.

    Args:
        average: (V, 3) vertices, metres.
        faces: (F, 3) triangles.
        part: (F,) index into ``PARTS``.
        lip: (V,) weight of the lip vermilion.
        landmarks: (68, 3) vertices and weights.
        axis_z: depth of the axis around which the skin's texture is wrapped, metres.
    """
    vertices, weights = landmarks
    marks = np.einsum("lk,lkd->ld", weights, average[vertices])
    return {
        "lip": lip,
        "openness": openness(average, Topology(faces, len(average)).normals(average), faces),
        "landmark_vertices": vertices,
        "landmark_weights": weights,
        "canonical": from_model(marks, average).astype(np.float32),
        **_texture(average, faces[part == PARTS.index("skin")], lip, marks, axis_z),
    }


def _texture(
    average: npt.NDArray[np.float32],
    skin: npt.NDArray[np.int32],
    lip: npt.NDArray[np.float32],
    marks: npt.NDArray[np.floating[Any]],
    axis_z: float,
) -> dict[str, npt.NDArray[Any]]:
    layout = unwrap(average, skin, axis_z)
    texels = texel_values(layout, average, np.column_stack([average, lip]).astype(np.float32))
    canonical = from_model(marks, texels.reshape(-1, 4)).reshape(*texels.shape[:2], 2)
    return {
        "skin_index": layout.index,
        "skin_uv": layout.uv,
        "skin_faces": layout.faces,
        "texel_position": texels[..., :3],
        "texel_lip": texels[..., 3],
        "texel_canonical": canonical.astype(np.float32),
    }
