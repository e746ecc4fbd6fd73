"""Section: how far two sets lie apart, in both directions."""

from typing import Any

import numpy as np
import numpy.typing as npt

from faceset.drift import INTENSITY_EDGES, drift, pattern_cover, pooled_edges
from faceset.gates import Check, Gates, held
from faceset.two_samples import told_apart
from pipeline.quality.sampled import sampled
from pipeline.quality.sets import OpenedSet

MOST_FACES = 4_000
"""Faces of each set that the classifier is tried on, drawn at random: its interval is then about ±.01."""

SEED = 3
Floats = npt.NDArray[np.float64]


def apart(
    first: OpenedSet, second: OpenedSet, codes: tuple[str, ...], gates: Gates
) -> tuple[dict[str, Any], list[Check]]:
    """Returns the drift of labels, of pictures and of directions, and what a classifier makes of the pictures."""
    (one, one_known), (other, other_known) = first.labels(codes), second.labels(codes)
    units = {
        code: drift(one[one_known[:, k], k], other[other_known[:, k], k], INTENSITY_EDGES)
        for k, code in enumerate(codes)
    }
    seen = {
        name: drift(values, others, pooled_edges(values, others))
        for name, (values, others) in _measures(first, second).items()
    }
    both = pattern_cover(first.active(codes), second.active(codes)) if codes else (None, None)
    facts: dict[str, Any] = {
        "sets": [first.key, second.key],
        "units": {code: found for code, found in units.items() if found is not None},
        "seen": {name: found for name, found in seen.items() if found is not None},
        "expressions": {"covered_first": both[0], "covered_second": both[1]},
        "told_apart": _told_apart(first, second),
    }
    facts["kl"] = _means(facts["units"])
    return facts, _checks(facts, gates)


def _measures(first: OpenedSet, second: OpenedSet) -> dict[str, tuple[Floats, Floats]]:
    """Returns what can be compared of every face of both sets: pixels, and directions where both know them."""
    names = {"luma": "mean", "contrast": "deviation", "sharpness": "sharpness", "information": "entropy"}
    found = {
        title: (getattr(first.looks.features, name), getattr(second.looks.features, name))
        for title, name in names.items()
    }
    angles = [one.faces.labels("head_pose") for one in (first, second) if "head_pose" in one.faces.channels]
    if len(angles) == 2:
        for column, title in enumerate(("yaw", "pitch", "roll")):
            found[title] = (_degrees(angles[0][:, column]), _degrees(angles[1][:, column]))
    return found


def _degrees(angle: npt.NDArray[Any]) -> Floats:
    return np.asarray(np.degrees(angle.astype(np.float64)))


def _told_apart(first: OpenedSet, second: OpenedSet) -> dict[str, Any]:
    rows = [sampled(len(one.faces), MOST_FACES) for one in (first, second)]
    features = [_features(one, row) for one, row in zip((first, second), rows, strict=True)]
    found = told_apart(features[0], features[1], (first.people[rows[0]], second.people[rows[1]]), SEED)
    return {**found.as_dict(), "n": [len(row) for row in rows], "features": features[0].shape[1]}


def _features(one: OpenedSet, rows: npt.NDArray[np.int64]) -> Floats:
    """Returns cheap features of images: four of the luma, and the mean of each ninth of the picture."""
    looks = one.looks.features
    ninths = looks.thumbnail[rows, 1:31, 1:31].reshape(len(rows), 3, 10, 3, 10).mean(axis=(2, 4)).reshape(len(rows), 9)
    luma = [looks.mean[rows], looks.deviation[rows], np.log1p(looks.sharpness[rows]), looks.entropy[rows]]
    return np.concatenate([np.stack(luma, axis=1), ninths], axis=1)


def _means(units: dict[str, Any]) -> dict[str, float] | None:
    if not units:
        return None
    return {
        name: float(np.mean([found[name] for found in units.values()]))
        for name in ("kl_first", "kl_second", "covered_first", "covered_second", "js", "psi")
    }


def _checks(facts: dict[str, Any], gates: Gates) -> list[Check]:
    checks = []
    if facts["units"]:
        worst = max(facts["units"], key=lambda code: facts["units"][code]["psi"])
        detail = f"{worst} differs most between {facts['sets'][0]} and {facts['sets'][1]}"
        advice = "expressions: natural, fitted to the photographs (facsmith fit-expressions), brings the labels nearer"
        checks.append(held(gates, "max_intensity_psi", "intensity_drift", facts["units"][worst]["psi"], detail, advice))
    area = facts["told_apart"]["value"]
    if area is not None:
        detail = f"a simple classifier tells {facts['sets'][0]} from {facts['sets'][1]} with an area of {area:.2f}"
        advice = "compare light, background and camera effects of the two sets"
        checks.append(held(gates, "max_told_apart", "told_apart", area, detail, advice))
    return checks
