"""Dense landmarks: one lattice of points over the face, the same points on every face model.

The rule, in the canonical frame (``render.canonical``): the points of a triangular lattice of 7 mm inside the outline
(the jaw's landmarks drawn in, an ellipse over the brows), and of 3.5 mm close to the eyes and the lips; none where an
eye or the mouth opens. The order: the points on the midline from top to bottom, then pairs of mirror images, the
person's right first, by rows from top to bottom and outwards in a row.
"""

from functools import lru_cache

import numpy as np
import numpy.typing as npt

from faceset.channels import DENSE, DENSE_MIDLINE
from render.canonical import Points, canonical_68, placed
from render.face_model import FaceModel
from render.kernels.placing import placed as on_triangles
from render.labels.context import LabelContext
from render.polygons import distance, inside

STEP = 7.0
"""Distance of neighbours, millimetres; half of it close to the eyes and the lips."""

CLOSE = 8.0
"""How far from an eye or the lips the fine lattice reaches, millimetres."""

CLEAR = 1.5
"""How far points stay from the edge of an opening, millimetres."""

OUTLINE = (0.86, 0.95)
"""The jaw's landmarks are drawn in by these factors: where the face still looks forward."""

FOREHEAD = 46.0
"""How high over the eyes the lattice reaches, millimetres: below the hairline."""

EYES = (slice(36, 42), slice(42, 48))
LIPS, MOUTH = slice(48, 60), slice(60, 68)


def dense_landmarks(context: LabelContext) -> npt.NDArray[np.float32]:
    """Returns the (D, 2) pixel positions; they may lie outside the picture."""
    return context.scene.camera.project(context.face.to_world(_shown(context))).astype(np.float32)


def dense_landmarks_3d(context: LabelContext) -> npt.NDArray[np.float32]:
    """Returns the (D, 3) positions in the camera frame, metres."""
    return context.scene.camera.to_camera(context.face.to_world(_shown(context))).astype(np.float32)


def dense_visible(context: LabelContext) -> npt.NDArray[np.uint8]:
    """Returns (D,) ones where the point lies in the picture and nothing hides it."""
    return context.in_sight(_shown(context)).astype(np.uint8)


def _shown(context: LabelContext) -> npt.NDArray[np.float64]:
    vertices, weights = _placed(context.model)
    return on_triangles(context.face.shown, vertices, weights)


@lru_cache(4)
def _placed(model: FaceModel) -> tuple[npt.NDArray[np.int32], npt.NDArray[np.float32]]:
    basis = model.basis
    return placed(model.average, basis.faces_of("skin"), basis.landmarks(model.average), dense_points())


@lru_cache
def dense_points() -> Points:
    """Returns the (D, 2) canonical places, millimetres."""
    points, coarse = _lattice()
    marks = canonical_68()
    near_eyes = np.minimum(*(distance(points, marks[eye]) for eye in EYES))
    fine = (near_eyes < CLOSE) | (distance(points, marks[LIPS]) < CLOSE)
    opening = (near_eyes < CLEAR) | (distance(points, marks[MOUTH]) < CLEAR)
    ordered = _ordered(points[(coarse | fine) & ~opening & inside(points, _outline(marks))])
    assert len(ordered) == DENSE and (ordered[:DENSE_MIDLINE, 0] == 0).all(), "faceset.channels states their number"
    return ordered


def _lattice() -> tuple[Points, npt.NDArray[np.bool_]]:
    """Returns a triangular lattice of half ``STEP`` around the origin, and which points make up that of ``STEP``."""
    column, row = (each.ravel() for each in np.meshgrid(np.arange(-60, 61), np.arange(-60, 61)))
    points = np.stack([column * STEP / 4, row * STEP / 2 * np.sqrt(0.75)], axis=1)
    kept, even = (column + row) % 2 == 0, (row % 2 == 0) & ((column - row) % 4 == 0)
    return points[kept], even[kept]


def _outline(marks: Points) -> Points:
    jaw = marks[:17] * OUTLINE
    turn = np.linspace(0, np.pi, 24)[1:-1]
    return np.vstack([jaw, np.stack([jaw[16, 0] * np.cos(turn), FOREHEAD * np.sin(turn)], axis=1)])


def _ordered(points: Points) -> Points:
    by_rows = points[np.lexsort((np.abs(points[:, 0]), -points[:, 1]))]
    right = by_rows[by_rows[:, 0] < 0]
    pairs = np.stack([right, right * (-1, 1)], axis=1).reshape(-1, 2)
    return np.vstack([by_rows[by_rows[:, 0] == 0], pairs])
