"""Strokes: what the skin does along a line when an Action Unit acts, read from ``wrinkles.yaml`` and drawn.

A stroke is data with its evidence: a line in the canonical frame (``render.canonical``), what the skin does along it,
and the Action Units that make it.
"""

import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from typing import Any

import numpy as np
import numpy.typing as npt
import yaml

from facs.action_units import action_unit
from render.appearance.noise import generator, smoothstep
from render.errors import RecipeError

Array = npt.NDArray[np.float64]

POLYLINE = 2.5
"""Length of the straight pieces of which a curve is made, millimetres."""

PURPOSE_GRAIN = 7


@dataclass(frozen=True)
class Stroke:
    """What the skin does along one line.

    Attributes:
        name: unique.
        units: Action Units that make it; with several, the product of their activations.
        line: (n, 2) points on the person's left, millimetres in the canonical frame; a smooth curve runs through them.
        shape: "furrow", "bulge" or "grain".
        width: of the furrow at half its depth, of the bulge at half its height, or of the grainy area, millimetres.
        depth: of the furrow, height of the bulge or of the grain at activation 1 in skin of middle age, millimetres.
        across: True if the line starts at the midline and runs on to the other side.
        lips: height of the folds left and right of a furrow, seen along the line, as shares of its depth.
        fade: share of the line over which it rises from nothing at its start and at its end.
        response: exponent of the activation.
        ageing: how much the depth depends on the age of the skin, in [0, 1].
        eased: Action Units that flatten it, and by how much at activation 1.
        cells: size of the grain across and down, millimetres.
        fan: point from which the grain radiates, or None for an upright grain.
    """

    name: str
    units: tuple[str, ...]
    line: Array
    shape: str
    width: float
    depth: float
    across: bool = False
    lips: tuple[float, float] = (0.35, 0.35)
    fade: tuple[float, float] = (0.3, 0.3)
    response: float = 1.3
    ageing: float = 0.5
    eased: tuple[tuple[str, float], ...] = ()
    cells: tuple[float, float] = (2.0, 2.0)
    fan: tuple[float, float] | None = None

    @property
    def sides(self) -> tuple[str, ...]:
        """The sides on which it is drawn: "L" and "R", or "" at once for a line across that no side makes alone."""
        return ("L", "R") if any(action_unit(code).sided for code in self.units) or not self.across else ("",)


def _stroke(name: str, units: str, entry: Mapping[str, Any]) -> Stroke:
    listed = {key: tuple(entry[key]) for key in ("lips", "fade", "cells", "fan") if key in entry}
    eased = tuple((action_unit(code).code, float(amount)) for code, amount in entry.get("eased", {}).items())
    line, codes = np.array(entry["line"], dtype=np.float64), tuple(action_unit(code).code for code in units.split("+"))
    stroke = Stroke(name, codes, **{**entry, **listed, "line": line, "eased": eased})
    if stroke.shape not in SHAPES or line.ndim != 2 or line.shape[1] != 2:
        raise RecipeError(f"wrinkle {name!r}: expected a line of points and one of {', '.join(SHAPES)}")
    return stroke


@lru_cache
def strokes() -> tuple[Stroke, ...]:
    """Returns every stroke of ``wrinkles.yaml``.

    Raises:
        RecipeError: an entry is malformed.
        UnknownActionUnitError: an entry names an Action Unit that FACS does not have.
    """
    tree = yaml.safe_load((files("render.appearance") / "wrinkles.yaml").read_text(encoding="utf-8"))
    return tuple(_stroke(name, units, entry) for units, part in tree.items() for name, entry in part["strokes"].items())


def _furrow(stroke: Stroke, away: Array, along: Array, place: Array) -> Array:
    """Returns a valley with a sharp floor between two rounded folds."""
    taper = 0.6 + 0.4 * _faded(stroke, along)
    x = away / (stroke.width / 2 * taper)
    valley = np.exp(0.35 - np.sqrt((0.85 * x) ** 2 + 0.35**2))
    left, right = stroke.lips
    folds = np.exp(-(((np.abs(x) - 2.6) / 1.3) ** 2)) * np.where(x > 0, left, right)
    return np.asarray((folds - valley) * smoothstep(5.5, 3.5, np.abs(x)))


