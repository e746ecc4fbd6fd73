"""AU regions: which groups of Action Units show in what each pixel shows (``facs.partition``)."""

from functools import lru_cache
from typing import Any

import numpy as np
import numpy.typing as npt

from facs.partition import AU_GROUPS, SUBREGIONS, subregion_polygon
from render.canonical import canonical_68
from render.face_model import FaceModel
from render.kernels.polygons import grouped
from render.kernels.surface import chosen_places
from render.labels.context import LabelContext
from render.polygons import PolygonMap
from render.scene import SEGMENT

Bits = npt.NDArray[np.uint8]

NOT_FACE = ("left_ear", "right_ear", "hair", "neck", "clothing")
"""Classes of the skin's texture that are no part of the face."""

IS_FACE = ~np.isin(np.arange(256), [SEGMENT[name] for name in NOT_FACE])
"""Whether each class may be part of the face."""

CELL = 0.25
"""Width of the cells in which regions are looked up, millimetres: few of them are crossed by an edge."""

MOUTH = ("mouth_cavity", "upper_teeth", "lower_teeth", "tongue")
OPENINGS = {"right_eye": 42, "left_eye": 43} | dict.fromkeys(MOUTH, 37)
"""Sub-region of what shows through the openings of the face, by mesh: it has no place on the canonical face."""


def au_region(context: LabelContext) -> Bits:
    """Returns (H, W) bits: bit g - 1 is set where the pixel shows the region of AU group g; 0 off the face.

    The regions are polygons on the canonical face, so they move with the skin: an expression bends them, a turned head
    shows them turned, and an occluder hides them.
    """
    surface = context.surface
    bits = np.zeros(len(surface.pixel), dtype=np.uint8)
    for name, number in OPENINGS.items():
        bits[surface.shown.get(name, [])] = bits_of(number)
    chosen, place = _before_the_ears(context)
    bits[chosen] = group_bits(place)
    return surface.picture(bits)


def _before_the_ears(context: LabelContext) -> tuple[npt.NDArray[np.int32], npt.NDArray[np.floating[Any]]]:
    """Returns which pixels (n,) show the front of the face's skin, and the (n, 2) canonical places that they show."""
    surface, parts = context.surface, context.face_pixels
    skin = [parts[name] for name in parts if name not in OPENINGS]
    if not skin:
        return np.zeros(0, dtype=np.int32), np.zeros((0, 2), dtype=np.float32)
    chosen, corners = (np.concatenate(each) for each in zip(*skin, strict=True))
    found = chosen_places(_depth_and_place(context.model), corners, surface.weights, chosen)
    front = np.flatnonzero(IS_FACE[surface.segment[chosen]] & (found[:, 0] > _ears(context.model)))
    return chosen[front], found[front, 1:]


@lru_cache(2)
def _depth_and_place(model: FaceModel) -> npt.NDArray[np.float32]:
    """Returns (V, 3): how far in front each vertex of the average face lies, metres, and its canonical place."""
    return np.column_stack([model.average[:, 2], model.basis.canonical]).astype(np.float32)


@lru_cache(2)
def _ears(model: FaceModel) -> float:
    """Returns where, front to back, the ears of the average face begin: what lies behind is no part of the face."""
    return float(model.basis.landmarks(model.average)[[0, 16], 2].mean())


def group_bits(points: npt.NDArray[np.floating[Any]]) -> Bits:
    """Returns the (n,) groups, as bits, in whose region canonical points (n, 2) lie, millimetres."""
    polygons, members = _regions()
    return grouped(polygons.sets(points), members)


@lru_cache
def _regions() -> tuple[PolygonMap, npt.NDArray[np.uint64]]:
    """Returns the sub-regions that belong to a group, and for each group which of them, as bits, belong to it."""
    numbers = [number for number in SUBREGIONS if bits_of(number)]
    polygons = [subregion_polygon(number, canonical_68()) for number in numbers]
    bits = [1 << group for group in range(max(group.number for group in AU_GROUPS))]
    held = [sum(1 << place for place, number in enumerate(numbers) if bits_of(number) & bit) for bit in bits]
    return PolygonMap(polygons, CELL), np.array(held, dtype=np.uint64)


def bits_of(number: int) -> np.uint8:
    """Returns the groups, as bits, that a sub-region belongs to."""
    return np.uint8(sum(1 << (group.number - 1) for group in AU_GROUPS if number in group.subregions))
