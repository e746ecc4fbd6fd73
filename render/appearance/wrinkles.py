"""Folds of the skin that come with the Action Units: a height over the skin, added up from strokes.

FACS is scored from furrows and bulges as much as from movement. Each stroke (``render.appearance.strokes``) is drawn
once per face model; a picture adds those whose units act, as deep as the activation and the age of the skin make them.
"""

import itertools
import math
from dataclasses import dataclass
from functools import lru_cache
from operator import itemgetter
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from faceset.spec import Appearance
from facs.action_units import action_unit
from facs.expression import Expression
from facs.regions import allowed_movement
from render.appearance.noise import generator, smooth_noise, smoothstep
from render.appearance.strokes import REACH, Stroke, drawn, strokes
from render.face_basis import FaceBasis

Map = npt.NDArray[np.float32]
Window = tuple[slice, slice]

LIMIT = 0.0014
"""Height that furrows added up approach and never reach, metres."""

MIDLINE = 8.0
"""Width over which the left side gives way to the right, millimetres."""

AT_REST = 0.16
"""Share of a full furrow that stays in the oldest skin when the face rests."""

WANDER, DIFFERENCE = 1.6, 0.35
"""How far a person's furrows stray from the usual place, millimetres, and how much their depth differs."""

SOFTNESS = 6
"""Standard deviation over which that difference is smooth, texels."""

PURPOSE_FOLDS = 7


@dataclass(frozen=True)
class Fold:
    """Strokes of one side that deepen together.

    Attributes:
        keys: of the expression; their product is the activation.
        response: exponent of the activation.
        ageing: how much the depth depends on the age of the skin.
        eased: keys that flatten them, and by how much.
        window: the texels they cover.
        height: over those texels, metres, at activation 1 in skin of middle age.
    """

    keys: tuple[str, ...]
    response: float
    ageing: float
    eased: tuple[tuple[str, float], ...]
    window: Window
    height: Map

    def activation(self, expression: Expression) -> float:
        """Returns how far an expression folds the skin here, in [0, 1]."""
        shown = expression.intensity
        made = math.prod(shown.get(key, 0.0) for key in self.keys) ** self.response
        if not made:
            return 0.0
        return float(made * math.prod(1 - amount * shown.get(key, 0.0) for key, amount in self.eased))

    def depth(self, activation: float, age: float) -> float:
        """Returns the factor of ``height`` in skin of an age in [0, 1]; old skin keeps some of it at rest."""
        rest = AT_REST * self.ageing * max(0.0, 2 * age - 1) if len(self.keys) == 1 else 0.0
        return (1 + self.ageing * (2 * age - 1)) * (rest + (1 - rest) * activation)


