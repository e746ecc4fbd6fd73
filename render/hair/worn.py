"""Scalp hair on a person: curves carried from the average head to the person's, as ribbons."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from faceset.spec import Appearance
from render.appearance.noise import generator, smoothstep
from render.hair.growth import Grown
from render.hair.hairdo import STRAY, Dresser
from render.hair.ribbons import Ribbons, ribbons, strip_uv
from render.hair.skull import Carrier, Points
from render.hair.style import Style
from render.kernels.placing import normalised
from render.kernels.ribbons import rooted
from render.neck import Neck, share_at

PURPOSE = 7
ROOT_FADE = 0.03
"""Arc length over which what the way to another head leaves of a root's error fades, metres."""

ROLL = 0.35
"""Standard deviation of how far ribbons are turned about their length, radians."""

INNERMOST = 0.30
"""Light that reaches the hair next to the skin, relative to the outside."""


@dataclass(frozen=True)
class Worn:
    """Scalp hair of one person, model frame.

    Attributes:
        ribbons: its triangles.
        curves: (n, P, 3) from root to tip, metres.
        root: (n,) of the scalp's roots; ``STRAY`` for what hangs from other hair.
        width: (n,) of each ribbon, metres.
        openness: (V,) ambient light per vertex of the ribbons.
        share: (V, 1) how far each vertex follows the shoulders.
    """

    ribbons: Ribbons
    curves: Points
    root: npt.NDArray[np.int64]
    width: Points
    openness: npt.NDArray[np.float32]
    share: Points


def worn(
    style: Style, person: Appearance, grown: Grown, neutral: Points, carrier: Carrier, dresser: Dresser, neck: Neck
) -> Worn:
    """Returns the hair that has grown on the average head, on the head of a person with vertices (V, 3)."""
    curves = _rooted(grown, carrier.carried(grown.points, neutral), neutral, dresser)
    random = generator(person.texture_seed, PURPOSE)
    count = len(curves)
    roll = (ROLL + 0.9 * (style.lift > 0.85)) * random.standard_normal(count)
    uv = strip_uv(random.uniform(0, 1, count), curves.shape[1])
    strips = ribbons(curves, grown.outward, grown.width, roll, uv, style.blunt)
    return Worn(
        strips,
        curves,
        grown.root,
        grown.width,
        np.repeat(_openness(grown).ravel(), 2).astype(np.float32),
        share_at(np.repeat(grown.points[..., 1].ravel(), 2), (neck.ends[0] + 0.02, neck.ends[1] - 0.06)),
    )


def _rooted(grown: Grown, carried: Points, neutral: Points, dresser: Dresser) -> Points:
    """Returns carried curves (n, P, 3) moved so that they begin on the person's skin."""
    mine = grown.root != STRAY
    error = np.zeros((len(carried), 3))
    error[mine] = dresser.scalp.on(neutral, grown.root[mine]) - carried[mine, 0]
    return rooted(carried, error, ROOT_FADE)


def _openness(grown: Grown) -> Points:
    """Returns the (n, P) light at points of curves: less at the roots and deep inside, and under the jaw."""
    count = grown.points.shape[1]
    along = np.linspace(0, 1, count)
    root = 0.55 + 0.45 * smoothstep(0.0, 0.35, along)
    inside = INNERMOST + (1 - INNERMOST) * grown.depth
    return np.asarray(np.clip(root * np.maximum(inside, 0.55 * root), 0.05, 1.0))


def posed(hair: Worn, neck: Neck, head_pose: tuple[float, float, float]) -> tuple[Points, Points]:
    """Returns vertices and normals (V, 3) in the frame of a turned head: what hangs low follows the shoulders."""
    vertices = neck.bent_by(hair.share, hair.ribbons.vertices, head_pose, neck.joint)
    return vertices, normalised(neck.bent_by(hair.share, hair.ribbons.normals, head_pose, np.zeros(3)))
