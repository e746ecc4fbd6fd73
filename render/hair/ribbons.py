"""Ribbons: opaque tapered strips of triangles along curves: hair as every renderer can draw it."""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import numpy.typing as npt

from render.hair.skull import Points
from render.kernels.ribbons import ribboned

Single = npt.NDArray[np.float32]

STRIPS = 8
"""How many ribbons' worth of hairs lie side by side on a texture."""


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


def ribbons(curves: Points, outward: Points, width: Points, roll: Points | None, uv: Single, blunt: float) -> Ribbons:
    """Returns ribbons along curves.

    Args:
        curves: (n, P, 3) from root to tip.
        outward: (n, P, 3) or (n, 1, 3) where the broad side looks.
        width: (n,) metres.
        roll: (n,) angle of the broad side from there, radians; None for 0.
        uv: (2 n P, 2) as ``strip_uv`` gives them.
        blunt: width at the tip as a share of the whole.
    """
    count, points, _ = curves.shape
    turn = np.zeros(count) if roll is None else roll
    vertices, normals = ribboned(curves, outward, width, _taper(points, blunt), turn)
    return Ribbons(vertices, normals, uv, strip_faces(count, points))


def strip_uv(strip: Points, points: int) -> Single:
    """Returns the (2 n P, 2) texture coordinates of ribbons that show parts ``strip`` (n,) of a texture, in [0, 1]."""
    out = np.empty((len(strip), points, 2, 2), dtype=np.float32)
    out[..., 0] = strip[:, None, None] + np.array([0.0, 1.0 / STRIPS])
    out[..., 1] = np.linspace(0.0, 1.0, points)[:, None]
    return out.reshape(-1, 2)


@lru_cache(64)
def _taper(points: int, blunt: float) -> Points:
    """Returns the (P,) relative widths along a ribbon: narrow at the skin, full after a fifth, ``blunt`` at the tip."""
    along = np.linspace(0, 1, points)
    return np.asarray(np.interp(along, (0.0, 0.2, 0.6, 1.0), (0.55, 1.0, 0.6 + 0.4 * max(blunt, 0.5), blunt)))


@lru_cache(32)
def strip_faces(count: int, points: int) -> npt.NDArray[np.int32]:
    """Returns the (F, 3) triangles of ``count`` strips; they look where the curves' outward side is."""
    start = (2 * points * np.arange(count))[:, None] + 2 * np.arange(points - 1)
    a, b, c, d = start, start + 1, start + 2, start + 3
    quads = np.stack([np.stack([a, b, c], axis=-1), np.stack([b, d, c], axis=-1)], axis=2)
    return np.ascontiguousarray(quads.reshape(-1, 3), dtype=np.int32)
