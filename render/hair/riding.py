"""Short hair that rides on the skin: each curve keeps its place in the frame of the triangle it is rooted on."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from render.hair.ribbons import Ribbons, Single, ribbons, strip_uv
from render.hair.skull import Points
from render.kernels.placing import placed
from render.kernels.ribbons import ridden, triangle_frames


@dataclass(frozen=True, eq=False)
class Rooting:
    """Places on triangles of a face model.

    Attributes:
        corners: (n, 3) vertices of the triangle of each root.
        weights: (n, 3) place in it, barycentric.
    """

    corners: npt.NDArray[np.int32]
    weights: Points

    def place(self, vertices: Points) -> Points:
        """Returns where the roots lie (n, 3) on vertices (V, 3)."""
        return placed(vertices, self.corners, self.weights)

    def frames(self, vertices: Points) -> Points:
        """Returns the (n, 3, 3) unit axes of the triangles: along their first side, in their plane, out of it."""
        return triangle_frames(vertices, self.corners)

    def chosen(self, which: npt.NDArray[np.int64]) -> "Rooting":
        """Returns some of the roots."""
        return Rooting(self.corners[which], self.weights[which])


@dataclass(frozen=True, eq=False)
class Riding:
    """Hair that moves with the skin.

    Attributes:
        roots: where it grows.
        shape: (n, P, 3) curves from their roots, in the frames of the roots' triangles, metres.
        facing: (n, 3) where the broad side of each ribbon looks, in the same frames.
        width: (n,) metres.
        strip: (n,) which part of the texture each shows.
        blunt: width at the tips as a share of the whole.
    """

    roots: Rooting
    shape: Points
    facing: Points
    width: Points
    strip: Points
    blunt: float = 0.25

    @classmethod
    def grown(
        cls, roots: Rooting, average: Points, curves: Points, facing: Points, width: Points, strip: Points
    ) -> "Riding":
        """Returns hair with curves (n, P, 3), relative to the roots, and facings (n, 3) on the average face."""
        frames = roots.frames(average)
        shape = np.einsum("nij,npj->npi", frames, curves)
        return cls(roots, shape, np.einsum("nij,nj->ni", frames, facing), width, strip)

    def curves(self, vertices: Points) -> Points:
        """Returns the (n, P, 3) curves on a face with vertices (V, 3)."""
        return ridden(self.roots.place(vertices), self.roots.frames(vertices), self.shape, self.facing)[0]

    def ribbons(self, vertices: Points) -> Ribbons:
        """Returns the ribbons on a face with vertices (V, 3)."""
        curves, outward = ridden(self.roots.place(vertices), self.roots.frames(vertices), self.shape, self.facing)
        return ribbons(curves, outward, self.width, None, self._uv, self.blunt)

    @cached_property
    def _uv(self) -> Single:
        return strip_uv(self.strip, self.shape.shape[1])


def bowed(way: Points, bend: Points, length: Points, points: int) -> Points:
    """Returns (n, P, 3) curves from the origin that set out along ``way`` (n, 3) and bend towards ``bend`` (n, 3)."""
    s = np.linspace(0.0, 1.0, points)[None, :, None]
    return np.asarray(length[:, None, None] * (s * way[:, None] + s**2 * bend[:, None]))
