"""Section: images that are hard to learn from, and images that are there twice."""

from typing import Any

import numpy as np

from faceset.issues import Issue
from pipeline.quality.sets import OpenedSet

SHOWN = 6
"""Examples of an issue, and groups of duplicates, that the page shows."""

BINS = 24


def pixels(one: OpenedSet) -> dict[str, Any]:
    """Returns every issue with its examples, and the groups of equal and similar images."""
    looks, keys = one.looks, one.faces.labels("sample_key")
    height, width, _ = one.faces.image_shape
    return {
        "size": [width, height],
        "issues": {name: _issue(issue, keys) for name, issue in looks.issues.items()},
        "duplicates": {"images": looks.repeated, "groups": len(looks.exact), "named": _named(looks.exact, keys)},
        "near_duplicates": {"images": looks.alike, "groups": len(looks.near), "named": _named(looks.near, keys)},
    }


def _issue(issue: Issue, keys: Any) -> dict[str, Any]:
    known = issue.measure[np.isfinite(issue.measure)]
    found = int(issue.found.sum())
    rows = [int(row) for row in issue.worst[: max(1, min(SHOWN, found))] if np.isfinite(issue.measure[row])]
    low, high = (float(known.min()), float(known.max())) if len(known) else (0.0, 1.0)
    edges = np.linspace(low, high if high > low else low + 1.0, BINS + 1)
    return {
        "rule": issue.rule,
        "unit": issue.unit,
        "known": len(known),
        "found": found,
        "median": float(np.median(known)) if len(known) else None,
        "edges": edges.tolist(),
        "counts": np.histogram(known, edges)[0].tolist(),
        "examples": [{"key": str(keys[row]), "row": row, "value": float(issue.measure[row])} for row in rows],
    }


def _named(groups: Any, keys: Any) -> list[list[dict[str, Any]]]:
    return [[{"key": str(keys[row]), "row": int(row)} for row in group[:4]] for group in groups[:SHOWN]]
