"""A relief as a normal map, for renderers that know no heights: tangent along u, bitangent normal x tangent."""

from collections import OrderedDict

import cv2
import numpy as np
import numpy.typing as npt

from render.mesh import rasterised
from render.relief import Map, slopes_and_creases
from render.scene import SceneMesh

COARSE = 128
"""Texels per side at which the stretch of the layout is known; it changes slowly over a face."""

LAYOUTS_KEPT = 4

Owners = npt.NDArray[np.int64]


class NormalMaps:
    """Makes normal maps; which triangle owns which texel is found once per layout."""

    def __init__(self) -> None:
        self._layouts: OrderedDict[int, tuple[npt.NDArray[np.float32], Owners]] = OrderedDict()

    def of(self, mesh: SceneMesh) -> Map:
        """Returns the (h, w, 3) normals of a mesh's relief in its tangent frame, (0, 0, 1) where flat."""
        assert mesh.relief is not None
        slope = slopes_and_creases(mesh.relief)
        length, slant, height = self._stretch(mesh, mesh.relief.shape)
        along = slope[..., 0] / length
        across = (slope[..., 1] - slant * along) / height
        normals = np.stack([-along, -across, np.ones_like(along)], axis=-1)
        return np.asarray(normals / np.linalg.norm(normals, axis=-1, keepdims=True), dtype=np.float32)

    def _stretch(self, mesh: SceneMesh, shape: tuple[int, ...]) -> tuple[Map, Map, Map]:
        """Returns (h, w) metres per unit of u along the tangent, and of v along the tangent and the bitangent."""
        owner = self._owner(mesh)
        height, width = shape
        coarse = [cv2.GaussianBlur(part[owner], (0, 0), 1.0) for part in _face_stretch(mesh)]
        length, slant, tall = (cv2.resize(part, (width, height), interpolation=cv2.INTER_LINEAR) for part in coarse)
        return length, slant, tall

    def _owner(self, mesh: SceneMesh) -> Owners:
        kept = self._layouts.get(id(mesh.uv))
        if kept is None:
            self._layouts[id(mesh.uv)] = kept = (mesh.uv, _owners(mesh))
        while len(self._layouts) > LAYOUTS_KEPT:
            self._layouts.popitem(last=False)
        return kept[1]


def _owners(mesh: SceneMesh) -> Owners:
    """Returns the triangle of each coarse texel, or the nearest one."""
    from scipy.ndimage import distance_transform_edt

    corners = mesh.uv[mesh.faces].astype(np.float64) * COARSE
    owner, _ = rasterised(corners, np.zeros(len(mesh.faces)), COARSE)
    nearest = distance_transform_edt(owner < 0, return_distances=False, return_indices=True)
    return np.asarray(owner[tuple(nearest)], dtype=np.int64)


def _face_stretch(mesh: SceneMesh) -> tuple[Map, Map, Map]:
    """Returns per triangle the length of a unit of u, and how far one of v leads along tangent and bitangent."""
    a, b, c = (mesh.vertices[mesh.faces[:, corner]].astype(np.float64) for corner in range(3))
    (bu, bv), (cu, cv) = ((mesh.uv[mesh.faces[:, k]] - mesh.uv[mesh.faces[:, 0]]).astype(np.float64).T for k in (1, 2))
    area = (bu * cv - cu * bv)[:, None]
    area = np.where(np.abs(area) < 1e-12, 1e-12, area)
    along_u = (cv[:, None] * (b - a) - bv[:, None] * (c - a)) / area
    along_v = (bu[:, None] * (c - a) - cu[:, None] * (b - a)) / area
    normal = np.cross(b - a, c - a)
    normal /= np.maximum(np.linalg.norm(normal, axis=1, keepdims=True), 1e-20)
    length = np.maximum(np.linalg.norm(along_u, axis=1), 1e-9)
    tangent = along_u / length[:, None]
    slant, tall = ((along_v * axis).sum(axis=1) for axis in (tangent, np.cross(normal, tangent)))
    return length.astype(np.float32), slant.astype(np.float32), tall.astype(np.float32)
