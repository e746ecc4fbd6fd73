"""Drawings of Action Unit labels: how often, how strong, together, and on which side."""

from collections.abc import Sequence
from itertools import pairwise

import altair as alt
import numpy as np
import pandas as pd

from pipeline.quality.marks import PLOT, ROW, Facts, colour_of, colours, dots, heat, names, title_of
from pipeline.report.colours import UNKNOWN, ZERO
from pipeline.report.drawing import WIDTH, Drawing, drawing, legend


def zero_mass(facts: Facts, keys: Sequence[str]) -> Drawing:
    """Returns a row for each AU: in which share of the known labels it is exactly 0, a dot for each set."""
    rows = [
        {
            "au": code,
            "set": title_of(facts, key),
            "share": facts["described"][key]["labels"]["units"][code]["zero_share"],
        }
        for key in keys
        for code in facts["codes"]
    ]
    rows = [row for row in rows if row["share"] is not None]
    chart = dots(rows, "share", "share of the known labels that are exactly 0", facts, keys, "%")
    told = "; ".join(f"{row['au']} {row['set']} {row['share']:.0%}" for row in rows)
    caption = "Absence is most of a label set. Where the dots lie apart, one set shows the AU more often."
    return drawing(chart, "How often an AU is absent", caption, f"Share exactly 0. {told}.")


def overlay(facts: Facts, keys: Sequence[str]) -> Drawing:
    """Returns a histogram for each AU over the faces that show it, the sets beside each other."""
    edges = np.linspace(0.0, 1.0, 11)
    rows, told = [], []
    for key in keys:
        for code in facts["codes"]:
            unit = facts["described"][key]["labels"]["units"][code]
            total = max(unit["shown"], 1)
            rows += [
                {"au": code, "set": title_of(facts, key), "low": low, "high": high, "share": count / total}
                for (low, high), count in zip(pairwise(edges.tolist()), unit["counts"], strict=True)
            ]
            if unit["mean_shown"] is not None:
                told.append(f"{code} {title_of(facts, key)} mean {unit['mean_shown']:.2f}")
    columns = 2 if len(facts["codes"]) <= 6 else 3
    chart = (
        alt.Chart(pd.DataFrame(rows))
        .mark_bar(opacity=0.55)
        .encode(
            x=alt.X("low:Q", title=None, bin="binned", axis=alt.Axis(values=[0, 0.5, 1], grid=False)),
            x2="high:Q",
            y=alt.Y("share:Q", title=None, stack=None, axis=alt.Axis(format="%", tickCount=2)),
            color=colours(facts, keys),
        )
        .properties(width=(WIDTH - 8) // columns - 46, height=54)
        .facet(
            facet=alt.Facet("au:N", title=None, sort=list(facts["codes"])),
            columns=columns,
            spacing={"row": 8, "column": 12},
        )
        .resolve_axis(x="independent", y="independent")
        .resolve_scale(y="independent")
    )
    caption = (
        "Across: intensity from 0 to 1. Up: share of the faces that show the AU at all; exact zeros are left out and "
        "told above."
    )
    return drawing(chart, "How strong, where it is shown", caption, f"Histograms over each other. {'; '.join(told)}.")


def letters(facts: Facts, key: str) -> Drawing:
    """Returns how many faces show each AU at each of the intensities A to E."""
    units = facts["described"][key]["labels"]["units"]
    cells = {(code, letter): count for code in facts["codes"] for letter, count in units[code]["letters"].items()}
    caption = (
        "Faces at each FACS intensity, A (trace) to E (maximum). An empty square is an intensity that a network never "
        "sees."
    )
    return heat(cells, list(facts["codes"]), list(facts["scale"]["letters"]), colour_of(facts, key),
                f"Intensities A to E: {title_of(facts, key)}", caption, ",d")  # fmt: skip


def together(facts: Facts, key: str) -> Drawing:
    """Returns in which share of the faces two AUs are active together."""
    found = facts["described"][key]["coverage"]["co_occurrence"]
    place = {code: number for number, code in enumerate(found["codes"])}
    cells: dict[tuple[str, str], float | None] = {}
    for one in facts["codes"]:
        for other in facts["codes"]:
            known = found["known"][place[one]][place[other]]
            both = found["together"][place[one]][place[other]]
            cells[one, other] = both / known if known else None
    caption = (
        f"Share of the faces that show both at {found['active_from']:g} or more; the diagonal is the AU alone. An "
        "empty square is a pair that never comes together."
    )
    return heat(cells, list(facts["codes"]), list(facts["codes"]), colour_of(facts, key),
                f"Which AUs come together: {title_of(facts, key)}", caption, ".0%")  # fmt: skip


def sides(facts: Facts, keys: Sequence[str]) -> Drawing:
    """Returns how far the two sides of each AU lie apart, a dot for each set."""
    rows = [
        {"au": code, "set": title_of(facts, key), "apart": facts["described"][key]["labels"]["units"][code]["apart"]}
        for key in keys
        for code in facts["codes"]
    ]
    rows = [row for row in rows if row["apart"] is not None]
    chart = dots(rows, "apart", "mean |left − right|, activation", facts, keys, ".2f")
    told = "; ".join(f"{row['au']} {row['set']} {row['apart']:.3f}" for row in rows)
    caption = "Left and right are the person's. 0: labels that do not know sides, or faces that are all symmetric."
    return drawing(chart, "Left against right", caption, f"Mean difference of the sides. {told}.")


def label_parts(facts: Facts, key: str, source: str) -> Drawing:
    """Returns for one source in which share of the faces each AU is shown, exactly 0 and unknown."""
    found = facts["described"][key]["labels"]["sources"][source]
    parts = ("shown", "zero", "unknown")
    called = {"shown": "shown", "zero": "exactly 0", "unknown": "unknown"}
    rows = [
        {
            "au": code,
            "part": called[part],
            "share": found[code][part] / max(sum(found[code].values()), 1),
            "order": order,
        }
        for code in facts["codes"]
        for order, part in enumerate(parts)
    ]
    scale = alt.Scale(domain=list(called.values()), range=[colour_of(facts, key), ZERO, UNKNOWN])
    chart = (
        alt.Chart(pd.DataFrame(rows))
        .mark_bar(height=12)
        .encode(
            x=alt.X("share:Q", title="share of the faces", axis=alt.Axis(format="%", tickCount=4)),
            y=names(list(facts["codes"])),
            color=alt.Color("part:N", scale=scale, legend=legend(squares=True)),
            order=alt.Order("order:Q"),
        )
        .properties(width=PLOT, height=ROW * len(facts["codes"]))
    )
    told = "; ".join(f"{row['au']} {row['part']} {row['share']:.0%}" for row in rows)
    title = f"{title_of(facts, key)}, source “{source}”"
    return drawing(chart, title, "Unknown is masked in training and never read as 0.", told)
