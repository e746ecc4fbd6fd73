"""Lashes: curves rooted on the margins of the lids, which they follow when an eye closes."""

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import numpy.typing as npt
from scipy.spatial import cKDTree

from faceset.spec import Appearance
from render.appearance.noise import generator
from render.hair.growth import unit
from render.hair.riding import Riding, Rooting, bowed
from render.hair.scalp import scattered
from render.hair.skull import Points
from render.kernels.ribbons import ball_frames

PURPOSE = 8
UPPER, LOWER = 30, 18
"""Lashes per lid that are drawn: each stands for three to five."""

LENGTHS = {"upper": (0.0050, 0.0050), "lower": (0.0032, 0.0022)}
"""Length at ``Appearance.lashes`` 0, and what 1 adds, metres. Upper lashes of adults are some 8 to 12 mm long."""

NEAR, FRONT = 0.006, 0.25
"""How near its margin the edge of a lid is looked for, metres, and how far forward its skin looks there at least."""

CANDIDATES = 6000
BARE = 0.06
"""Share of a lid's width at either corner that has no lashes."""


@dataclass(frozen=True, eq=False)
class LidRooting(Rooting):
    """Places on lids, whose axes turn about the eyeball as the lids do.

    Attributes:
        balls: the vertices of each eyeball.
        ball: (n,) which of them each root belongs to.
    """

    balls: tuple[npt.NDArray[np.int64], ...]
    ball: npt.NDArray[np.int64]

    def frames(self, vertices: Points) -> Points:
        """Returns the (n, 3, 3) unit axes: level along the lid, up the eyeball, and away from its middle."""
        centres = np.stack([vertices[ball].mean(axis=0) for ball in self.balls])
        return ball_frames(self.place(vertices), centres[self.ball])


@dataclass(frozen=True, eq=False)
class Lids:
    """The margins of the lids of one face model.

    Attributes:
        roots: where lashes root, upper and lower, left and right.
        upper: (n,) whether they root on the upper lid.
        fan: (n,) -1 at the left end of an eye (the viewer's left) to 1 at the right.
        average: (V, 3) the average face.
    """

    roots: Rooting
    upper: npt.NDArray[np.bool_]
    fan: Points
    average: Points

    @classmethod
    def of(
        cls,
        average: Points,
        faces: npt.NDArray[np.int32],
        rings: dict[str, npt.NDArray[np.int64]],
        balls: dict[str, npt.NDArray[np.int64]],
    ) -> "Lids":
        """Returns the lids of skin triangles (F, 3) whose margins and eyeballs have given vertices, by side."""
        parts = [_edge(average, faces, rings[side]) for side in balls]
        corners, weights, upper, fan = (np.concatenate(each) for each in zip(*parts, strict=True))
        ball = np.repeat(np.arange(len(parts)), [len(part[0]) for part in parts])
        return cls(LidRooting(corners, weights, tuple(balls.values()), ball), upper, fan, average)

    def grown(self, person: Appearance) -> Riding:
        """Returns a person's lashes."""
        random = generator(person.texture_seed, PURPOSE)
        count = len(self.upper)
        draws = random.uniform(-1, 1, (count, 3))
        upper, lower = (low + gain * person.lashes for low, gain in LENGTHS.values())
        size = np.asarray(np.where(self.upper, upper, lower), dtype=np.float64)
        long = size * (1 - 0.25 * self.fan**2) * (1 + 0.15 * draws[:, 0])
        fan = 0.55 * self.fan + 0.12 * draws[:, 1]
        # Upper lashes set out forward and a little down and curl up; lower ones set out down.
        rise = np.where(self.upper, -0.15, -0.50) + 0.08 * draws[:, 2]
        way = unit(np.column_stack([fan, rise, np.full(count, 0.85)]))
        bend = np.column_stack([0.2 * fan, np.where(self.upper, 0.55, -0.10), np.full(count, -0.15)])
        facing = np.column_stack([np.zeros(count), np.where(self.upper, 1.0, -1.0), np.full(count, 0.5)])
        width = np.where(self.upper, 0.00070, 0.00045) * (0.7 + 0.6 * person.lashes)
        curves = bowed(way, bend, long, 4)
        return Riding.grown(self.roots, self.average, curves, unit(facing), width, random.uniform(0, 1, count))


def _edge(
    average: Points, faces: npt.NDArray[np.int32], ring: npt.NDArray[np.int64]
) -> tuple[npt.NDArray[np.int32], Points, npt.NDArray[np.bool_], Points]:
    """Returns corners, weights, whether upper and place across of the roots on the lids of one eye.

    The edge of a lid is where its front ends, seen from before the eye; the margin behind it faces the other lid.
    """
    near = faces[cKDTree(average[ring]).query(average[faces].mean(axis=1))[0] < NEAR]
    corners, weights = scattered(average, near, CANDIDATES)
    normal = Rooting(corners, weights).frames(average)[:, 2]
    corners, weights = corners[normal[:, 2] > FRONT], weights[normal[:, 2] > FRONT]
    place = np.einsum("nk,nkd->nd", weights, average[corners])
    x = average[ring, 0]
    left, right = average[ring[np.argmin(x)]], average[ring[np.argmax(x)]]
    share = (place[:, 0] - left[0]) / (right[0] - left[0])
    above = place[:, 1] - (left[1] + share * (right[1] - left[1]))
    chosen, upper = [], []
    for count, side in ((UPPER, 1.0), (LOWER, -1.0)):
        stops = np.linspace(BARE, 1 - BARE, count + 1)
        for low, high in pairwise(stops):
            here = np.flatnonzero((share > low) & (share < high) & (side * above > 0))
            if len(here):
                chosen.append(here[np.argmin(side * above[here])])
                upper.append(side > 0)
    which = np.array(chosen)
    return corners[which], weights[which], np.array(upper), 2 * share[which] - 1
