"""The AU partition rule: the face in 43 sub-regions, and which of them each group of Action Units shows in.

Source: C. Ma, L. Chen, J. Yong, "AU R-CNN: Encoding Expert Prior Knowledge into R-CNN for Action Unit Detection",
Neurocomputing 355 (2019), arXiv:1812.05788: its Table 2 (groups, their AUs, their sub-regions, which region lies in
which) and, for the corners of the sub-regions, the authors' published settings. A sub-region is a polygon between
landmarks of the iBUG 68, midpoints of two of them, and brow points moved up. Where the source could not be followed:

- It moves brow points up by 20 and 40 pixels of its own photographs; here by 10 and 20 mm of an average face.
- Its sub-regions 7 and 14 (temples) are no mirror images, and 38 and 39 (beside the eyes) cross themselves; here 7 is
  the mirror image of 14, and 38 and 39 fill the gap between temple, eye and cheek. No group uses these four.

Left and right are the person's; numbers and corners follow the source, where landmark 0 is the right end of the jaw.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt


@dataclass(frozen=True)
class AuGroup:
    """Action Units that show in the same part of the face.

    Attributes:
        number: of the group in Table 2, from 1.
        codes: its Action Units.
        subregions: numbers of its sub-regions, keys of ``SUBREGIONS``.
        inside: groups whose region holds this region: who looks at one of those sees these AUs too ("label fetch").
    """

    number: int
    codes: tuple[str, ...]
    subregions: tuple[int, ...]
    inside: tuple[int, ...] = ()


def _group(number: int, units: tuple[int, ...], subregions: tuple[int, ...], *inside: int) -> AuGroup:
    return AuGroup(number, tuple(f"AU{unit}" for unit in units), subregions, inside)


AU_GROUPS: tuple[AuGroup, ...] = (
    _group(1, (1, 2, 5, 7), (1, 2, 5, 6, 8, 9, 12, 13, 40, 41, 42, 43), 2),
    _group(2, (4,), (1, 2, 3, 4, 5, 6, 8, 9, 12, 13, 40, 41)),
    _group(3, (6,), (16, 17, 18, 19, 42, 43)),
    _group(4, (9,), (10, 11, 17, 18, 22, 23), 3),
    _group(5, (10, 11, 12, 13, 14, 15), (*range(21, 29), 37), 6),
    _group(6, (16, 20, 25, 26, 27), (*range(25, 38),), 5),
    _group(7, (17,), (*range(29, 37),), 6),
    _group(8, (18, 22, 23, 24, 28), (26, 27, 29, 30, 31, 32, 37), 7, 6),
)
"""Table 2, in its order; AUs that it does not list (19, 29, 30, 34, 43, 45, positions) have no group."""

SUBREGIONS: dict[int, str] = {
    # Over the brows.
    1: "17+10 19+10 19 17",
    2: "19+10 21+10 21 19",
    3: "21+10 27+20 27 21",
    4: "22+10 27+20 27 22",
    5: "22+10 24+10 24 22",
    6: "24+10 26+10 26 24",
    # Temples, and between brows and eyes.
    7: "0 17 36 1",
    8: "17 19 37 36",
    9: "19 38 39 21",
    10: "21 27 28 39",
    11: "22 27 28 42",
    12: "22 42 43 24",
    13: "24 44 45 26",
    14: "16 26 45 15",
    # Under the eyes.
    15: "2 2-41 3-29 3",
    16: "41 2-41 3-29 39",
    17: "39 3-29 29 28",
    18: "42 13-29 29 28",
    19: "46 14-46 13-29 42",
    20: "14 14-46 13-29 13",
    # Cheeks and nose.
    21: "3 3-29 4-33 4",
    22: "4-33 3-29 29 33",
    23: "33 29 13-29 12-33",
    24: "13 13-29 12-33 12",
    # Beside the mouth.
    25: "4 4-33 5-59 5",
    26: "5-59 4-33 33 59",
    27: "11-55 12-33 33 55",
    28: "12 12-33 11-55 11",
    # Under the mouth.
    29: "59 58 6-58 5-59",
    30: "58 57 8-57 6-58",
    31: "57 56 10-56 8-57",
    32: "56 55 11-55 10-56",
    # The chin.
    33: "5 5-59 6-58 6",
    34: "6 6-58 8-57 8",
    35: "8 8-57 10-56 10",
    36: "10 10-56 11-55 11",
    37: "33 55 56 57 58 59",  # the mouth
    # Beside the eyes, the inner ends of the upper lids, and the eyes.
    38: "1 36 41 2-41 2",
    39: "15 45 46 14-46 14",
    40: "19 37 38",
    41: "24 43 44",
    42: "36 37 38 39 40 41",
    43: "42 43 44 45 46 47",
}
"""The corners of each sub-region in order: a landmark, "a-b" between two of them, "a+h" h millimetres over one."""


def au_group(code: str) -> AuGroup | None:
    """Returns the group of an AU without a side ("AU12"), or None where Table 2 does not list it."""
    return next((group for group in AU_GROUPS if code in group.codes), None)


def subregion_polygon(number: int, landmarks: npt.NDArray[np.floating[Any]]) -> npt.NDArray[np.float64]:
    """Returns the (m, 2) corners of a sub-region.

    Args:
        number: of the sub-region, 1 to 43.
        landmarks: (68, 2) iBUG landmarks seen from the front, millimetres, y up.
    """
    return np.array([_corner(text, landmarks) for text in SUBREGIONS[number].split()])


def _corner(text: str, landmarks: npt.NDArray[np.floating[Any]]) -> npt.NDArray[np.float64]:
    between, _, height = text.partition("+")
    middle = landmarks[[int(index) for index in between.split("-")]].mean(axis=0)
    return np.asarray(middle + np.array([0.0, float(height or 0)]))
