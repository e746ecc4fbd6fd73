"""Where heads and eyes point: counts on the whole grid of directions that a data set may want, not only where it is."""

from typing import Any

import numpy as np
import numpy.typing as npt

Angles = npt.NDArray[np.floating[Any]]

YAW_EDGES = np.arange(-90, 91, 15)
PITCH_EDGES = np.arange(-45, 46, 15)
ROLL_EDGES = np.arange(-30, 31, 10)
GAZE_EDGES = np.arange(-40, 41, 10)
"""Degrees; what lies beyond the last edges counts in the outermost cell."""

TURNED = (15, 30, 45, 60)
"""Degrees of yaw beyond which faces are counted, to either side."""


def head_directions(head_pose: Angles) -> dict[str, Any]:
    """Returns how many heads face where.

    Args:
        head_pose: (N, 3) yaw, pitch, roll in radians.

    Returns:
        ``n``; ``yaw_edges_deg``, ``pitch_edges_deg`` and ``yaw_pitch`` (rows are yaw); ``cells`` of that grid and how
        many of them are ``occupied``; ``turned``, faces beyond some degrees of yaw; ``percentiles_deg``, the 5th and
        95th of each angle; ``roll_edges_deg`` and ``roll``.
    """
    yaw, pitch, roll = np.degrees(np.asarray(head_pose, dtype=np.float64)).T
    joint = _joint(yaw, pitch, YAW_EDGES, PITCH_EDGES)
    return {
        "n": len(yaw),
        "yaw_edges_deg": YAW_EDGES.tolist(),
        "pitch_edges_deg": PITCH_EDGES.tolist(),
        "yaw_pitch": joint.tolist(),
        "cells": int(joint.size),
        "occupied": int(np.count_nonzero(joint)),
        "turned": {str(limit): int(np.count_nonzero(np.abs(yaw) > limit)) for limit in TURNED},
        "percentiles_deg": {
            name: np.percentile(angle, [5, 95]).tolist()
            for name, angle in (("yaw", yaw), ("pitch", pitch), ("roll", roll))
        },
        "roll_edges_deg": ROLL_EDGES.tolist(),
        "roll": _counts(roll, ROLL_EDGES),
    }


def gaze_directions(gaze: Angles) -> dict[str, Any]:
    """Returns how many pairs of eyes look where, relative to the head, from (N, 2) yaw and pitch in radians."""
    yaw, pitch = np.degrees(np.asarray(gaze, dtype=np.float64)).T
    return {
        "n": len(yaw),
        "edges_deg": GAZE_EDGES.tolist(),
        "yaw": _counts(yaw, GAZE_EDGES),
        "pitch": _counts(pitch, GAZE_EDGES),
        "percentiles_deg": {
            name: np.percentile(angle, [5, 95]).tolist() for name, angle in (("yaw", yaw), ("pitch", pitch))
        },
    }


def _counts(values: npt.NDArray[np.float64], edges: npt.NDArray[np.int64]) -> list[int]:
    return [int(count) for count in np.histogram(np.clip(values, edges[0], edges[-1]), edges)[0]]


def _joint(
    across: npt.NDArray[np.float64],
    up: npt.NDArray[np.float64],
    across_edges: npt.NDArray[np.int64],
    up_edges: npt.NDArray[np.int64],
) -> npt.NDArray[np.int64]:
    points = np.clip(across, *across_edges[[0, -1]]), np.clip(up, *up_edges[[0, -1]])
    return np.histogramdd(points, (across_edges, up_edges))[0].astype(np.int64)
