"""The pictures of the page: a random choice of each set, and the examples that report.json names."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from pipeline.quality.sampled import sampled
from pipeline.quality.sets import OpenedSet
from pipeline.report.pictures import Picture, picture

SHOWN = 24
SIDE = 72
"""Pixels of a face on the page; the file stays small with hundreds of them."""

_STRONGEST = 2


def sheets(sets: Sequence[OpenedSet], facts: Mapping[str, Any]) -> dict[str, Any]:
    """Returns by kind and set the pictures that the page shows."""
    described = facts["described"]
    audit = (facts["audit"] or {}).get("sets", {})
    return {
        "sheets": {one.key: _choice(one) for one in sets},
        "issues": {
            one.key: {
                name: _examples(one, issue["examples"], lambda entry: f"{entry['value']:.3g}")
                for name, issue in described[one.key]["pixels"]["issues"].items()
            }
            for one in sets
        },
        **{
            kind: {
                one.key: [_examples(one, group, _key) for group in described[one.key]["pixels"][kind]["named"]]
                for one in sets
            }
            for kind in ("duplicates", "near_duplicates")
        },
        "worst": {one.key: _examples(one, audit[one.key]["worst"], _label) for one in sets if one.key in audit},
    }


def _choice(one: OpenedSet) -> list[Picture]:
    rows = sampled(len(one.faces), SHOWN)
    au, known = one.faces.labels("au")[rows], one.faces.labels("au_known")[rows] != 0
    labels = [_strongest(one.faces.au_codes, *each) for each in zip(au, known, strict=True)]
    return [
        picture(image, f"face: {label}", label, SIDE)
        for image, label in zip(one.faces.images(rows), labels, strict=True)
    ]


def _examples(one: OpenedSet, entries: Sequence[Mapping[str, Any]], caption: Any) -> list[Picture]:
    if not entries:
        return []
    images = one.faces.images(np.array([entry["row"] for entry in entries]))
    return [
        picture(image, f"face {entry['key']}: {caption(entry)}", caption(entry), SIDE)
        for image, entry in zip(images, entries, strict=True)
    ]


def _key(entry: Mapping[str, Any]) -> str:
    return str(entry["key"])


def _label(entry: Mapping[str, Any]) -> str:
    side = "above" if entry["off"] > 0 else "below"
    return f"{entry['code']} {entry['label']:.2f}, {abs(entry['off']):.1f} {side}"


def _strongest(codes: Sequence[str], au: Any, known: Any) -> str:
    if not known.any():
        return "AUs unknown"
    order = np.argsort(-au * known, kind="stable")[:_STRONGEST]
    shown = [f"{codes[k]}\u00a0{au[k]:.2f}" for k in order if known[k] and au[k] >= 0.005]
    return " ".join(shown) or "neutral"
