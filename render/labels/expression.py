"""Action Unit labels: what the rig was asked for, and how much of each AU's region is in sight."""

from functools import lru_cache

import numpy as np
import numpy.typing as npt

from facs.action_units import CODES, STILL, action_unit
from facs.regions import REGIONS, TERRITORY
from render.face_model import FaceModel, face_model
from render.labels.context import LabelContext
from render.rigs.recipe import QUIET

Row = npt.NDArray[np.float32]
Indices = npt.NDArray[np.int64]

MOVES = 0.35
"""Share of an AU's largest displacement that a vertex must move to belong to its region."""


def au(context: LabelContext) -> Row:
    """Returns the (K,) bilateral activations: the higher side."""
    return context.spec.expression.vector(CODES).astype(np.float32)


def au_left(context: LabelContext) -> Row:
    """Returns the (K,) activations on the person's left."""
    return np.array([context.spec.expression.left(code) for code in CODES], dtype=np.float32)


def au_right(context: LabelContext) -> Row:
    """Returns the (K,) activations on the person's right."""
    return np.array([context.spec.expression.right(code) for code in CODES], dtype=np.float32)


def au_known(context: LabelContext) -> npt.NDArray[np.uint8]:
    """Returns ones: the rig leaves nothing unknown."""
    del context
    return np.ones(len(CODES), dtype=np.uint8)


def au_visible(context: LabelContext) -> Row:
    """Returns the (K,) fraction of each AU's region that is in the picture and not hidden."""
    seen, regions = context.skin_seen, _whole_regions(context.model.name)
    return np.array([seen[regions[code]].mean() for code in CODES], dtype=np.float32)


def side_visible(context: LabelContext, code: str) -> tuple[float, float]:
    """Returns the fraction of an AU's region that is seen, on the person's left and right."""
    left, right = au_regions(context.model.name)[code]
    return float(context.skin_seen[left].mean()), float(context.skin_seen[right].mean())


@lru_cache(2)
def _whole_regions(model_name: str) -> dict[str, Indices]:
    """Returns per AU code the skin vertices that it moves on either side."""
    return {code: np.union1d(*sides) for code, sides in au_regions(model_name).items()}


@lru_cache(2)
def au_regions(model_name: str) -> dict[str, tuple[Indices, Indices]]:
    """Returns per AU code the skin vertices that it moves on the left and on the right.

    Only those count that a viewer could see on the average face. An AU that moves no skin, such as the tongue's, is
    seen in the first region of its territory.
    """
    model = face_model(model_name)
    skin, x = open_skin(model), model.average[:, 0]
    length = np.linalg.norm(model.rig.deltas, axis=2) * skin
    regions = {}
    for code in CODES:
        unit = action_unit(STILL.get(code, code))
        rows = [model.rig.keys.index(key) for key in unit.keys]
        moves = np.any([(length[row] >= MOVES * length[row].max()) & (length[row] > QUIET) for row in rows], axis=0)
        own = REGIONS[TERRITORY[unit.code][0]].distance(model.basis.canonical) == 0
        shown = moves if moves.any() else own & skin
        regions[code] = (np.flatnonzero(shown & (x >= 0)), np.flatnonzero(shown & (x <= 0)))
    return regions


def open_skin(model: FaceModel) -> npt.NDArray[np.bool_]:
    """Returns which vertices (V,) are skin that a viewer in front of the average face could see."""
    skin = np.zeros(len(model.basis.template), dtype=bool)
    skin[model.part_vertices["skin"]] = True
    facing = model.topology.normals(model.average)[:, 2] > 0.2
    return np.asarray(skin & facing & (model.basis.openness > 0.25))
