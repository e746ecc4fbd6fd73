"""Groups of people: how many of each tone, age and sex there are, and whether their faces show and look alike."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
import numpy.typing as npt

from faceset.demography import AGE_EDGES, TONES
from faceset.intervals import Interval, mean_over_people, wilson

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Grouping:
    """One way to divide people: its name, the names of the groups, and the group of each face, (N,); -1 unknown."""

    name: str
    groups: tuple[str, ...]
    place: Integers


def groupings(tone: Floats, years: Floats, female: Floats) -> tuple[Grouping, ...]:
    """Returns the groups by tone, age and sex of faces, (N,) each; NaN where nobody knows."""
    bands = [f"{low} to {high - 1} years" for low, high in pairwise(AGE_EDGES[1:-1])]
    ages = (f"under {AGE_EDGES[1]} years", *bands, f"{AGE_EDGES[-2]} years and over")
    age = np.searchsorted(np.array(AGE_EDGES[1:-1]), np.nan_to_num(years), side="right")
    return (
        Grouping("skin tone", tuple(f"Monk {tone}" for tone in TONES), _known(tone, np.nan_to_num(tone) - 1)),
        Grouping("age", ages, _known(years, age)),
        Grouping("sex", ("male", "female"), _known(female, np.nan_to_num(female))),
    )


def group_rows(
    grouping: Grouping, people: Integers, measures: dict[str, Floats], seed: int = 0
) -> list[dict[str, Any]]:
    """Returns a row for each group: people and their share with Wilson's interval, faces, and means over people.

    Args:
        grouping: of the faces.
        people: number of the person of each face, (N,).
        measures: per face, (N,); means with bootstrap intervals over people.
        seed: of the draws.
    """
    known = grouping.place >= 0
    total = len(np.unique(people[known]))
    rows = []
    for number, name in enumerate(grouping.groups):
        mine = grouping.place == number
        count = len(np.unique(people[mine]))
        rows.append(
            {
                "group": name,
                "people": count,
                "share": wilson(count, total).as_dict(),
                "faces": int(mine.sum()),
                **{
                    key: mean_over_people(values[mine], people[mine], seed).as_dict()
                    for key, values in measures.items()
                },
            }
        )
    return rows


def smallest_share(rows: Sequence[dict[str, Any]], asked: Sequence[str]) -> tuple[str, Interval]:
    """Returns the group that has the smallest share of the people, of those that are asked for, and that share."""
    counted = [row for row in rows if row["group"] in asked]
    least = min(counted, key=lambda row: row["people"])
    return str(least["group"]), Interval(**least["share"])


def _known(values: Floats, place: npt.NDArray[Any]) -> Integers:
    return np.asarray(np.where(np.isfinite(values), place, -1), dtype=np.int64)
