"""What a set of faces covers: counts and histograms as plain values, for reports to draw."""

from collections import Counter
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from faceset.channels import Array
from faceset.circumstances import circumstances, worn
from faceset.directions import gaze_directions, head_directions
from faceset.image_features import ImageFeatures, image_features
from faceset.label_quality import accuracy, levels
from faceset.loading import ShardSet
from faceset.spec import SampleSpec
from faceset.visibility import visibility

ACTIVE = 0.2
"""An AU counts as active from this activation on: letter B of the scale in ``facs.intensity``."""

_POSE_LIMIT = np.pi / 2


def coverage(
    faces: ShardSet,
    num_bins: int = 10,
    specs: Sequence[SampleSpec] | None = None,
    features: ImageFeatures | None = None,
) -> dict[str, Any]:
    """Returns what the faces cover, as values that JSON can hold.

    Keys: ``num_samples``, ``sources``, ``identities``, ``action_units``, ``co_occurrence``, ``asymmetry``,
    ``brightness`` and ``levels``; where faces have them, ``head_pose`` and ``directions``, ``gaze`` and
    ``visibility``; and with specifications ``accuracy`` and ``circumstances``.

    Args:
        faces: the set.
        num_bins: of each histogram.
        specs: what each face was drawn with, in the order of the faces; None where nobody knows, as of photographs.
        features: of the images, where they have been measured before.
    """
    report = {
        "num_samples": len(faces),
        "sources": _counts(faces.labels("source")),
        "identities": _identities(faces.labels("identity")),
        "action_units": au_histograms(faces, num_bins),
        "co_occurrence": co_occurrence(faces),
        "asymmetry": asymmetry(faces),
        "brightness": brightness_histogram(features or image_features(faces), num_bins),
        "levels": levels(faces),
    }
    having = faces.has("head_pose")
    if having.any():
        head_pose = faces.subset(having).labels("head_pose")
        report |= {"head_pose": pose_histogram(head_pose, num_bins), "directions": head_directions(head_pose)}
    if faces.has("gaze").any():
        report["gaze"] = gaze_directions(faces.subset(faces.has("gaze")).labels("gaze"))
    if "au_visible" in faces.channels:
        report["visibility"] = visibility(faces)
    return report | ({} if specs is None else drawn_coverage(faces, specs))


def drawn_coverage(faces: ShardSet, specs: Sequence[SampleSpec]) -> dict[str, Any]:
    """Returns what specifications alone say of their faces: accuracy, circumstances, gaze, visibility by occluder."""
    truth = np.array([spec.expression.vector(faces.au_codes) for spec in specs])
    hidden = {"visibility": visibility(faces, [worn(spec) for spec in specs])} if "au_visible" in faces.channels else {}
    return {
        **hidden,
        "accuracy": accuracy(faces, truth),
        "circumstances": circumstances(specs),
        "gaze": gaze_directions(np.array([spec.gaze for spec in specs])),
    }


def brightness_histogram(features: ImageFeatures, num_bins: int = 10) -> dict[str, Any]:
    """Returns how bright the images are: counts of their mean luma between ``edges``, and its mean."""
    edges = np.linspace(0.0, 1.0, num_bins + 1)
    luma = features.mean
    return {"edges": edges.tolist(), "counts": np.histogram(luma, edges)[0].tolist(), "mean": float(luma.mean())}


def au_histograms(faces: ShardSet, num_bins: int = 10) -> dict[str, Any]:
    """Returns per AU: number known, number exactly 0, mean, and counts over (0, 1] between ``edges``."""
    edges = np.linspace(0.0, 1.0, num_bins + 1)
    au, known = faces.labels("au"), faces.labels("au_known").astype(bool)
    columns = {code: _histogram(au[known[:, k], k], edges) for k, code in enumerate(faces.au_codes)}
    return {"edges": edges.tolist(), "by_code": columns}


def co_occurrence(faces: ShardSet, active: float = ACTIVE) -> dict[str, Any]:
    """Returns how often AUs are active together.

    ``together[i][j]`` counts the faces in which both are known and active, ``known[i][j]`` those in which both are
    known: their quotient is the share; unknown AUs count in neither.
    """
    # Products of floating-point numbers run in BLAS; counts below 2**53 are exact.
    known = faces.labels("au_known").astype(np.float64)
    acting = (faces.labels("au") >= active) * known
    return {
        "codes": list(faces.au_codes),
        "active_from": active,
        "together": (acting.T @ acting).astype(np.int64).tolist(),
        "known": (known.T @ known).astype(np.int64).tolist(),
    }


def asymmetry(faces: ShardSet) -> dict[str, Any]:
    """Returns per AU, over the faces that know it: mean of left minus right, mean and maximum of its absolute value."""
    difference = faces.labels("au_left").astype(np.float64) - faces.labels("au_right")
    known = faces.labels("au_known").astype(bool)
    return {code: _spread(difference[known[:, k], k]) for k, code in enumerate(faces.au_codes)}


def pose_histogram(head_pose: Array, num_bins: int = 10) -> dict[str, Any]:
    """Returns how many heads face where.

    Args:
        head_pose: (N, 3) yaw, pitch, roll in radians; beyond a quarter turn they count in the outermost bin.
        num_bins: of yaw and of pitch.

    Returns:
        ``edges`` (rad), ``yaw_pitch`` (rows are yaw, columns pitch), and the counts ``yaw``, ``pitch``, ``roll``.
    """
    edges = np.linspace(-_POSE_LIMIT, _POSE_LIMIT, num_bins + 1)
    yaw, pitch, roll = np.clip(head_pose.astype(np.float64), -_POSE_LIMIT, _POSE_LIMIT).T
    joint = np.histogramdd((yaw, pitch), (edges, edges))[0].astype(np.int64)
    return {
        "edges": edges.tolist(),
        "yaw_pitch": joint.tolist(),
        "yaw": joint.sum(axis=1).tolist(),
        "pitch": joint.sum(axis=0).tolist(),
        "roll": np.histogram(roll, edges)[0].tolist(),
    }


def _histogram(values: Array, edges: npt.NDArray[np.float64]) -> dict[str, Any]:
    positive = values[values > 0]
    return {
        "known": len(values),
        "zero": int(len(values) - len(positive)),
        "mean": float(values.mean(dtype=np.float64)) if len(values) else None,
        "counts": np.histogram(positive, edges)[0].tolist(),
    }


def _spread(values: npt.NDArray[np.float64]) -> dict[str, float | None]:
    if not len(values):
        return {"mean": None, "mean_absolute": None, "largest": None}
    size = np.abs(values)
    return {"mean": float(values.mean()), "mean_absolute": float(size.mean()), "largest": float(size.max())}


def _counts(names: Array) -> dict[str, int]:
    return dict(sorted(Counter(names.tolist()).items()))


def _identities(names: Array) -> dict[str, float]:
    counts = np.unique(names, return_counts=True)[1]
    return {
        "number": len(counts),
        "fewest_faces": int(counts.min()),
        "median_faces": float(np.median(counts)),
        "most_faces": int(counts.max()),
    }
