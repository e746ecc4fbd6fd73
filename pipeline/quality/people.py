"""Section: groups of people by skin tone, age and sex."""

from typing import Any

import numpy as np

from faceset.gates import Check, Gates, held
from faceset.groups import group_rows, groupings, smallest_share
from pipeline.quality.sets import OpenedSet
from render.age import BANDS

SEED = 5


def people(one: OpenedSet, codes: tuple[str, ...], gates: Gates) -> tuple[dict[str, Any] | None, list[Check]]:
    """Returns a table of each grouping; None where nobody knows who the people are, as of photographs."""
    if one.drawn is None:
        return None, []
    measures = {
        "active": one.active(codes).sum(axis=1).astype(np.float64),
        "luma": one.looks.features.mean,
    }
    tables = {
        each.name: group_rows(each, one.people, measures, SEED)
        for each in groupings(one.drawn.tone, one.drawn.years, one.drawn.female)
    }
    return tables, [] if one.source.part or one.source.kind != "rendered" else [_gate(tables, gates)]


def _gate(tables: dict[str, Any], gates: Gates) -> Check:
    drawn_ages = [row["group"] for row in tables["age"] if _is_drawn(row["group"])]
    least = [
        smallest_share(tables["skin tone"], [row["group"] for row in tables["skin tone"]]),
        smallest_share(tables["age"], drawn_ages),
        smallest_share(tables["sex"], [row["group"] for row in tables["sex"]]),
    ]
    name, share = min(least, key=lambda each: each[1].value or 0.0)
    detail = f"{name} is the smallest group: {share.value or 0.0:.1%} of the people"
    return held(
        gates, "min_group_share", "smallest_group", share.value or 0.0, detail, "people: balanced in params.yaml"
    )


def _is_drawn(band: str) -> bool:
    """Returns True for bands of ages that some people are drawn from: adults."""
    first = band.removeprefix("under ").split()[0]
    return not band.startswith("under") and BANDS[0][0] <= float(first) < BANDS[-1][1]
