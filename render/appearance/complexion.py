"""Where faces are redder, darker or lighter than their mean: two maps that everybody shares.

Cheeks, nose, ears and chin are full of vessels; lids and the hollows under the eyes are thin and darker; the forehead
and the bridge of the nose are lighter. Directions as every face shows them, amounts by eye.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from render.appearance.noise import smoothstep
from render.appearance.texels import Map, blob
from render.rigs.surface import Surface

Marks = npt.NDArray[np.float32]


@dataclass(frozen=True)
class Complexion:
    """Deviations from a person's mean over the bare skin of the face.

    Attributes:
        maps: (3, T, T) melanin; haemoglobin, 1 for full cheeks; hollows under the eyes in [0, 1], which are deeper with
            age and in those who have them.
    """

    maps: Map

    @classmethod
    def of(cls, position: Map, marks: Marks, surface: Surface, bare: npt.NDArray[np.bool_]) -> "Complexion":
        """Returns the complexion of a model.

        Args:
            position: (T, T, 3) places on the average face.
            marks: its (68, 3) landmarks.
            surface: where its ears lie.
            bare: (T, T) texels over which the mean is taken.
        """
        flush, shade = _flush(position, marks, surface), _shade(position, marks)
        return cls(np.stack([shade - shade[bare].mean(), flush - flush[bare].mean(), _hollows(position, marks)]))


def _flush(position: Map, marks: Marks, surface: Surface) -> Map:
    ear = surface.ears
    cheeks = [(marks[31 + shift] + 2 * marks[corner]) / 3 for shift, corner in ((0, 2), (4, 14))]
    parts = [0.75 * blob(position, cheek, (0.026, 0.022, 0.05)) for cheek in cheeks]
    parts += [0.75 * blob(position, marks[side], 0.010) for side in (31, 35)]
    parts += [0.65 * blob(position, marks[30], 0.013), 0.3 * blob(position, marks[8] + (0, 0.012, 0), 0.016)]
    parts += [0.35 * blob(position, marks[first : first + 6].mean(axis=0), 0.014) for first in (36, 42)]
    ears = smoothstep(*ear.flush, np.abs(position[..., 0])) * (position[..., 1] > ear.low)
    neck = smoothstep(-0.01, -0.05, position[..., 1] - marks[8, 1])
    return np.asarray(np.sum(parts, axis=0) + 0.6 * ears + 0.15 * neck, dtype=np.float32)


def _shade(position: Map, marks: Marks) -> Map:
    brow = marks[[19, 24]].mean(axis=0)
    forehead = brow + np.array((0, 0.025, 0), dtype=np.float32)
    eyes = [marks[first : first + 6].mean(axis=0) for first in (36, 42)]
    parts = [0.035 * blob(position, eye, (0.020, 0.012, 0.03)) for eye in eyes]
    parts += [0.020 * blob(position, marks[33] + (0, -0.008, 0), (0.022, 0.009, 0.03))]
    parts += [0.022 * blob(position, marks[57] + (0, -0.008, 0), (0.018, 0.006, 0.03))]
    parts += [0.020 * blob(position, marks[side], 0.012) for side in (31, 35)]
    parts += [-0.020 * blob(position, forehead, (0.04, 0.025, 0.06))]
    parts += [-0.012 * blob(position, marks[29], (0.008, 0.02, 0.02))]
    neck = 0.02 * smoothstep(0.0, -0.03, position[..., 1] - marks[8, 1])
    return np.asarray(np.sum(parts, axis=0) + neck, dtype=np.float32)


def _hollows(position: Map, marks: Marks) -> Map:
    """Returns where the skin under the eyes is thin: a crescent from the nose outwards."""
    parts = []
    for inner, outer, low in ((39, 36, 41), (42, 45, 46)):
        centre = 0.6 * marks[inner] + 0.4 * marks[outer]
        centre[1] = marks[low, 1] - 0.0075
        parts.append(blob(position, centre, (0.014, 0.0055, 0.03)))
    return np.asarray(np.clip(np.sum(parts, axis=0), 0, 1), dtype=np.float32)