class Wrinkles:
    """The folds of one face model.

    Args:
        basis: the face model.
        recipe: what folds; None takes ``wrinkles.yaml``.
    """

    def __init__(self, basis: FaceBasis, recipe: tuple[Stroke, ...] | None = None) -> None:
        self._shape = basis.texel_lip.shape
        self._place, self._facing = basis.texel_canonical, _facing_front(basis.texel_position)
        self.folds = self._folds(strokes() if recipe is None else recipe)
        self._begun_by: dict[str, list[tuple[int, Fold]]] = {}
        for number, fold in enumerate(self.folds):
            self._begun_by.setdefault(fold.keys[0], []).append((number, fold))
        self._window = _grown_union([fold.window for fold in self.folds], 4, self._shape)
        self._wander = np.float32(WANDER / _texel(self._place))
        self._at_rest, self._person = lru_cache(32)(self._rest), lru_cache(32)(self._variation)

    def relief(self, expression: Expression, appearance: Appearance) -> Map | None:
        """Returns the (T, T) heights of one face, metres; None if nothing folds."""
        usual = self._usual(expression, appearance.wrinkles)
        if usual is None:
            return None
        place, between, gain = self._person(appearance.texture_seed)
        return self._whole(cv2.remap(usual, place, between, cv2.INTER_LINEAR) * gain)

    def usual(self, expression: Expression, age: float) -> Map | None:
        """Returns the (T, T) heights, metres, where the recipe puts them: mirror-symmetric if the expression is."""
        part = self._usual(expression, age)
        return None if part is None else self._whole(part)

    def _usual(self, expression: Expression, age: float) -> Map | None:
        """Returns the heights within the window of all folds."""
        # Few keys are shown at a time: folds that none of these begins stay flat.
        begun = itertools.chain.from_iterable(self._begun_by.get(key, ()) for key in expression.intensity)
        moved = [(fold, fold.activation(expression)) for _, fold in sorted(begun, key=itemgetter(0))]
        active = [(fold, activation) for fold, activation in moved if activation > 0]
        if not active and age <= 0.5:
            return None
        height = self._at_rest(age).copy()
        for fold, activation in active:
            self._add(height, fold, fold.depth(activation, age) - fold.depth(0.0, age))
        return np.asarray(height / np.sqrt(1 + (height / np.float32(LIMIT)) ** 2))

    def _rest(self, age: float) -> Map:
        height = np.zeros([side.stop - side.start for side in self._window], dtype=np.float32)
        for fold in self.folds:
            self._add(height, fold, fold.depth(0.0, age))
        return height

    def _add(self, height: Map, fold: Fold, depth: float) -> None:
        if depth != 0:
            height[_within(fold.window, self._window)] += np.float32(depth) * fold.height

    def _whole(self, part: Map) -> Map:
        whole = np.zeros(self._shape, dtype=np.float32)
        whole[self._window] = part
        return whole

    def _folds(self, recipe: tuple[Stroke, ...]) -> tuple[Fold, ...]:
        drawings: dict[tuple[tuple[str, ...], float, float, tuple[tuple[str, float], ...]], Map] = {}
        for stroke in recipe:
            for side in stroke.sides:
                keys = tuple(_key(code, side) for code in stroke.units)
                eased = tuple((_key(code, side), amount) for code, amount in stroke.eased)
                made = (keys, stroke.response, stroke.ageing, eased)
                whole = drawings.setdefault(made, np.zeros(self._shape, dtype=np.float32))
                self._draw(whole, stroke, side)
        return tuple(Fold(*made, *_cut(height)) for made, height in drawings.items())

    def _draw(self, whole: Map, stroke: Stroke, side: str) -> None:
        """Adds one side of a stroke; both sides of a stroke across add up to the whole."""
        mirror = -1 if side == "R" else 1
        near = self._near(stroke, mirror)
        place = self._place[near] * np.array((mirror, 1), dtype=np.float32)
        allowed = np.max([allowed_movement(code, place) for code in stroke.units], axis=0)
        height = drawn(stroke, place) * self._facing[near] * allowed
        if stroke.across and side:
            height *= smoothstep(-MIDLINE / 2, MIDLINE / 2, place[..., 0])
        whole[near] += height

    def _near(self, stroke: Stroke, mirror: int) -> Window:
        """Returns the texels that one side of a stroke may reach."""
        reach = REACH[stroke.shape] * stroke.width
        low, high = stroke.line.min(axis=0) - reach, stroke.line.max(axis=0) + reach
        low[0] = -high[0] if stroke.across else low[0]
        x, y = self._place[..., 0] * mirror, self._place[..., 1]
        return _cut((x > low[0]) & (x < high[0]) & (y > low[1]) & (y < high[1]) & (self._facing > 0))[0]

    def _variation(self, seed: int) -> tuple[npt.NDArray[np.int16], npt.NDArray[np.uint16], Map]:
        """Returns where a person's texels take their height from, as OpenCV packs it, and the share they take."""
        random, window = generator(seed, PURPOSE_FOLDS), self._window
        size = self._shape[0]
        across, down = (self._wander * smooth_noise(random, size, (28, 28))[window] for _ in range(2))
        height, width = across.shape
        # So smooth a map needs half the resolution only.
        blurred = cv2.GaussianBlur(smooth_noise(random, size // 2, (12, 12)), (0, 0), SOFTNESS / 2)
        gain = 1 + np.float32(DIFFERENCE) * cv2.resize(blurred, (size, size), interpolation=cv2.INTER_LINEAR)[window]
        columns, rows = np.arange(width, dtype=np.float32) + across, np.arange(height, dtype=np.float32)[:, None] + down
        place, between = cv2.convertMaps(columns, rows, cv2.CV_16SC2)
        return place, between, gain


def _key(code: str, side: str) -> str:
    return f"{code}{side}" if action_unit(code).sided else code


def _texel(place: Map) -> float:
    """Returns the usual size of a texel on the face, millimetres."""
    return float(np.median(np.abs(np.diff(place[..., 1], axis=0))))


def _grown_union(windows: list[Window], by: int, shape: tuple[int, ...]) -> Window:
    """Returns the smallest rectangle that holds all of some, and ``by`` texels around it."""
    rows, columns = (
        slice(max(0, min(one.start for one in sides) - by), min(size, max(one.stop for one in sides) + by))
        for sides, size in zip(zip(*windows, strict=True), shape, strict=True)
    )
    return rows, columns


def _within(inner: Window, outer: Window) -> Window:
    """Returns where a rectangle lies in another that holds it."""
    rows, columns = (
        slice(one.start - other.start, one.stop - other.start) for one, other in zip(inner, outer, strict=True)
    )
    return rows, columns


def _cut(height: npt.NDArray[Any]) -> tuple[Window, npt.NDArray[Any]]:
    """Returns the smallest rectangle of texels that holds all that is not 0, and what lies there."""
    rows, columns = np.flatnonzero(height.any(axis=1)), np.flatnonzero(height.any(axis=0))
    window = slice(int(rows[0]), int(rows[-1]) + 1), slice(int(columns[0]), int(columns[-1]) + 1)
    return window, np.ascontiguousarray(height[window])


def _facing_front(position: npt.NDArray[np.floating[Any]]) -> Map:
    """Returns (T, T) how far the template (T, T, 3) faces the front: 1, falling to 0 where it turns away."""
    down, right = np.gradient(position.astype(np.float64), axis=(0, 1))
    normal = np.cross(right, -down)
    cosine = normal[..., 2] / np.maximum(np.linalg.norm(normal, axis=-1), 1e-12)
    return np.asarray(cv2.GaussianBlur(smoothstep(0.02, 0.2, cosine), (0, 0), 1.5) * (cosine > 0))
