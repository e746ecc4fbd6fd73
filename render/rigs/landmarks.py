"""Places the 68 iBUG landmarks on the average face of a model whose recipe says where they lie.

A recipe's section ``landmarks`` holds ``places``, [x, y] in millimetres seen from the front, and ``snap``: points that
go to the nearest vertex of the edge between the skin and another part.
"""

from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt

from render.errors import RecipeError
from render.face_basis import PARTS
from render.mesh import front_hits
from render.rigs.sections import MILLIMETRES, section

NUM_LANDMARKS = 68
Placed = tuple[npt.NDArray[np.int32], npt.NDArray[np.float32]]


def placed_landmarks(
    model: str, average: npt.NDArray[np.float32], faces: npt.NDArray[np.int32], part: npt.NDArray[np.uint8]
) -> Placed:
    """Returns the (68, 3) vertices and weights of the landmarks that a model's recipe places on its average face.

    Raises:
        RecipeError: the recipe does not place 68 landmarks.
    """
    tree = section(model, "landmarks")
    places = np.asarray(tree["places"], dtype=np.float64) / MILLIMETRES
    if places.shape != (NUM_LANDMARKS, 2):
        raise RecipeError(f"render/rigs/{model}.yaml: expected 68 landmarks [x, y], found shape {places.shape}")
    skin = faces[part == PARTS.index("skin")]
    index, hits = front_hits(average.astype(np.float64), skin, places)
    vertices, weights = skin[index].astype(np.int32), hits.astype(np.float32)
    for mark, vertex in _snapped(tree["snap"], places, average, faces, part).items():
        vertices[mark], weights[mark] = vertex, (1.0, 0.0, 0.0)
    return vertices, weights


def _snapped(
    snap: Mapping[str, Sequence[int]],
    places: npt.NDArray[np.float64],
    average: npt.NDArray[np.float32],
    faces: npt.NDArray[np.int32],
    part: npt.NDArray[np.uint8],
) -> dict[int, int]:
    """Returns the vertex of each landmark that lies where the visible opening of an eye or the mouth ends."""
    skin = np.unique(faces[part == PARTS.index("skin")])
    found = {}
    for name, points in snap.items():
        edge = np.intersect1d(skin, np.unique(faces[part == PARTS.index(name)]))
        for index in points:
            found[index] = int(edge[np.linalg.norm(average[edge, :2] - places[index], axis=1).argmin()])
    return found
