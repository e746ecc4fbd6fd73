"""Regions of the face, and which of them each Action Unit may move.

A region is a box on the canonical face seen from the front (``render.canonical``: millimetres from the point midway
between the eyes, both sides folded onto one by |x|). The regions cover the face without gaps. A territory lists the
regions where FACS (2002) describes the appearance changes of an AU; outside it an AU has to leave the face still.
"""

from dataclasses import dataclass
from math import inf
from typing import Any

import numpy as np
import numpy.typing as npt


@dataclass(frozen=True)
class Region:
    """A box of the canonical face, millimetres; ``x`` is the distance from the midline.

    Attributes:
        x: nearest and furthest distance from the midline.
        y: lower and upper end.
    """

    x: tuple[float, float]
    y: tuple[float, float]

    def distance(self, points: npt.NDArray[np.floating[Any]]) -> npt.NDArray[np.float64]:
        """Returns how far canonical points (..., 2) lie outside the region, millimetres; 0 inside."""
        x, y = np.abs(points[..., 0]), points[..., 1]
        aside = np.maximum(np.maximum(self.x[0] - x, x - self.x[1]), 0.0)
        above = np.maximum(np.maximum(self.y[0] - y, y - self.y[1]), 0.0)
        return np.asarray(np.hypot(aside, above), dtype=np.float64)


REGIONS: dict[str, Region] = {
    "forehead": Region((0, inf), (12, inf)),
    "eye": Region((13, inf), (-15, 12)),
    "nose": Region((0, 13), (-46, 12)),
    "cheek": Region((13, inf), (-46, -15)),
    "mouth": Region((0, 36), (-84, -46)),
    "side": Region((36, inf), (-84, -46)),
    "chin": Region((0, inf), (-inf, -84)),
}
"""Brows belong to the forehead, lids to the eye, the nose to its wings, the corners of the mouth to the mouth; the side
is the cheek beside the mouth; the chin runs down to the neck."""

_FACE_BELOW_EYES = ("nose", "cheek", "mouth", "side", "chin")
_LOWER_FACE = ("mouth", "side", "chin")

TERRITORY: dict[str, tuple[str, ...]] = {
    "AU1": ("forehead", "eye", "nose"),
    "AU2": ("forehead", "eye"),
    "AU4": ("forehead", "eye", "nose"),
    "AU5": ("eye", "forehead"),
    "AU6": ("cheek", "eye", "side"),
    "AU7": ("eye",),
    "AU9": ("nose", "cheek", "eye", "forehead"),
    "AU10": ("nose", "cheek", "mouth", "side"),
    "AU11": ("nose", "cheek", "mouth"),
    "AU12": ("eye", "cheek", "nose", "mouth", "side", "chin"),
    "AU13": ("cheek", "mouth", "side"),
    "AU14": ("mouth", "side", "chin"),
    "AU15": _LOWER_FACE,
    "AU16": ("mouth", "chin"),
    "AU17": ("mouth", "chin"),
    "AU18": ("mouth", "side", "chin"),
    "AU19": ("mouth", "chin"),
    "AU20": _LOWER_FACE,
    "AU22": ("mouth", "side", "chin"),
    "AU23": ("mouth", "chin"),
    "AU24": ("mouth", "chin"),
    "AU25": ("mouth",),
    "AU26": (*_LOWER_FACE, "cheek"),
    "AU27": _FACE_BELOW_EYES,
    "AU28": ("mouth", "chin"),
    "AU29": (*_LOWER_FACE, "cheek"),
    "AU30": (*_LOWER_FACE, "cheek"),
    "AU34": ("cheek", "mouth", "side", "chin"),
    "AU45": ("eye",),
}
"""The regions that each AU may move (AU43 is AU45 in a still picture)."""

FEATHER = 9.0
"""Width of the border in which the movement of an AU fades to nothing outside its territory, millimetres."""


def outside(code: str, points: npt.NDArray[np.floating[Any]]) -> npt.NDArray[np.float64]:
    """Returns how far canonical points (..., 2) lie outside an AU's territory, millimetres; 0 inside."""
    return np.asarray(np.min([REGIONS[name].distance(points) for name in TERRITORY[code]], axis=0))


def allowed_movement(code: str, points: npt.NDArray[np.floating[Any]]) -> npt.NDArray[np.float64]:
    """Returns which share of its movement an AU keeps at canonical points (..., 2): 1 in its territory, then fading."""
    t = np.clip(1.0 - outside(code, points) / FEATHER, 0.0, 1.0)
    return np.asarray(t * t * (3 - 2 * t))


def region_of(points: npt.NDArray[np.floating[Any]]) -> npt.NDArray[np.int64]:
    """Returns the index in ``REGIONS`` of the region that holds each canonical point (..., 2)."""
    return np.asarray(np.argmin([region.distance(points) for region in REGIONS.values()], axis=0))
