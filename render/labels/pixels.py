"""Labels with a value for every pixel, looked up through the visibility buffer at each pixel's centre."""

import numpy as np
import numpy.typing as npt

from render.kernels.surface import normals_seen
from render.labels.context import LabelContext


def segmentation(context: LabelContext) -> npt.NDArray[np.uint8]:
    """Returns the (H, W) class of what is seen, an index into ``render.scene.SEGMENTS``; 0 is the background."""
    return context.surface.picture(context.surface.segment)


def depth(context: LabelContext) -> npt.NDArray[np.float32]:
    """Returns the (H, W) distance along the camera's axis, metres; inf is background."""
    return np.asarray(context.visibility["depth"], dtype=np.float32)


def normal_camera(context: LabelContext) -> npt.NDArray[np.float32]:
    """Returns the (H, W, 3) unit surface normals in the camera frame, towards the viewer; zeros in the background."""
    surface, turn = context.surface, context.scene.camera.world_to_camera[:3, :3]
    normals = np.concatenate([mesh.normals for mesh in surface.meshes])
    return surface.picture(normals_seen(normals, surface.corners, surface.weights, np.ascontiguousarray(turn)))


def uv(context: LabelContext) -> npt.NDArray[np.float32]:
    """Returns the (H, W, 2) texture coordinates of what is seen; zeros in the background."""
    return context.surface.picture(context.surface.uv)


def face_index(context: LabelContext) -> npt.NDArray[np.int32]:
    """Returns the (H, W) triangle over all meshes in the scene's order; -1 is background."""
    return np.asarray(context.visibility["face_index"], dtype=np.int32)


def barycentric(context: LabelContext) -> npt.NDArray[np.float32]:
    """Returns the (H, W, 2) weights of the triangle's first two corners."""
    return np.asarray(context.visibility["barycentric"], dtype=np.float32)