def _bulge(stroke: Stroke, away: Array, along: Array, place: Array) -> Array:
    x = np.abs(away) / (stroke.width / 2)
    return np.asarray(np.exp(-0.69 * x**2) * smoothstep(2.6, 1.6, x))


def _grain(stroke: Stroke, away: Array, along: Array, place: Array) -> Array:
    """Returns pits, or lines if the cells are long, within an area around the line."""
    x, y = place[..., 0], place[..., 1]
    if stroke.fan is not None:
        middle = stroke.line.mean(axis=0) - stroke.fan
        x = np.arctan2(x - stroke.fan[0], np.abs(y - stroke.fan[1])) * np.hypot(*middle)
    noise = _noise(stroke, x / stroke.cells[0], y / stroke.cells[1])
    inside = smoothstep(1.0, 0.4, np.abs(away) / (stroke.width / 2))
    return np.asarray(-(np.clip(0.45 + 0.55 * noise, 0, 1) ** 2) * inside)


def _noise(stroke: Stroke, column: Array, row: Array) -> Array:
    """Returns smooth noise in about [-1, 1] at places counted in cells."""
    from scipy.ndimage import map_coordinates

    random = generator(zlib.crc32(stroke.name.encode()), PURPOSE_GRAIN)
    return np.asarray(map_coordinates(random.uniform(-1, 1, (64, 64)), [row, column], order=3, mode="grid-wrap"))


SHAPES = {"furrow": _furrow, "bulge": _bulge, "grain": _grain}
"""Profile of each shape by the signed distance from the line (positive to its left) and the place along it."""

REACH = {"furrow": 2.75, "bulge": 1.3, "grain": 0.5}
"""How far from its line each shape reaches, in widths."""


def _faded(stroke: Stroke, along: Array) -> Array:
    start, end = (max(share, 1e-6) for share in stroke.fade)
    return np.asarray(smoothstep(0, start, along) * smoothstep(1, 1 - end, along), dtype=np.float64)


def drawn(stroke: Stroke, place: npt.NDArray[np.floating[Any]]) -> Array:
    """Returns the height of one stroke at canonical places (..., 2), metres; of both its sides if it runs across."""
    line = stroke.line
    if stroke.across:
        line = np.concatenate([(line * (-1, 1))[:0:-1] if line[0, 0] == 0 else (line * (-1, 1))[::-1], line])
    places = np.asarray(place, dtype=np.float64)
    away, along = _from_line(_smooth(line), places)
    profile = SHAPES[stroke.shape](stroke, away, along, places)
    return np.asarray(stroke.depth / 1000 * profile * _faded(stroke, along))


def _smooth(line: Array) -> Array:
    """Returns points close together on the smooth curve through the points of a line."""
    from scipy.interpolate import make_interp_spline

    lengths = np.concatenate([[0.0], np.cumsum(np.linalg.norm(np.diff(line, axis=0), axis=1))])
    curve = make_interp_spline(lengths, line, k=min(3, len(line) - 1))
    return np.asarray(curve(np.linspace(0, lengths[-1], max(2, round(lengths[-1] / POLYLINE)))))


def _from_line(line: Array, place: Array) -> tuple[Array, Array]:
    """Returns the signed distance (positive left of the line) and the relative arc length of the nearest point."""
    step = np.diff(line, axis=0).astype(np.float32)
    lengths = np.linalg.norm(step, axis=1)
    x, y = (place[..., axis, None].astype(np.float32) - line[:-1, axis].astype(np.float32) for axis in (0, 1))
    t = np.clip((x * step[:, 0] + y * step[:, 1]) / lengths**2, 0, 1)
    squared = (x - t * step[:, 0]) ** 2 + (y - t * step[:, 1]) ** 2
    nearest = squared.argmin(axis=-1)[..., None]
    x, y, t, squared = (np.take_along_axis(values, nearest, axis=-1)[..., 0] for values in (x, y, t, squared))
    nearest = nearest[..., 0]
    left = step[nearest, 0] * y >= step[nearest, 1] * x
    along = ((np.cumsum(lengths) - lengths)[nearest] + t * lengths[nearest]) / lengths.sum()
    return np.sqrt(squared) * np.where(left, 1, -1), along
