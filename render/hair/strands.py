"""Single hairs: what a path tracer draws instead of ribbons. Each ribbon stands for a lock of them."""

import numpy as np

from faceset.spec import Appearance
from render.appearance.noise import generator
from render.hair.growth import unit
from render.hair.ribbons import Single
from render.hair.skull import Points
from render.hair.texture import lock_rgb
from render.scene import Strands

PURPOSE = 11
THICK = 0.35
"""Thickness of a lock as a share of its width."""

FRIZZ = 0.0035
"""Standard deviation of the coils of the curliest hair, metres."""

STRAY = 0.30
"""How far single hairs leave their lock, as a share of its width."""


def strands(vertices: Single, normals: Single, points: int, person: Appearance, hairs: int, radius: float) -> Strands:
    """Returns the hairs of ribbons.

    Args:
        vertices: (n * points * 2, 3) of the ribbons, in their order; any frame, metres.
        normals: of the same vertices.
        points: of each ribbon's curve.
        person: whose hair it is.
        hairs: of each lock.
        radius: of a hair at its root, metres.
    """
    random = generator(person.texture_seed, PURPOSE)
    edges = vertices.reshape(-1, points, 2, 3).astype(np.float64)
    outward = unit(normals.reshape(-1, points, 2, 3).astype(np.float64).sum(axis=2))
    left, across = edges[:, :, 0], edges[:, :, 1] - edges[:, :, 0]
    width = np.linalg.norm(across, axis=-1).max(axis=1)[:, None, None, None]
    share = (np.arange(hairs) + random.uniform(0, 1, (len(edges), hairs))) / hairs
    middle = left[:, None] + share[..., None, None] * across[:, None]
    round_off = THICK * (0.5 - 2 * (share - 0.5) ** 2 + 0.5 * random.uniform(-1, 1, share.shape))
    along = np.linspace(0, 1, points)[None, None, :, None]
    stray = STRAY * random.normal(0, 0.5, (*share.shape, 1, 3)) * np.sqrt(along) * (1 - 0.3 * along)
    lifted = round_off[..., None, None] * np.minimum(1, 4 * along) * outward[:, None]
    curves = smoothed((middle + width * (lifted + stray)).reshape(-1, points, 3))
    # Coils are finer than a ribbon's points: hairs tremble from point to point instead.
    trembling = FRIZZ * person.hair_curl**2 * np.minimum(1, 3 * np.linspace(0, 1, curves.shape[1]))
    curves += trembling[:, None] * random.normal(0, 1, curves.shape)
    taper = radius * np.linspace(1.0, 0.35, curves.shape[1])
    rgb = lock_rgb(person, len(curves), random)
    return Strands(curves.astype(np.float32), taper.astype(np.float32), rgb)


def smoothed(curves: Points) -> Points:
    """Returns curves (n, P, 3) as (n, 2 P - 1, 3): a point between each two, as Catmull and Rom (1974) place it."""
    before = np.concatenate([2 * curves[:, :1] - curves[:, 1:2], curves[:, :-2]], axis=1)
    after = np.concatenate([curves[:, 2:], 2 * curves[:, -1:] - curves[:, -2:-1]], axis=1)
    between = (9 * (curves[:, :-1] + curves[:, 1:]) - before - after) / 16
    out = np.empty((len(curves), 2 * curves.shape[1] - 1, 3))
    out[:, ::2], out[:, 1::2] = curves, between
    return out
