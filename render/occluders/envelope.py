"""A smooth surface around points: the shape of things that are worn."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.ndimage import gaussian_filter, map_coordinates

from render.kernels.occluders import filled, highest, spread

Points = npt.NDArray[np.float64]

TURNS, STEPS = 120, 60
"""Cells around and along."""

EMPTY_ROUNDS = 12


@dataclass(frozen=True)
class Envelope:
    """How far points lie from a centre in each direction, never less than that.

    Attributes:
        radius: (STEPS, TURNS) largest distance in each cell, metres.
        low: where the first row begins.
        step: height of a row.
    """

    radius: Points
    low: float
    step: float

    def at(self, turn: Points, along: Points) -> Points:
        """Returns the radius (...) at azimuths (...), 0 in front and positive to the left, and rows ``along`` (...)."""
        column = (np.asarray(turn) / (2 * np.pi) % 1.0) * TURNS - 0.5
        row = np.clip((np.asarray(along) - self.low) / self.step - 0.5, 0, STEPS - 1)
        return np.asarray(map_coordinates(self.radius, [row, column], order=1, mode="grid-wrap", prefilter=False))

    def placed(self, turn: Points, elevation: Points, away: float) -> Points:
        """Returns points (..., 3) at azimuths and elevations (...), ``away`` outside an envelope around a centre."""
        return np.asarray((self.at(turn, elevation) + away)[..., None] * directed(turn, elevation))


def directed(turn: Points, elevation: Points) -> Points:
    """Returns the (..., 3) unit vectors of azimuths and elevations (...), radians."""
    flat = np.cos(elevation)
    return np.stack([np.sin(turn) * flat, np.sin(elevation), np.cos(turn) * flat], axis=-1)


def elevation_of(point: Points) -> float:
    """Returns how high a point (3,) is seen from the origin, radians."""
    return float(np.arctan2(point[1], np.hypot(point[0], point[2])))


def around_centre(points: Points, smooth: float) -> Envelope:
    """Returns the envelope of points (n, 3) around the origin; its rows are elevations, radians.

    Args:
        points: head's frame, metres.
        smooth: standard deviation of the smoothing, cells of 3 degrees.
    """
    x, y, z = points.T
    flat = np.hypot(x, z)
    ends = (-np.pi / 2, np.pi / 2)
    return _envelope(np.arctan2(x, z), np.arctan2(y, flat), np.hypot(flat, y), ends, smooth, poles=True)


def _envelope(
    turn: Points,
    along: Points,
    radius: Points,
    ends: tuple[float, float],
    smooth: float,
    poles: bool = False,
    sparse: bool = False,
) -> Envelope:
    step = (ends[1] - ends[0]) / STEPS
    column = np.floor(turn / (2 * np.pi) % 1.0 * TURNS).astype(int) % TURNS
    row = np.clip(((along - ends[0]) / step).astype(int), 0, STEPS - 1)
    table = np.zeros((STEPS, TURNS))
    highest(table, row, column, np.ascontiguousarray(radius))
    if poles:  # cells around a pole are narrower than points lie apart
        table[:2], table[-2:] = table[:2].max(), table[-2:].max()
    table = spread(filled(table, EMPTY_ROUNDS))
    table = spread(table) if sparse else table
    return Envelope(_smooth_above(table, smooth), ends[0], step)


def _smooth_above(table: Points, smooth: float) -> Points:
    """Returns a smoothed table that is nowhere below the table."""
    out = table
    for _ in range(4):
        out = np.maximum(gaussian_filter(out, smooth, mode=("nearest", "wrap")), table)
    return out


def around_axis(points: Points, ends: tuple[float, float], smooth: float) -> Envelope:
    """Returns the envelope of points (n, 3) around the upright axis; its rows are heights between two ends, metres."""
    x, y, z = points[(points[:, 1] > ends[0]) & (points[:, 1] < ends[1])].T
    return _envelope(np.arctan2(x, z), y, np.hypot(x, z), ends, smooth, sparse=True)
