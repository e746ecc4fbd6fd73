"""The canonical face: one frame, seen from the front, in which things are defined once for all face models.

Millimetres, x to the person's left, y up, origin midway between the eyes; mirror-symmetric. A face model is registered
to it by thin-plate splines (Bookstein 1989) through its own 68 landmarks, as they lie on its average face. What is
defined here, a dense landmark, a wrinkle, the region of an Action Unit, has a place on every model. Meaningful on the
front of the face only; depth is the caller's concern.
"""

from functools import lru_cache
from importlib.resources import files
from typing import Any

import numpy as np
import numpy.typing as npt

from render.mesh import Faces, front_hits

Points = npt.NDArray[np.float64]


@lru_cache
def canonical_68() -> Points:
    """Returns the (68, 2) canonical places of the iBUG landmarks, millimetres."""
    path = files("render") / "canonical_68.csv"
    with path.open(encoding="utf-8") as file:
        points = np.loadtxt(file, delimiter=",", comments="#")
    points.setflags(write=False)
    return np.asarray(points)


def to_model(marks: npt.NDArray[np.floating[Any]], points: npt.ArrayLike) -> Points:
    """Returns where canonical points (n, 2) lie on a face model seen from the front: (n, 2) x and y, metres.

    Args:
        marks: (68, 2 or 3) landmarks of the model's average face, metres.
        points: canonical places, millimetres.
    """
    return _warped(canonical_68(), np.asarray(marks, dtype=np.float64)[:, :2], points)


def from_model(marks: npt.NDArray[np.floating[Any]], points: npt.NDArray[np.floating[Any]]) -> Points:
    """Returns the (n, 2) canonical places, millimetres, of points (n, 2 or 3) on a model's average face, metres."""
    return _warped(np.asarray(marks, dtype=np.float64)[:, :2], canonical_68(), points[:, :2])


def _warped(source: Points, target: Points, points: npt.ArrayLike) -> Points:
    from scipy.interpolate import RBFInterpolator

    # A common scale of about 1 keeps the spline's matrix well conditioned for metres and millimetres alike.
    scale = np.abs(source - source.mean(axis=0)).max()
    spline = RBFInterpolator(source / scale, target, kernel="thin_plate_spline")
    return np.asarray(spline(np.asarray(points, dtype=np.float64).reshape(-1, 2) / scale))


def placed(
    average: npt.NDArray[np.floating[Any]], skin: Faces, marks: npt.NDArray[np.floating[Any]], points: npt.ArrayLike
) -> tuple[npt.NDArray[np.int32], npt.NDArray[np.float32]]:
    """Returns the (n, 3) vertices and weights of canonical points on the skin of a model's average face.

    Args:
        average: (V, 3) vertices of the average face, metres.
        skin: (F, 3) triangles on which the points are to lie.
        marks: (68, 3) landmarks of the average face, metres.
        points: (n, 2) canonical places, millimetres.

    Raises:
        ValueError: no skin lies behind a point.
    """
    index, weights = front_hits(average.astype(np.float64), skin, to_model(marks, points))
    return skin[index].astype(np.int32), weights.astype(np.float32)
