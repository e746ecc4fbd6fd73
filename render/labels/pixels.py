"""Labels with a value for every pixel, looked up through the visibility buffer at each pixel's centre."""

from typing import Any

import numpy as np
import numpy.typing as npt

from render.labels.context import LabelContext
from render.scene import SEGMENT


def segmentation(context: LabelContext) -> npt.NDArray[np.uint8]:
    """Returns the (H, W) class of what is seen, an index into ``render.scene.SEGMENTS``."""
    out = np.full(context.shape, SEGMENT["background"], dtype=np.uint8)
    for seen in context.seen:
        out[seen.mask] = _nearest_texel(seen.mesh.segments, seen.uv)
    return out


def _nearest_texel(texels: npt.NDArray[np.uint8], uv: npt.NDArray[Any]) -> npt.NDArray[np.uint8]:
    height, width = texels.shape
    column = np.floor((uv[:, 0] % 1.0) * width).astype(int).clip(0, width - 1)
    row = np.floor((uv[:, 1] % 1.0) * height).astype(int).clip(0, height - 1)
    return np.asarray(texels[row, column])


def depth(context: LabelContext) -> npt.NDArray[np.float32]:
    """Returns the (H, W) distance along the camera's axis, metres; inf is background."""
    return np.asarray(context.visibility["depth"], dtype=np.float32)


def normal_camera(context: LabelContext) -> npt.NDArray[np.float32]:
    """Returns the (H, W, 3) unit surface normals in the camera frame, towards the viewer; zeros in the background."""
    out = np.zeros((*context.shape, 3), dtype=np.float32)
    turn = context.scene.camera.world_to_camera[:3, :3]
    for seen in context.seen:
        normal = seen.interpolated(seen.mesh.normals) @ turn.T
        out[seen.mask] = normal / np.maximum(np.linalg.norm(normal, axis=1, keepdims=True), 1e-12)
    return out


def uv(context: LabelContext) -> npt.NDArray[np.float32]:
    """Returns the (H, W, 2) texture coordinates of what is seen; zeros in the background."""
    out = np.zeros((*context.shape, 2), dtype=np.float32)
    for seen in context.seen:
        out[seen.mask] = seen.uv
    return out


def face_index(context: LabelContext) -> npt.NDArray[np.int32]:
    """Returns the (H, W) triangle over all meshes in the scene's order; -1 is background."""
    return np.asarray(context.visibility["face_index"], dtype=np.int32)


def barycentric(context: LabelContext) -> npt.NDArray[np.float32]:
    """Returns the (H, W, 2) weights of the triangle's first two corners."""
    return np.asarray(context.visibility["barycentric"], dtype=np.float32)
