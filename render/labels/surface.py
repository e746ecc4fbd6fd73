"""What the pixels show: the objects of a scene as one surface, and where on it each pixel's centre lies."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy import sparse

from render.scene import SceneMesh

Pixels = npt.NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Surface:
    """The labelled objects of one scene, and the n pixels that show them.

    Attributes:
        meshes: the objects, in the scene's order.
        shape: height and width of the picture.
        pixel: (n,) places in the flattened picture.
        mesh: (n,) which object each pixel shows.
        corners: (n, 3) the vertices of the triangle that it shows, counted over all objects.
        weights: (n, 3) where in the triangle, barycentric.
    """

    meshes: Sequence[SceneMesh]
    shape: tuple[int, int]
    pixel: Pixels
    mesh: Pixels
    corners: npt.NDArray[np.int32]
    weights: npt.NDArray[np.float32]

    @classmethod
    def of(cls, meshes: Sequence[SceneMesh], index: npt.NDArray[Any], barycentric: npt.NDArray[Any]) -> "Surface":
        """Returns the surface of some objects under a visibility buffer.

        Args:
            meshes: the objects that the buffer numbers.
            index: (H, W) triangle over all objects; -1 is background.
            barycentric: (H, W, 2) weights of the triangle's first two corners.
        """
        height, width = index.shape
        pixel = np.flatnonzero(index.ravel() >= 0)
        triangle, first = index.ravel()[pixel], barycentric.reshape(-1, 2)[pixel]
        weights = np.concatenate([first, 1 - (first[:, :1] + first[:, 1:])], axis=1)
        mesh = np.repeat(np.arange(len(meshes)), [len(each.faces) for each in meshes])[triangle]
        corners = np.concatenate([each.faces for each in meshes]).take(triangle, axis=0)
        corners += np.cumsum([0, *(len(each.vertices) for each in meshes[:-1])], dtype=np.int32)[mesh][:, None]
        return cls(meshes, (height, width), pixel, mesh, corners, weights)

    @cached_property
    def num_vertices(self) -> int:
        """Vertices of all objects together."""
        return sum(len(mesh.vertices) for mesh in self.meshes)

    @cached_property
    def parts(self) -> dict[str, slice]:
        """Where the vertices of each object lie among those of all, by its name."""
        ends = np.cumsum([0, *(len(mesh.vertices) for mesh in self.meshes)]).tolist()
        return {mesh.name: slice(*pair) for mesh, pair in zip(self.meshes, pairwise(ends), strict=True)}

    def interpolated(self, values: npt.NDArray[Any], chosen: Pixels | None = None) -> npt.NDArray[Any]:
        """Returns the (n, C) values at the pixels, or at chosen ones of them, of values (V, C) of all vertices."""
        corners, weights = self.corners, self.weights
        if chosen is not None:
            corners, weights = corners.take(chosen, axis=0), weights.take(chosen, axis=0)
        start = np.arange(0, 3 * len(corners) + 1, 3, dtype=np.int32)
        shape = (len(corners), len(values))
        return np.asarray(sparse.csr_matrix((weights.ravel(), corners.ravel(), start), shape=shape) @ values)

    def picture(self, values: npt.NDArray[Any], chosen: Pixels | None = None) -> npt.NDArray[Any]:
        """Returns (H, W, ...) the values (n, ...) of the pixels, or of chosen ones of them, and 0 elsewhere."""
        out = np.zeros((self.shape[0] * self.shape[1], *values.shape[1:]), dtype=values.dtype)
        out[self.pixel if chosen is None else self.pixel[chosen]] = values
        return out.reshape(*self.shape, *values.shape[1:])

    @cached_property
    def shown(self) -> dict[str, Pixels]:
        """Which of the pixels show each object that is seen, by its name."""
        seen = np.bincount(self.mesh, minlength=len(self.meshes))
        return {mesh.name: np.flatnonzero(self.mesh == k) for k, mesh in enumerate(self.meshes) if seen[k]}

    @cached_property
    def uv(self) -> npt.NDArray[np.float32]:
        """The (n, 2) texture coordinates."""
        return self.interpolated(np.concatenate([mesh.uv for mesh in self.meshes]))

    @cached_property
    def segment(self) -> npt.NDArray[np.uint8]:
        """The (n,) classes."""
        out = np.zeros(len(self.pixel), dtype=np.uint8)
        for mesh in self.meshes:
            if mesh.name in self.shown:
                chosen = self.shown[mesh.name]
                out[chosen] = _nearest_texel(mesh.segments, self.uv[chosen])
        return out


def _nearest_texel(texels: npt.NDArray[np.uint8], uv: npt.NDArray[Any]) -> npt.NDArray[np.uint8]:
    height, width = texels.shape
    if height == width == 1:
        return np.full(len(uv), texels[0, 0])
    column, row = ((uv - np.floor(uv)) * np.array((width, height), dtype=np.float32)).astype(np.int64).T
    return np.asarray(texels[row.clip(max=height - 1), column.clip(max=width - 1)])
