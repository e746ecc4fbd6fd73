"""Polygons in the plane: what lies inside, and how far away the rest is."""

import numpy as np
import numpy.typing as npt

Points = npt.NDArray[np.float64]


def inside(points: Points, polygon: Points) -> npt.NDArray[np.bool_]:
    """Returns (n,) whether points (n, 2) lie in a polygon (m, 2): rays to the right cross it an odd number of times."""
    x, y = points.T
    (ax, ay), (bx, by) = polygon.T[:, :, None], np.roll(polygon, -1, axis=0).T[:, :, None]
    spans = (ay > y) != (by > y)
    rise = np.where(spans, by - ay, 1.0)
    return np.asarray((spans & (x < ax + (y - ay) / rise * (bx - ax))).sum(axis=0) % 2 == 1)


def distance(points: Points, polygon: Points) -> npt.NDArray[np.float64]:
    """Returns the (n,) distance of points (n, 2) to a polygon (m, 2), 0 inside."""
    along = np.roll(polygon, -1, axis=0) - polygon
    length = np.maximum((along**2).sum(axis=-1), 1e-12)
    share = ((points[:, None] - polygon) * along).sum(axis=-1) / length
    nearest = polygon + np.clip(share, 0, 1)[..., None] * along
    away = np.linalg.norm(points[:, None] - nearest, axis=-1).min(axis=1)
    return np.asarray(np.where(inside(points, polygon), 0.0, away))
