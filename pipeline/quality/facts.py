"""Everything that the page says, gathered once: the page and report.json are two views of it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from faceset.coverage import ACTIVE
from faceset.gates import Check, Quality, worst_status
from facs.intensity import KNOTS, LETTERS
from pipeline.quality.apart import apart
from pipeline.quality.audited import audited
from pipeline.quality.cells import cells
from pipeline.quality.counts import counts
from pipeline.quality.divided import Linking, divided
from pipeline.quality.fill import Fill
from pipeline.quality.intensities import intensities
from pipeline.quality.merged import merged
from pipeline.quality.people import people
from pipeline.quality.pixels import pixels
from pipeline.quality.refused import refused
from pipeline.quality.reproduce import reproduce
from pipeline.quality.sets import Broken, OpenedSet

SCHEMA = "facsmith-quality/1"
MOST_CODES = 17
"""AUs that are described where nobody says which: those that most faces show."""


@dataclass(frozen=True)
class Asked:
    """What the page is made for.

    Attributes:
        title: heading.
        limits: section ``quality`` of the params.
        codes: AUs that the params ask for; () for those that the sets show.
        linking: how merging splits people.
        drawn_with: what the params say of each set, by name.
        quarantine: folder of what was refused; None for none.
        indices: merge indices whose choice is told.
        command: that writes the page.
        settings: sections of the params that decide what is on the page.
    """

    title: str
    limits: Quality
    codes: tuple[str, ...]
    linking: Linking
    command: str
    drawn_with: Mapping[str, Fill] = field(default_factory=dict)
    quarantine: Path | None = None
    indices: Sequence[Path] = ()
    settings: Mapping[str, Any] = field(default_factory=dict)


def facts(asked: Asked, sets: Sequence[OpenedSet], broken: Sequence[Broken]) -> dict[str, Any]:
    """Returns the whole of report.json as plain values; its layout is described in docs/quality.md."""
    codes, gates = asked.codes or shown_codes(sets), asked.limits.gates
    opened: tuple[Broken | OpenedSet, ...] = (*broken, *sets)
    checks = [(each.source.name.name, check) for each in opened for check in each.checks]
    described: dict[str, Any] = {}
    for one in sets:
        named = bool(asked.codes) and not one.source.part
        units, shown = intensities(one, codes, gates, named)
        grid, full = cells(one, codes, asked.limits, asked.drawn_with.get(one.key, Fill()))
        groups, balanced = people(one, codes, gates)
        checks += [(one.key, check) for check in (*shown, *full, *balanced)]
        described[one.key] = {
            "labels": units,
            "coverage": dict(one.covered),
            "cells": grid,
            "groups": groups,
            "pixels": pixels(one),
        }
    found, more = _across(asked, sets, codes)
    checks += [("all sets", check) for check in more]
    return {
        "schema": SCHEMA,
        "title": asked.title,
        "status": worst_status([check for _, check in checks]),
        "scale": {"letters": list(LETTERS), "from": list(KNOTS[1:]), "active_from": ACTIVE},
        "codes": list(codes),
        "gates": _rows(checks),
        "sets": [counts(one) for one in sets],
        "unreadable": [each.source.name.name for each in broken],
        "described": described,
        **found,
        "reproduce": reproduce(asked.command, asked.limits, asked.settings),
    }


def shown_codes(sets: Sequence[OpenedSet]) -> tuple[str, ...]:
    """Returns the AUs that faces show, in the order of the labels, the most frequent of them where they are many."""
    if not sets:
        return ()
    times = dict.fromkeys(sets[0].faces.au_codes, 0)
    for one in sets:
        for code, column in one.covered["action_units"]["by_code"].items():
            if code in times:
                times[code] += column["known"] - column["zero"]
    kept = sorted((code for code in times if times[code]), key=lambda code: -times[code])[:MOST_CODES]
    return tuple(code for code in times if code in kept)


def _across(asked: Asked, sets: Sequence[OpenedSet], codes: tuple[str, ...]) -> tuple[dict[str, Any], list[Check]]:
    """Returns the sections about several sets."""
    if not sets:
        return {"leakage": None, "drift": None, "audit": None, "quarantine": None, "merged": []}, []
    gates = asked.limits.gates
    leakage, leaking = divided(sets, asked.linking, gates)
    drift, drifting = apart(sets[0], sets[1], codes, gates) if len(sets) > 1 else (None, [])
    audit, wrong = audited(sets, codes, gates)
    sections = {
        "leakage": leakage,
        "drift": drift,
        "audit": audit,
        "quarantine": refused(asked.quarantine, len(sets[0].faces)),
        "merged": [merged(path) for path in asked.indices],
    }
    return sections, [*leaking, *drifting, *wrong]


def _rows(checks: Sequence[tuple[str, Check]]) -> list[dict[str, Any]]:
    """Returns the gates, what failed first, then what warns."""
    order = {"fail": 0, "warn": 1, "pass": 2}
    rows = [{"set": name, **check.as_dict()} for name, check in checks]
    return sorted(rows, key=lambda row: order[row["status"]])
