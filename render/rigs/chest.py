"""The chest below the bust: face models end at the shoulders, pictures of lowered heads do not."""

from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt

from render.face_basis import PARTS, FaceBasis

DOWN, OUTWARDS = 0.30, 0.45
"""How far the chest reaches below the bust, metres, and how much wider it is than the bust's edge."""


def with_chest(basis: FaceBasis, collar: float) -> FaceBasis:
    """Returns the face model with its lower edge drawn out to a chest that moves with that edge.

    Args:
        basis: the face model as its adapter read it.
        collar: height at which clothes begin, metres; edges below it are the bust's.
    """
    skin = basis.faces_of("skin")
    edges = _open_edges(skin)
    edges = edges[(basis.template[edges, 1] < collar).all(axis=1)]
    rim = np.unique(edges)
    start = len(basis.template)
    new = np.full(start, -1)
    new[rim] = start + np.arange(len(rim))
    a, b = edges.T
    added = np.concatenate([np.stack([b, a, new[a]], axis=1), np.stack([b, new[a], new[b]], axis=1)])
    return replace(
        basis,
        template=np.concatenate([basis.template, _lowered(basis.template[rim])]),
        faces=np.concatenate([basis.faces, added.astype(np.int32)]),
        part=np.concatenate([basis.part, np.full(len(added), PARTS.index("skin"), dtype=np.uint8)]),
        macro=_like_rim(basis.macro, rim),
        local=_like_rim(basis.local, rim),
        action=_like_rim(basis.action, rim),
        lip=np.concatenate([basis.lip, basis.lip[rim]]),
        openness=np.concatenate([basis.openness, basis.openness[rim]]),
        canonical=np.concatenate([basis.canonical, basis.canonical[rim]]),
        **_textured(basis, rim, added, new),
    )


def _open_edges(faces: npt.NDArray[np.int32]) -> npt.NDArray[np.int64]:
    """Returns the (E, 2) directed edges that belong to one triangle alone."""
    edges = np.concatenate([faces[:, [0, 1]], faces[:, [1, 2]], faces[:, [2, 0]]]).astype(np.int64)
    _, first, count = np.unique(np.sort(edges, axis=1), axis=0, return_index=True, return_counts=True)
    return np.asarray(edges[first[count == 1]])


def _lowered(rim: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    middle = rim.mean(axis=0)
    out = rim + (rim - middle) * np.array([OUTWARDS, 0.0, 0.2], dtype=np.float32)
    out[:, 1] = rim[:, 1].min() - DOWN
    return np.asarray(out, dtype=np.float32)


def _like_rim(deltas: npt.NDArray[np.float32], rim: npt.NDArray[np.int64]) -> npt.NDArray[np.float32]:
    return np.concatenate([deltas, deltas[..., rim, :]], axis=-2)


def _textured(
    basis: FaceBasis, rim: npt.NDArray[np.int64], added: npt.NDArray[np.int64], new: npt.NDArray[np.int64]
) -> dict[str, Any]:
    """Returns the texture layout with the chest: every new vertex has the colour of the edge above it."""
    texture_vertex = np.full(len(new) + len(rim), -1)
    texture_vertex[basis.skin_index[::-1]] = np.arange(len(basis.skin_index))[::-1]
    texture_vertex[new[rim]] = len(basis.skin_index) + np.arange(len(rim))
    return {
        "skin_index": np.concatenate([basis.skin_index, new[rim].astype(np.int32)]),
        "skin_uv": np.concatenate([basis.skin_uv, basis.skin_uv[texture_vertex[rim]]]),
        "skin_faces": np.concatenate([basis.skin_faces, texture_vertex[added].astype(np.int32)]),
    }
