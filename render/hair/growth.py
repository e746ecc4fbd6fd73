"""Grows hair: one curve for each clump, from its root on the average head's scalp along the way it is combed."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from render.appearance.noise import smoothstep
from render.hair.skull import Points, Skull
from render.hair.style import Style
from render.kernels.growth import Comb, Habit, grown

STEPS, FEW_STEPS = 24, 12
"""Points of a curve while it grows; those of short hair, which bends less."""

SHORT = 0.12
"""Length up to which hair is short, metres."""

CROWN = np.array([0.008, 0.786, 0.005])
"""The whorl, on the side of the parting."""

FRONT = np.array([0.0, 0.752, 0.150])
"""Where a parting begins: before the forehead, so that no hair at its end is combed forward."""

FRINGE_END = 0.716
"""Height at which a fringe ends: over the brows."""


@dataclass(frozen=True)
class Grown:
    """Hair as curves on the average head.

    Attributes:
        points: (n, P, 3) from root to tip, metres.
        outward: (n, P, 3) unit vectors away from the head.
        depth: (n, P) 0 next to the skin to 1 at the outside of the hair.
        root: (n,) index of the scalp's root; -1 for what hangs from other hair.
        width: (n,) of each clump, metres.
    """

    points: Points
    outward: Points
    depth: Points
    root: npt.NDArray[np.int64]
    width: Points


@dataclass(frozen=True)
class Roots:
    """Where curves begin: (n, 3) ``place`` and ``normal`` on the average head, and (n,) ``inside`` the hairline."""

    place: Points
    normal: Points
    inside: Points


def unit(vectors: Points) -> Points:
    """Returns vectors (..., 3) of length 1."""
    return np.asarray(vectors / np.maximum(np.sqrt(dot(vectors, vectors)), 1e-9)[..., None])


def dot(one: Points, other: Points) -> Points:
    """Returns the scalar products (...) of vectors (..., 3)."""
    return np.asarray(one[..., 0] * other[..., 0] + one[..., 1] * other[..., 1] + one[..., 2] * other[..., 2])


def comb(style: Style, side: float) -> Comb:
    """Returns which way a style is combed; ``side`` is 1 for a parting on the left."""
    if style.gather is not None:
        return Comb(True, (0.0, *style.gather), (0.0, 0.0, 0.0), 0.0, (0.0, 0.0, 0.0))
    start, end = np.array([side, 1, 1]) * CROWN, np.array([side, 1, 1]) * CROWN
    if style.parting is not None:
        start = FRONT + np.array([side * style.parting, 0.0, 0.0])
        end = CROWN * (0, 1, 1) + np.array([0.6 * side * style.parting, 0.0, 0.0])
    across, up, forward = style.sweep
    sweep = (-side * across, float(up), float(forward))
    return Comb(False, _triple(start), _triple(end - start), float(style.away), sweep)


def _triple(place: Points) -> tuple[float, float, float]:
    x, y, z = place.tolist()
    return x, y, z


def lengths(style: Style, roots: Roots, hair_length: float, draws: Points) -> Points:
    """Returns the (n,) lengths of curves, metres: longer on top, finer at the hairline.

    Args:
        style: the style.
        roots: of the curves.
        hair_length: of the person, 0.5 gives the style's own.
        draws: (n,) in [0, 1].
    """
    height = smoothstep(0.695, 0.750, roots.place[:, 1])
    nape = 0.55 + 0.45 * smoothstep(0.62, 0.68, roots.place[:, 1]) if style.cut <= 0 and style.gather is None else 1.0
    own = style.sides * nape + (style.top - style.sides) * height
    edge = 0.55 + 0.45 * smoothstep(0.0, 0.015, roots.inside) if style.fall <= 0 else 1.0
    return np.asarray(own * edge * (0.65 + 0.7 * hair_length) * (0.82 + 0.3 * draws))


def grow(style: Style, roots: Roots, length: Points, side: float, draws: Points, skull: Skull) -> Points:
    """Returns the (n, S, 3) curves that grow from roots.

    Args:
        style: how it is combed.
        roots: where.
        length: (n,) of each, metres.
        side: 1 for a parting on the person's left, -1 on the right.
        draws: (n, 3) in about [-1, 1]: how single clumps differ.
        skull: what it must not enter.
    """
    # Steps are short at first, where the curve follows the head.
    steps = FEW_STEPS if max(style.top, style.sides) < SHORT else STEPS
    pace = np.linspace(0.3, 1.7, steps - 1) / (steps - 1)
    habit = Habit(float(style.fuzz), float(style.lift), float(style.volume), float(style.fall), style.fringe)
    place, normal, draws = (np.ascontiguousarray(values) for values in (roots.place, roots.normal, draws))
    return grown(skull.grid, comb(style, side), habit, place, normal, length, draws, pace)


def inner(count: int) -> npt.NDArray[np.bool_]:
    """Returns which of so many clumps are broad and lie under the others, so that no skin shines through."""
    return np.asarray(np.arange(count) % 4 == 0)
