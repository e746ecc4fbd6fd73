"""The skin's texture layout: a cylinder around the head that gives the face more texels than the back.

Every texel knows where on the average face it lies, so that brows, lips and beard are painted in millimetres.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from render.mesh import Faces, Vertices, rasterised

SIZE = 512


@dataclass(frozen=True)
class Unwrapped:
    """Skin triangles cut open at the back of the head.

    Attributes:
        axis_z: depth of the cylinder's axis in the template's frame, metres.
        index: (U,) template vertex of each texture vertex; those on the seam appear twice.
        uv: (U, 2) in [0, 1], u may pass 1 behind the seam and repeats.
        faces: (F, 3) triangles over the texture vertices.
    """

    axis_z: float
    index: npt.NDArray[np.int32]
    uv: npt.NDArray[np.float32]
    faces: Faces


def _angle_to_u(angle: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Maps azimuth in [-pi, pi] to [0, 1], three times as dense at the front as at the back."""
    t = angle / np.pi
    return np.asarray(0.5 + 0.5 * (1.5 * t - 0.5 * t * np.abs(t)))


def unwrap(template: Vertices, skin: Faces, axis_z: float) -> Unwrapped:
    """Returns the texture layout of the skin triangles of a template (V, 3), wrapped around an upright axis."""
    x, y, z = template.astype(np.float64).T
    used = np.unique(skin)
    low, high = y[used].min(), y[used].max()
    u = _angle_to_u(np.arctan2(x, z - axis_z))
    v = (high + 0.002 - y) / (high - low + 0.004)
    corner_u = u[skin]
    behind = (corner_u.max(axis=1) - corner_u.min(axis=1) > 0.5)[:, None] & (corner_u < 0.5)
    keys = skin.astype(np.int64) * 2 + behind
    unique, faces = np.unique(keys, return_inverse=True)
    index, shifted = unique // 2, unique % 2
    uv = np.stack([u[index] + shifted, v[index]], axis=1)
    return Unwrapped(axis_z, index.astype(np.int32), uv.astype(np.float32), faces.reshape(-1, 3).astype(np.int32))


def texel_values(layout: Unwrapped, template: Vertices, values: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    """Returns (SIZE, SIZE, C) per-vertex values (V, C) at every texel; texels off the skin take the nearest one's."""
    corners = layout.uv[layout.faces].astype(np.float64) * SIZE
    radius = np.hypot(template[:, 0], template[:, 2] - layout.axis_z)[layout.index][layout.faces].mean(axis=1)
    owner, weights = rasterised(corners, radius, SIZE)
    picked = values[layout.index][layout.faces[np.maximum(owner, 0)]]
    filled = np.einsum("ijk,ijkc->ijc", weights, picked)
    return _nearest_filled(filled, owner >= 0).astype(np.float32)


def _nearest_filled(pixels: npt.NDArray[np.float64], known: npt.NDArray[np.bool_]) -> npt.NDArray[np.float64]:
    from scipy.ndimage import distance_transform_edt

    nearest = distance_transform_edt(~known, return_distances=False, return_indices=True)
    return np.asarray(pixels[tuple(nearest)])
