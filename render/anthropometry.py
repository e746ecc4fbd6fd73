"""Lengths of heads as anthropometrists take them, measured on neutral meshes, and what is published about them.

Published: Zhuang, Z. & Bradtmiller, B. (2005), "Head-and-face anthropometric survey of U.S. respirator users",
J. Occup. Environ. Hyg. 2(11):567-576: 3,997 adults (2,543 men, 1,454 women), calliper and tape.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
import numpy.typing as npt

from render.face_model import FaceModel
from render.rigs.surface import surface

Points = npt.NDArray[np.floating[Any]]
Indices = npt.NDArray[np.int64]

PUBLISHED = {
    "bizygomatic breadth": {"male": (143.5, 6.9), "female": (135.1, 6.5)},
    "menton-sellion length": {"male": (122.7, 7.0), "female": (113.4, 6.1)},
    "bigonial breadth": {"male": (120.4, 10.4), "female": (110.1, 8.9)},
    "interpupillary distance": {"male": (64.5, 3.6), "female": (61.9, 3.5)},
    "nose breadth": {"male": (36.6, 4.1), "female": (33.2, 3.9)},
    "nose protrusion": {"male": (21.1, 2.7), "female": (19.8, 2.7)},
    "subnasale-sellion length": {"male": (52.0, 4.1), "female": (48.2, 3.8)},
    "lip length": {"male": (51.1, 4.2), "female": (48.0, 4.0)},
    "head breadth": {"male": (153.0, 6.0), "female": (146.8, 5.6)},
    "head length": {"male": (197.3, 7.4), "female": (187.5, 7.2)},
}
"""Mean and standard deviation in millimetres by sex."""

MIDLINE = 0.0025
"""Distance from the plane of symmetry within which vertices belong to the midline, metres."""


@dataclass(frozen=True)
class Tape:
    """Which vertices each length is taken between, chosen once on a model's average face.

    Attributes:
        zygomatic: skin of the cheek bones, before the ears.
        jaw: skin over the angles of the jaw.
        braincase: skin of the head above the ears.
        alar: skin of the wings of the nose.
        columella: midline between the tip of the nose and the upper lip.
        chin: midline of the chin and a little below it.
        ridge: midline of the nose.
    """

    zygomatic: Indices
    jaw: Indices
    braincase: Indices
    alar: Indices
    columella: Indices
    chin: Indices
    ridge: Indices


@lru_cache(2)
def tape(model: FaceModel) -> Tape:
    """Returns where the lengths of a model's heads are taken."""
    skin, face = model.part_vertices["skin"], model.average.astype(np.float64)
    marks, ears = model.basis.landmarks(face), surface(model.name).ears
    x, y, z = face[skin].T
    plain = ~surface(model.name).is_ear(face[skin])
    middle = (np.abs(x) < MIDLINE) & (z > marks[33, 2] - 0.05)
    front = marks[0, 2] - 0.004

    def chosen(where: npt.NDArray[np.bool_]) -> Indices:
        return np.asarray(skin[where], dtype=np.int64)

    return Tape(
        zygomatic=chosen(plain & (y < marks[27, 1]) & (y > marks[33, 1]) & (z > front)),
        jaw=chosen((y < marks[48, 1] + 0.004) & (y > marks[57, 1] - 0.004) & (z > front - 0.01)),
        braincase=chosen(y > ears.high + 0.004),
        alar=chosen(
            (np.abs(x) < 0.026) & (y < marks[30, 1] + 0.004) & (y > marks[33, 1] - 0.004) & (z > marks[31, 2] - 0.009)
        ),
        columella=chosen(middle & (y < marks[30, 1]) & (y > marks[51, 1] + 0.001)),
        chin=chosen(middle & (y < marks[57, 1]) & (z > marks[8, 2] - 0.012)),
        ridge=chosen(middle & (y < marks[27, 1]) & (y > marks[33, 1])),
    )


def measured(model: FaceModel, vertices: Points) -> Mapping[str, float]:
    """Returns the lengths of ``PUBLISHED`` of a neutral head (V, 3), millimetres."""
    at, head = tape(model), vertices.astype(np.float64) * 1000
    marks = model.basis.landmarks(head)
    sellion = marks[27]
    menton = head[at.chin][head[at.chin, 1].argmin()]
    subnasale = head[at.columella][head[at.columella, 2].argmin()]
    tip = head[at.ridge][head[at.ridge, 2].argmax()]
    left, right = (head[model.part_vertices[f"{side}_eye"]].mean(axis=0) for side in ("left", "right"))
    return {
        "bizygomatic breadth": _extent(head[at.zygomatic], 0),
        "menton-sellion length": float(np.linalg.norm(sellion - menton)),
        "bigonial breadth": _extent(head[at.jaw], 0),
        "interpupillary distance": float(np.linalg.norm(left - right)),
        "nose breadth": _extent(head[at.alar], 0),
        "nose protrusion": float(np.linalg.norm(tip - subnasale)),
        "subnasale-sellion length": float(np.linalg.norm(sellion - subnasale)),
        "lip length": float(np.linalg.norm(marks[48] - marks[54])),
        "head breadth": _extent(head[at.braincase], 0),
        "head length": _extent(head[at.braincase], 2),
    }


def _extent(points: Points, axis: int) -> float:
    return float(np.ptp(points[:, axis]))
