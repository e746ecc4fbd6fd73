"""What the pixels show: the objects of a scene as one surface, and where on it each pixel's centre lies."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from typing import Any

import numpy as np
import numpy.typing as npt

from render.kernels.surface import interpolated, shown_pixels, spread, texels
from render.scene import SceneMesh

Pixels = npt.NDArray[np.int32]


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
        shown: which of the pixels show each object that is seen, by its name.
    """

    meshes: Sequence[SceneMesh]
    shape: tuple[int, int]
    pixel: Pixels
    mesh: Pixels
    corners: Pixels
    weights: npt.NDArray[np.float32]
    shown: Mapping[str, Pixels]

    @classmethod
    def of(cls, meshes: Sequence[SceneMesh], index: npt.NDArray[Any], barycentric: npt.NDArray[Any]) -> "Surface":
        """Returns the surface of some objects under a visibility buffer.

        Args:
            meshes: the objects that the buffer numbers.
            index: (H, W) triangle over all objects; -1 is background.
            barycentric: (H, W, 2) weights of the triangle's first two corners.
        """
        starts = np.cumsum([0, *(len(each.vertices) for each in meshes[:-1])]).tolist()
        faces = np.concatenate([each.faces + np.int32(start) for each, start in zip(meshes, starts, strict=True)])
        ends = np.cumsum([len(each.faces) for each in meshes])
        pixel, mesh, corners, weights, order, start = shown_pixels(index, barycentric, faces, ends)
        parts = zip(meshes, pairwise(start.tolist()), strict=True)
        shown = {each.name: order[begin:end] for each, (begin, end) in parts if begin < end}
        return cls(meshes, (index.shape[0], index.shape[1]), pixel, mesh, corners, weights, shown)

    @cached_property
    def parts(self) -> dict[str, slice]:
        """Where the vertices of each object lie among those of all, by its name."""
        ends = np.cumsum([0, *(len(mesh.vertices) for mesh in self.meshes)]).tolist()
        return {mesh.name: slice(*pair) for mesh, pair in zip(self.meshes, pairwise(ends), strict=True)}

    def interpolated(self, values: npt.NDArray[Any]) -> npt.NDArray[Any]:
        """Returns the (n, C) values at the pixels of values (V, C) of all vertices."""
        return interpolated(values, self.corners, self.weights)

    def picture(self, values: npt.NDArray[Any]) -> npt.NDArray[Any]:
        """Returns (H, W, ...) the values (n, ...) of the pixels, and 0 elsewhere."""
        count = self.shape[0] * self.shape[1]
        return spread(values.reshape(len(values), -1), self.pixel, count).reshape(*self.shape, *values.shape[1:])

    @cached_property
    def uv(self) -> npt.NDArray[np.float32]:
        """The (n, 2) texture coordinates."""
        return self.interpolated(np.concatenate([mesh.uv for mesh in self.meshes]))

    @cached_property
    def segment(self) -> npt.NDArray[np.uint8]:
        """The (n,) classes."""
        out = np.array([mesh.segments[0, 0] for mesh in self.meshes], dtype=np.uint8)[self.mesh]
        for mesh in self.meshes:
            if mesh.name in self.shown and mesh.segments.size > 1:
                texels(out, self.shown[mesh.name], self.uv, mesh.segments)
        return out
