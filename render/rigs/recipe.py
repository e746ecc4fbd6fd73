"""Recipe files: how one face model shows each Action Unit, and where its landmarks lie.

A recipe is data with its evidence (``render/rigs/<model>.yaml``); this module reads and checks it.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from typing import Any

import numpy as np
import numpy.typing as npt
import yaml

from facs.action_units import action_unit
from render.errors import RecipeError
from render.face_basis import PARTS, FaceBasis
from render.mesh import front_hit

MIDLINE_WIDTH = 0.008
NUM_LANDMARKS = 68
QUIET = 0.00015
"""Displacements below this are rounding in the model's files (steps of 0.1 mm), far from the AU; metres."""


@dataclass(frozen=True)
class AuRecipe:
    """How a face model shows one Action Unit.

    Attributes:
        code: for example "AU12".
        shapes: weight of each facial action at activation 1; "{Side}" in a name stands for Left or Right.
        half: True if the shapes are bilateral and each side is cut out by a mask.
        evidence: why these shapes.
        looked: what was seen at full activation.
    """

    code: str
    shapes: Mapping[str, float]
    evidence: str
    looked: str
    half: bool = False

    def delta(self, basis: FaceBasis, key: str) -> npt.NDArray[np.float64]:
        """Returns the (V, 3) displacement of one key ("AU12L", "AU25") at activation 1, metres."""
        side = {"L": "Left", "R": "Right"}.get(key[-1], "")
        shapes = ((name.format(Side=side), weight) for name, weight in self.shapes.items())
        summed = np.sum([weight * basis.action_delta(name).astype(np.float64) for name, weight in shapes], axis=0)
        masked = np.asarray(summed * (_half_mask(basis, side) if self.half else 1.0))
        masked[np.linalg.norm(masked, axis=1) < QUIET] = 0.0
        return masked


@dataclass(frozen=True)
class Recipe:
    """The recipe file of one face model."""

    model: str
    landmarks: npt.NDArray[np.float64]
    snap: Mapping[str, tuple[int, ...]]
    action_units: Mapping[str, AuRecipe]


def _half_mask(basis: FaceBasis, side: str) -> npt.NDArray[np.float64]:
    """Returns the (V, 1) smooth weight of one side; left and right sum to 1 everywhere."""
    t = np.clip(basis.template[:, :1].astype(np.float64) / MIDLINE_WIDTH + 0.5, 0.0, 1.0)
    left = t * t * (3 - 2 * t)
    return left if side == "Left" else 1.0 - left


@lru_cache
def recipe(model: str) -> Recipe:
    """Returns the recipe of a face model.

    Raises:
        RecipeError: the file is malformed or names an unknown Action Unit.
    """
    path = files("render.rigs") / f"{model}.yaml"
    tree: dict[str, Any] = yaml.safe_load(path.read_text(encoding="utf-8"))
    landmarks = np.asarray(tree["landmarks"], dtype=np.float64)
    if landmarks.shape != (NUM_LANDMARKS, 2):
        raise RecipeError(f"{path}: expected 68 landmarks [x, y], found an array of shape {landmarks.shape}")
    units = {code: AuRecipe(action_unit(code).code, **entry) for code, entry in tree["action_units"].items()}
    snap = {part: tuple(points) for part, points in tree["snap"].items()}
    return Recipe(model, landmarks / 1000, snap, units)


def placed_landmarks(
    described: Recipe, average: npt.NDArray[np.float32], faces: npt.NDArray[np.int32], part: npt.NDArray[np.uint8]
) -> tuple[npt.NDArray[np.int32], npt.NDArray[np.float32]]:
    """Returns the (68, 3) vertices and weights of the landmarks that a recipe places on the average face."""
    skin = faces[part == PARTS.index("skin")]
    vertices, weights = np.zeros((NUM_LANDMARKS, 3), np.int32), np.zeros((NUM_LANDMARKS, 3), np.float32)
    for index, point in enumerate(described.landmarks):
        face, hit = front_hit(average.astype(np.float64), skin, (float(point[0]), float(point[1])))
        vertices[index], weights[index] = skin[face], hit
    for name, points in described.snap.items():
        edge = np.intersect1d(np.unique(skin), np.unique(faces[part == PARTS.index(name)]))
        for index in points:
            nearest = edge[np.linalg.norm(average[edge, :2] - described.landmarks[index], axis=1).argmin()]
            vertices[index], weights[index] = nearest, (1.0, 0.0, 0.0)
    return vertices, weights
