"""Section: whether labels agree with what landmarks do, and the faces whose labels agree least."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from faceset.gates import Check, Gates, held
from faceset.label_audit import Motion, audit, motion_of, turn_terms, worst
from pipeline.quality.sampled import sampled
from pipeline.quality.sets import OpenedSet

BELIEVED = 0.7
"""Rank correlation on exact labels from which a reading may accuse a label."""

MOVES = 0.02
"""Of the distance between the outer eye corners, about 2 mm: AUs that move landmarks by less are not judged by them."""

MOST_FACES = 20_000
"""Faces of a set that are audited, drawn at random."""

WORST = 8

Indices = npt.NDArray[np.int64]


def audited(sets: Sequence[OpenedSet], codes: tuple[str, ...], gates: Gates) -> tuple[dict[str, Any], list[Check]]:
    """Returns per set how its labels agree with landmarks, and its worst faces; gates judge exact labels alone.

    How landmarks move is learnt from the first rendered set; sets that are not rendered are read with it.
    """
    able = [one for one in sets if "landmarks" in one.faces.channels and one.source.part != "test"]
    exact = [one for one in able if one.source.kind == "rendered" and "head_pose" in one.faces.channels]
    facts: dict[str, Any] = {"taught_by": exact[0].key if exact else None, "believed": BELIEVED, "sets": {}}
    if not exact or not codes:
        return facts, []
    motion = _motion(exact[0], codes)
    taught: dict[str, Any] = {}
    for one in [*exact, *(one for one in able if one not in exact)]:
        found = _of_set(one, codes, None if one in exact else motion, taught)
        taught = taught or found["units"]
        if found["units"]:
            facts["sets"][one.key] = found
    return facts, [
        check for one in exact if one.key in facts["sets"] and not one.source.part for check in _gate(one, facts, gates)
    ]


def _of_set(one: OpenedSet, codes: tuple[str, ...], motion: Motion | None, taught: dict[str, Any]) -> dict[str, Any]:
    rows = _rows(one)
    au, known = one.labels(codes)
    units, off = audit(_landmarks(one, rows), au[rows], known[rows], _turns(one, rows), one.people[rows], codes, motion)
    reliable = taught or units
    believed = np.array([_value(reliable, code) >= BELIEVED for code in codes])
    face, column = worst(off, believed, WORST)
    keys = one.faces.labels("sample_key")
    return {
        "faces": len(rows),
        "units": units,
        "worst": [
            {
                "key": str(keys[rows[row]]),
                "row": int(rows[row]),
                "code": codes[k],
                "label": float(au[rows[row], k]),
                "off": float(off[row, k]),
            }
            for row, k in zip(face.tolist(), column.tolist(), strict=True)
        ],
    }


def _motion(one: OpenedSet, codes: tuple[str, ...]) -> Motion:
    rows = _rows(one)
    au, _ = one.labels(codes)
    return motion_of(_landmarks(one, rows), au[rows], _turns(one, rows), one.people[rows], codes)


def _rows(one: OpenedSet) -> Indices:
    return sampled(len(one.faces), MOST_FACES)


def _landmarks(one: OpenedSet, rows: Indices) -> npt.NDArray[np.float64]:
    return np.asarray(one.faces.labels("landmarks")[rows], dtype=np.float64)


def _turns(one: OpenedSet, rows: Indices) -> npt.NDArray[np.float64]:
    if "head_pose" not in one.faces.channels:
        return np.zeros((len(rows), 5))
    return turn_terms(one.faces.labels("head_pose")[rows])


def _value(units: dict[str, Any], code: str) -> float:
    return float(units[code]["correlation"]["value"] or 0.0) if code in units else 0.0


def _gate(one: OpenedSet, facts: dict[str, Any], gates: Gates) -> list[Check]:
    units = {code: each for code, each in facts["sets"][one.key]["units"].items() if each["reach"] >= MOVES}
    if not units:
        return []
    least = min(units, key=lambda code: _value(units, code))
    detail = f"{least} agrees least with the landmarks, of {len(units)} AUs that move them"
    advice = "look at the worst faces on the page; check the AU's recipe in render/rigs and the labels' sides"
    return [held(gates, "min_label_agreement", "label_agreement", _value(units, least), detail, advice)]
