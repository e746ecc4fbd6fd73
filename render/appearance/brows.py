"""Brows: single hairs in the direction in which they grow, over a faint shadow."""

from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from faceset.spec import Appearance
from render.appearance.colour import hair_rgb
from render.appearance.noise import generator, smoothstep
from render.appearance.texels import Map, Pixels, Window, laid_over, polyline_maps, window_of
from render.scene import SEGMENT

PURPOSE_BROW = 2
FINER = 4
"""Hairs are drawn this many times finer than the texture, and then averaged."""

SUBPIXEL = 3
"""Bits of a hair's place below one fine pixel."""

FEWEST, MORE = 110, 230
"""Hairs of the faintest brow, and how many more the bushiest has."""

LEAN = ((0.0, 0.15, 0.4, 0.7, 1.0), (1.25, 0.85, 0.5, 0.2, -0.05))
"""How steeply hairs rise from the brow's line, radians, by the place along it: upright at the nose."""

CONVERGE = 0.7
"""By how much hairs at the upper edge lean down and those at the lower edge up, radians."""


@dataclass(frozen=True)
class Brow:
    """Where one brow may lie.

    Attributes:
        window: the texels around it.
        along: (h, w) place along the brow, 0 at its inner end and 1 at its outer.
        across: (h, w) distance from its line, metres.
        above: (h, w) 1 over the line and -1 under it.
        outwards: (2,) columns and rows of one step along the brow, of unit length.
    """

    window: Window
    along: Map
    across: Map
    above: Map
    outwards: npt.NDArray[np.float64]

    @classmethod
    def of(cls, position: Map, line: npt.NDArray[np.float64], front: float) -> "Brow":
        """Returns the brow along landmarks (5, 2), from the inner end outwards."""
        along, across = polyline_maps(position, line, front, extended=True)
        window = window_of((across < 0.012) & (along > -0.3) & (along < 1.3))
        height = np.interp(along[window], np.linspace(0, 1, len(line)), line[:, 1])
        above = np.where(position[window][..., 1] > height, 1, -1).astype(np.float32)
        side = np.sign(line[-1, 0] - line[0, 0])
        # A texture's columns run with +X (``render.appearance.atlas``).
        return cls(window, along[window], across[window], above, np.array([side, 0.0]))

    def body(self, appearance: Appearance) -> Map:
        """Returns (h, w) how far inside a person's brow the texels lie, in [0, 1]."""
        thickness = half_height(appearance.brow_density) * profile(self.along).astype(np.float32)
        body = smoothstep(1.25, 0.6, self.across / thickness)
        return np.asarray(body * smoothstep(-0.08, 0.16, self.along) * smoothstep(1.1, 0.8, self.along))


class Brows:
    """The brows of one model.

    Attributes:
        widest: (T, T) bool, where the bushiest brows lie.
    """

    def __init__(self, position: Map, landmarks: npt.NDArray[np.float32], front: float) -> None:
        lines = {"right": landmarks[17:22][::-1], "left": landmarks[22:27]}
        self._brows = {side: Brow.of(position, at[:, :2].astype(np.float64), front) for side, at in lines.items()}
        self.widest = np.zeros(position.shape[:2], dtype=bool)
        for brow in self._brows.values():
            self.widest[brow.window] |= brow.body(Appearance(brow_density=1.0)) > 0

    def add(self, albedo: Pixels, segments: Pixels, appearance: Appearance) -> None:
        """Paints a person's brows and their segments."""
        random = generator(appearance.texture_seed, PURPOSE_BROW)
        density = appearance.brow_density
        colour = hair_rgb(min(1.0, appearance.hair_melanin + 0.12), appearance.hair_redness)
        colour = colour + np.float32(0.45 * appearance.hair_grey) * (
            np.array((0.27, 0.25, 0.22), dtype=np.float32) - colour
        )
        for side, brow in self._brows.items():
            body = brow.body(appearance)
            hairs = _hairs(brow, body, random, density)
            share = 1 - (1 - (0.22 + 0.34 * density) * body) * (1 - np.minimum(1, (0.75 + 0.5 * density) * hairs))
            laid_over(albedo, colour, np.clip(share, 0, 0.95).astype(np.float32), brow.window)
            segments[brow.window][body > 0.5] = SEGMENT[f"{side}_brow"]


def _hairs(brow: Brow, body: Map, random: np.random.Generator, density: float) -> Map:
    """Returns (h, w) the share of each texel that a person's hairs cover."""
    total = np.cumsum(body.ravel())
    count = FEWEST + round(MORE * density)
    root = np.searchsorted(total, random.uniform(0, total[-1], count)).clip(0, body.size - 1)
    row, column = np.divmod(root, body.shape[1])
    start = np.stack([column, row], axis=1) + random.uniform(0, 1, (count, 2))
    lean = np.interp(brow.along.flat[root], *LEAN) + random.normal(0, 0.16, count)
    lean -= CONVERGE * brow.above.flat[root] * np.minimum(1, brow.along.flat[root].clip(0) * 3)
    length = (4.0 + 4.0 * density) * random.uniform(0.6, 1.2, count)
    step = length[:, None] * np.stack([np.cos(lean) * brow.outwards[0], -np.sin(lean)], axis=1)
    # Rooted a third of the way back, so that the brow stays where its body is.
    lines = np.stack([start - step / 3, start + step / 3, start + 2 * step / 3], axis=1)
    canvas = np.zeros([FINER * side for side in body.shape], dtype=np.uint8)
    fine = np.round(lines * FINER * (1 << SUBPIXEL)).astype(np.int32)
    cv2.polylines(canvas, list(fine), False, 255, 1, cv2.LINE_AA, SUBPIXEL)
    coverage = cv2.resize(canvas, body.shape[::-1], interpolation=cv2.INTER_AREA).astype(np.float32) / 255
    return np.asarray(np.minimum(1, 1.35 * coverage) * (body > 0.02))


def half_height(density: float) -> float:
    """Returns half the height of a brow of some density at its full inner half, metres."""
    return 0.0022 + 0.0024 * density


def profile(along: npt.NDArray[np.floating[Any]]) -> npt.NDArray[np.float64]:
    """Returns the relative height of a brow at places along it: full at the inner half, thinning to the outer end."""
    return np.interp(along, (-0.1, 0.0, 0.3, 0.65, 1.0), (0.75, 0.85, 1.05, 0.9, 0.35))
