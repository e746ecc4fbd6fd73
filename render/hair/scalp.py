"""Where scalp hair roots on a face model: places on the skin of the average head."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from render.hair.skull import Points, spread_out
from render.mesh import Topology
from render.rigs.surface import Surface

ROOTS, CANDIDATES = 1500, 9000
INSIDE = 0.003
"""How far above the painted hairline hair roots at least, metres."""


@dataclass(frozen=True, eq=False)
class Scalp:
    """Evenly spread roots; any first few of them are even, too.

    Attributes:
        vertices: (n, 3) corners of the triangle of each root.
        weights: (n, 3) place in it, barycentric.
        place: (n, 3) on the average head, metres.
        normal: (n, 3) of the skin there.
        inside: (n,) how far above the hairline, metres.
        azimuth: (n,) angle from the front, radians.
    """

    vertices: npt.NDArray[np.int32]
    weights: Points
    place: Points
    normal: Points
    inside: Points
    azimuth: Points

    @classmethod
    def of(cls, average: Points, faces: npt.NDArray[np.int32], surface: Surface) -> "Scalp":
        """Returns the scalp of skin triangles (F, 3)."""
        middle = average[faces].mean(axis=1)
        near = faces[surface.above_hairline(middle) > -0.01]
        vertices, weights = scattered(average, near, CANDIDATES)
        place = np.einsum("nk,nkd->nd", weights, average[vertices])
        inside = surface.above_hairline(place)
        kept = np.flatnonzero((inside > INSIDE) & ~surface.is_ear(place))
        kept = kept[spread_out(place[kept], ROOTS)]
        normals = Topology(faces, len(average)).normals(average.astype(np.float32)).astype(np.float64)
        normal = np.einsum("nk,nkd->nd", weights[kept], normals[vertices[kept]])
        normal /= np.linalg.norm(normal, axis=1, keepdims=True)
        where = surface.azimuth(place[kept]).astype(np.float64)
        return cls(vertices[kept], weights[kept], place[kept], normal, inside[kept].astype(np.float64), where)

    def on(self, person: Points, which: npt.NDArray[np.int64]) -> Points:
        """Returns where roots (k,) lie on a person's vertices (V, 3)."""
        return np.asarray(np.einsum("nk,nkd->nd", self.weights[which], person[self.vertices[which]]))


def scattered(
    vertices: Points, faces: npt.NDArray[np.int32], count: int
) -> tuple[npt.NDArray[np.int32], npt.NDArray[np.float64]]:
    """Returns the corners (count, 3) and barycentrics (count, 3) of points spread evenly over triangles (F, 3)."""
    a, b, c = (vertices[faces[:, corner]] for corner in range(3))
    area = np.linalg.norm(np.cross(b - a, c - a), axis=1)
    random = np.random.Generator(np.random.Philox(key=[1, 0]))
    level = (np.arange(count) + random.uniform(0, 1, count)) / count * area.sum()
    chosen = faces[np.minimum(np.searchsorted(np.cumsum(area), level), len(faces) - 1)]
    u, v = np.sqrt(random.uniform(0, 1, count)), random.uniform(0, 1, count)
    return chosen, np.stack([1 - u, u * (1 - v), u * v], axis=1)
