"""Freckles, moles, spots and age spots: little places with more of one pigment."""

import numpy as np
import numpy.typing as npt

from faceset.spec import Appearance
from render.appearance.noise import generator
from render.appearance.pigment import Pigment
from render.appearance.texels import Map, Window, blob, window_of

SOWN = 3200
"""Freckles on the shared map; a person shows a part of them."""

PURPOSE_SOWN, PURPOSE_MARKS = 40, 8
SHIFT = 40
"""Texels by which the shared freckles move from person to person."""

OLD = 0.5
"""Age of the skin from which it has age spots."""


class Marks:
    """The marks of the faces of one model.

    Args:
        position: (T, T, 3) places on the average face.
        landmarks: its (68, 3) landmarks.
        bare: (T, T) texels that may bear marks.
    """

    def __init__(self, position: Map, landmarks: npt.NDArray[np.float32], bare: npt.NDArray[np.bool_]) -> None:
        self._window: Window = window_of(bare)
        self._bare = bare[self._window].astype(np.float32)
        self._rows, self._columns = np.nonzero(bare)
        self._likely = _freckled(position[self._window], landmarks) * self._bare
        self._rank, self._profile = _sown(self._bare.shape)

    def add(self, pigment: Pigment, appearance: Appearance) -> None:
        """Adds a person's marks to the pigments of the skin."""
        random = generator(appearance.texture_seed, PURPOSE_MARKS)
        if appearance.freckles > 0:
            self._add_freckles(pigment, appearance.freckles, random)
        moles, spots = random.poisson((5 * appearance.blemishes, 16 * appearance.blemishes**2))
        old = max(0.0, appearance.wrinkles - OLD) / (1 - OLD)
        for _ in range(moles):
            self._dab(pigment.melanin, random, 0.55 * random.uniform(0.4, 1), random.uniform(0.7, 1.5))
        for _ in range(spots):
            self._dab(pigment.haemoglobin, random, random.uniform(0.5, 1.6), random.uniform(1.0, 2.2))
        for _ in range(random.poisson(14 * old)):
            self._dab(pigment.melanin, random, random.uniform(0.03, 0.09), random.uniform(1.8, 4.5))

    def _add_freckles(self, pigment: Pigment, density: float, random: np.random.Generator) -> None:
        shift = random.integers(-SHIFT, SHIFT + 1, 2)
        offset, flipped = np.float32(random.uniform()), bool(random.uniform() < 0.5)
        maps = (self._rank, self._profile)
        rank, profile = (np.roll(one[:, ::-1] if flipped else one, shift, (0, 1)) for one in maps)
        shown = (rank + offset) % 1 < (0.05 + 0.85 * density) * self._likely
        strength = np.float32(0.05 + 0.09 * density)
        pigment.melanin[self._window] += strength * shown * profile

    def _dab(self, amount: Map, random: np.random.Generator, strength: float, radius: float) -> None:
        """Adds one round place, a little longer than wide, at a random texel of the bare skin."""
        where = int(random.integers(len(self._rows)))
        turn, length = random.uniform(0, np.pi), random.uniform(1.0, 1.4)
        reach = int(3 * radius * length) + 1
        row, column = int(self._rows[where]), int(self._columns[where])
        if min(row, column, amount.shape[0] - 1 - row, amount.shape[1] - 1 - column) < reach:
            return
        y, x = np.mgrid[-reach : reach + 1, -reach : reach + 1]
        major, minor = np.cos(turn) * x + np.sin(turn) * y, np.cos(turn) * y - np.sin(turn) * x
        inside = np.exp(-((((major / length) ** 2 + minor**2) / radius**2) ** 1.5))
        around = slice(row - reach, row + reach + 1), slice(column - reach, column + reach + 1)
        amount[around] += np.float32(strength) * inside.astype(np.float32)


def _freckled(position: Map, landmarks: npt.NDArray[np.float32]) -> Map:
    """Returns how likely freckles are: the bridge of the nose and the cheeks, less so the forehead."""
    cheeks = [(landmarks[31 + shift] + landmarks[corner]) / 2 for shift, corner in ((0, 1), (4, 15))]
    parts = [0.9 * blob(position, cheek, (0.028, 0.020, 0.06)) for cheek in cheeks]
    parts += [blob(position, landmarks[29], (0.016, 0.016, 0.04))]
    parts += [0.35 * blob(position, landmarks[27] + (0, 0.035, 0), (0.05, 0.025, 0.06))]
    return np.asarray(np.clip(np.max(parts, axis=0) + 0.06, 0, 1), dtype=np.float32)


def _sown(shape: tuple[int, ...]) -> tuple[Map, Map]:
    """Returns freckles all over: the rank of each texel's freckle in [0, 1), and how deep in it the texel lies."""
    random = generator(0, PURPOSE_SOWN)
    rank, profile = np.zeros(shape, dtype=np.float32), np.zeros(shape, dtype=np.float32)
    reach = 3
    y, x = np.mgrid[-reach : reach + 1, -reach : reach + 1]
    for _ in range(SOWN):
        row, column = (int(random.integers(reach, size - reach)) for size in shape)
        dy, dx = random.uniform(-0.5, 0.5, 2)
        radius = float(np.clip(random.lognormal(-0.15, 0.35), 0.5, 1.7))
        inside = np.exp(-((x - dx) ** 2 + (y - dy) ** 2) / radius**2).astype(np.float32)
        around = slice(row - reach, row + reach + 1), slice(column - reach, column + reach + 1)
        deeper = inside > profile[around]
        rank[around][deeper] = random.uniform()
        profile[around][deeper] = inside[deeper]
    return rank, profile
