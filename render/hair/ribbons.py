"""Ribbons: opaque tapered strips of triangles along curves: hair as every renderer can draw it."""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import numpy.typing as npt

from render.hair.growth import by_coordinate, cross, unit
from render.hair.skull import Points

Single = npt.NDArray[np.float32]

STRIPS = 8
"""How many ribbons' worth of hairs lie side by side on a texture."""

ROUND = 0.55
"""How far the normals at a ribbon's edges lean outwards: it is shaded like a lock, not like a strip of paper."""


@dataclass(frozen=True)
class Ribbons:
    """Strips of triangles.

    Attributes:
        vertices: (V, 3) metres; two for each point of each curve, in order.
        normals: (V, 3) of the volume of hair rather than of the strips.
        uv: (V, 2) u across, v from root 0 to tip 1.
        faces: (F, 3).
    """

    vertices: Points
    normals: Points
    uv: Single
    faces: npt.NDArray[np.int32]


def ribbons(
    curves: Points, outward: Points, width: Points, roll: Points | None, strip: Points, blunt: float
) -> Ribbons:
    """Returns ribbons along curves.

    Args:
        curves: (n, P, 3) from root to tip.
        outward: (n, P, 3) where the broad side looks.
        width: (n,) metres.
        roll: (n,) angle of the broad side from there, radians; None for 0.
        strip: (n,) which part of the texture each shows, in [0, 1].
        blunt: width at the tip as a share of the whole.
    """
    count, points, _ = curves.shape
    curves, outward = by_coordinate(curves), by_coordinate(outward)
    tangent = unit(np.gradient(curves, axis=1))
    side = cross(tangent, outward)
    side += 1e-3 * cross(tangent, np.broadcast_to((0.6, 0.3, 0.74), tangent.shape))
    side = unit(side)
    face = cross(side, tangent)
    if roll is not None:
        c, s = np.cos(roll)[:, None, None], np.sin(roll)[:, None, None]
        side, face = c * side + s * face, c * face - s * side
    half = 0.5 * width[:, None] * _taper(points, blunt)
    edges = np.stack([curves - half[..., None] * side, curves + half[..., None] * side], axis=2)
    volume = unit(0.75 * outward + 0.25 * face)
    normals = unit(np.stack([volume - ROUND * side, volume + ROUND * side], axis=2))
    u = (strip[:, None, None] + np.array([0.0, 1.0 / STRIPS])) * np.ones((1, points, 1))
    v = np.linspace(0.0, 1.0, points)[None, :, None] * np.ones((count, 1, 2))
    return Ribbons(
        edges.reshape(-1, 3),
        normals.reshape(-1, 3),
        np.stack([u, v], axis=-1).reshape(-1, 2).astype(np.float32),
        _faces(count, points),
    )


def _taper(points: int, blunt: float) -> Points:
    """Returns the (P,) relative widths along a ribbon: narrow at the skin, full after a fifth, ``blunt`` at the tip."""
    along = np.linspace(0, 1, points)
    return np.asarray(np.interp(along, (0.0, 0.2, 0.6, 1.0), (0.55, 1.0, 0.6 + 0.4 * max(blunt, 0.5), blunt)))


@lru_cache(32)
def _faces(count: int, points: int) -> npt.NDArray[np.int32]:
    """Returns the (F, 3) triangles of ``count`` strips; they look where the curves' outward side is."""
    start = (2 * points * np.arange(count))[:, None] + 2 * np.arange(points - 1)
    a, b, c, d = start, start + 1, start + 2, start + 3
    quads = np.stack([np.stack([a, b, c], axis=-1), np.stack([b, d, c], axis=-1)], axis=2)
    return np.ascontiguousarray(quads.reshape(-1, 3), dtype=np.int32)
