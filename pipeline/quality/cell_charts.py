"""Drawings of the coverage grid and of groups of people."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from pipeline.quality.marks import Facts, colour_of, heat, intervals
from pipeline.report.drawing import Drawing, drawing


def grid(facts: Facts, key: str) -> tuple[Drawing, ...]:
    """Returns a drawing for each AU that some face shows: yaw across, light and tone down; empty cells are outlined."""
    found = facts["described"][key]["cells"]
    (first, across), *others = found["axes"].items()
    colour, counts = colour_of(facts, key), np.array(found["counts"])
    if not others:
        return (_flat(found, counts, colour),)
    down = _products([cells for _, cells in others])
    return tuple(
        _of_unit(f"{code}: {first} by {' and '.join(name for name, _ in others)}", table, (down, across), found, colour)
        for code, table in zip(found["codes"], counts.reshape(len(counts), len(across), -1), strict=True)
        if table.any()
    )


def _of_unit(
    title: str, table: npt.NDArray[np.int64], names: tuple[Sequence[str], Sequence[str]], found: Facts, colour: str
) -> Drawing:
    down, across = names
    cells = {(row, column): int(table[x, y]) for y, row in enumerate(down) for x, column in enumerate(across)}
    caption = f"{int((table < found['least']).sum())} of {table.size} cells are empty."
    return heat(cells, down, across, colour, title, caption, ",d", label_width=170)


def _flat(found: Facts, counts: npt.NDArray[np.int64], colour: str) -> Drawing:
    """Returns one drawing of all AUs by the only axis that is known."""
    ((first, across),) = found["axes"].items()
    cells = {(code, cell): int(counts[k, x]) for k, code in enumerate(found["codes"]) for x, cell in enumerate(across)}
    caption = f"{found['empty']} of {found['cells']} cells are empty."
    return heat(cells, found["codes"], across, colour, f"AU by {first}", caption, ",d")


def group_shares(facts: Facts, key: str, name: str) -> Drawing:
    """Returns the share of the people in each group with its interval."""
    rows = [
        {
            "group": row["group"],
            "value": row["share"]["value"],
            "low": row["share"]["low"],
            "high": row["share"]["high"],
        }
        for row in facts["described"][key]["groups"][name]
        if row["share"]["value"] is not None
    ]
    chart = intervals(rows, [row["group"] for row in rows], "share of the people", colour_of(facts, key), "%")
    told = "; ".join(f"{row['group']} {row['value']:.0%} ({row['low']:.0%} to {row['high']:.0%})" for row in rows)
    caption = "Lines: 95 % intervals (Wilson). A person counts once, however many faces there are."
    return drawing(chart, f"People by {name}", caption, told)


def _products(lists: Sequence[Sequence[str]]) -> list[str]:
    """Returns every combination in words: "flat light · Monk 1–3"."""
    names = [""]
    for cells in lists:
        names = [f"{name} · {cell.split(',')[0]}".removeprefix(" · ") for name in names for cell in cells]
    return names if lists else ["all"]
