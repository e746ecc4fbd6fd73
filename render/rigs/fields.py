"""Movements that no shape of a face model makes, as fields over the canonical face: data in a recipe, built here.

A recipe lists them under ``fields``, each with its kind and millimetres. Seen from the front: x to the side (away from
the midline), y up, z towards the viewer.
"""

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from render.canonical import canonical_68
from render.errors import RecipeError
from render.face_basis import PARTS, FaceBasis

Delta = npt.NDArray[np.float64]
MILLIMETRE = 0.001
FRONT = 0.05
"""Skin and lips further behind the eyes than this are not part of the face; metres."""


def field_delta(basis: FaceBasis, field: Mapping[str, Any], side: str) -> Delta:
    """Returns the (V, 3) displacement of one field at activation 1, metres.

    Args:
        basis: the face model.
        field: its kind and numbers.
        side: "L", "R" or "" for both sides.

    Raises:
        RecipeError: the kind or its numbers are unknown.
    """
    numbers = dict(field)
    kind = numbers.pop("kind", None)
    if kind not in FIELDS:
        raise RecipeError(f"unknown field {kind!r} in a recipe; known: {', '.join(FIELDS)}")
    try:
        return FIELDS[kind](basis, side, **numbers)
    except TypeError as error:
        raise RecipeError(f"field {kind}: {error}") from error


def _push(basis: FaceBasis, side: str, at: list[float], radius: float, move: list[float]) -> Delta:
    """A soft bump: vertices around a place move together, less with distance (a raised cosine that ends at radius)."""
    x, y = basis.canonical[:, 0].astype(np.float64), basis.canonical[:, 1].astype(np.float64)
    delta = np.zeros((len(x), 3))
    for sign in {"L": (1,), "R": (-1,), "": (1, -1) if at[0] else (1,)}[side]:
        distance = np.hypot(x - sign * at[0], y - at[1]) / radius
        weight = np.where(distance < 1, 0.5 + 0.5 * np.cos(np.pi * np.minimum(distance, 1)), 0.0) * _in_front(basis)
        delta += weight[:, None] * np.array([sign * move[0], move[1], move[2]]) * MILLIMETRE
    return delta


def _narrow(basis: FaceBasis, side: str, red: float, corners: float, reach: float, forward: float = 0.0) -> Delta:
    """The lips draw together: towards the line of the mouth by the share ``red``, corners inwards by ``corners``.

    Fades over ``reach`` beyond the lips; ``forward`` moves the line of the mouth towards the viewer.
    """
    del side
    places = basis.canonical.astype(np.float64)
    line = _mouth_line(places[:, 0])
    marks = canonical_68()
    half_width, half_height = marks[54, 0], (marks[51, 1] - marks[57, 1]) / 2
    ring = np.hypot(places[:, 0] / (half_width + reach), (places[:, 1] - line) / (half_height + reach))
    weight = np.where(ring < 1, (1 - np.minimum(ring, 1) ** 2) ** 2, 0.0) * _in_front(basis)
    delta = np.zeros((len(places), 3))
    delta[:, 0] = -corners * weight * places[:, 0]
    delta[:, 1] = -red * weight * (places[:, 1] - line)
    delta[:, 2] = forward * weight
    return delta * MILLIMETRE


def _shift(basis: FaceBasis, side: str, part: str, move: list[float], behind: float = 0.0) -> Delta:
    """A part moves: its tip by ``move``, its root by the share ``behind`` of that."""
    del side
    used = np.unique(basis.faces_of(part))
    depth = basis.template[used, 2].astype(np.float64)
    forward = (depth - depth.min()) / max(float(np.ptp(depth)), 1e-9)
    delta = np.zeros((len(basis.template), 3))
    delta[used] = (behind + (1 - behind) * forward)[:, None] * np.array(move) * MILLIMETRE
    return delta


def _mouth_line(x: Delta) -> Delta:
    marks = canonical_68()
    inner = marks[[60, 61, 62, 63, 64]] / 2 + marks[[60, 67, 66, 65, 64]] / 2
    ends = np.vstack([marks[48], inner, marks[54]])
    return np.asarray(np.interp(x, ends[:, 0], ends[:, 1]))


def _in_front(basis: FaceBasis) -> npt.NDArray[np.bool_]:
    """Returns which vertices are skin or mouth, and lie on the front of the head."""
    eyes = basis.template[np.unique(basis.faces_of("eye_socket")), 2].max()
    soft = np.zeros(len(basis.template), dtype=bool)
    soft[np.unique(basis.faces[np.isin(basis.part, [PARTS.index("skin"), PARTS.index("mouth_cavity")])])] = True
    return np.asarray(soft & (basis.template[:, 2] > eyes - FRONT))


FIELDS: dict[str, Callable[..., Delta]] = {"push": _push, "narrow": _narrow, "shift": _shift}
"""Kinds of fields by the name that recipes use."""
