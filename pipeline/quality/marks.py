"""Marks that several drawings of the quality page are made of: dots, intervals and tables of squares."""

from collections.abc import Mapping, Sequence
from typing import Any

import altair as alt
import pandas as pd

from pipeline.report.colours import GRID, INK, MUTED, arm_colours
from pipeline.report.drawing import WIDTH, Drawing, drawing, legend

PALETTE = tuple(colour.light for colour in arm_colours(("real", "synthetic", "mixed", "twins", "a", "b", "c")).values())
"""Colours of the sets in their order: the first two are those of the main report's real and synthetic sets."""

PLOT = 250
"""Width of the plotting area beside names, pixels."""

ROW = 19
Facts = Mapping[str, Any]


def colour_of(facts: Facts, key: str) -> str:
    """Returns the colour of a set."""
    return PALETTE[[each["name"] for each in facts["sets"]].index(key) % len(PALETTE)]


def title_of(facts: Facts, key: str) -> str:
    """Returns the heading of a set."""
    return str(next(each["title"] for each in facts["sets"] if each["name"] == key))


def heat(
    cells: Mapping[tuple[str, str], float | None],
    down: Sequence[str],
    across: Sequence[str],
    colour: str,
    title: str,
    caption: str,
    form: str,
    label_width: int = 60,
) -> Drawing:
    """Returns a table of squares; cells that hold nothing are outlined."""
    rows = [{"row": row, "column": column, "value": value} for (row, column), value in cells.items()]
    top = max((row["value"] or 0 for row in rows), default=0) or 1
    width = min(46, max(18, (WIDTH - label_width) // max(len(across), 1)))
    height = min(width, 22)
    long = max(len(name) for name in across) * 6 > width
    base = alt.Chart(pd.DataFrame(rows)).encode(
        x=alt.X("column:N", sort=list(across), title=None, axis=alt.Axis(orient="top", labelAngle=-50 if long else 0)),
        y=alt.Y("row:N", sort=list(down), title=None, axis=alt.Axis(labelLimit=label_width + 40)),
    )
    empty = base.mark_rect(fillOpacity=0, stroke=GRID, strokeWidth=0.8)
    full = (
        base.transform_filter("datum.value > 0")
        .mark_rect(color=colour)
        .encode(
            opacity=alt.Opacity(
                "value:Q", scale=alt.Scale(type="sqrt", domain=[0, top], range=[0.06, 0.8]), legend=None
            )
        )
    )
    layers = [empty, full]
    if width >= 28:
        shown = base.transform_filter("datum.value > 0")
        layers.append(shown.mark_text(fontSize=9).encode(text=alt.Text("value:Q", format=form)))
    # Another computer's letters may be wider than those that were measured.
    room = max(2, max(len(name) for name in down) - 6)
    chart = alt.layer(*layers).properties(
        width=width * len(across), height=height * len(down), padding={"left": room, "top": 2, "right": 2, "bottom": 2}
    )
    told = "; ".join(f"{row['row']} {row['column']} {row['value']:.3g}" for row in rows if row["value"])
    return drawing(chart, title, caption, f"{caption} {told}")


def dots(
    rows: Sequence[Mapping[str, Any]], value: str, title: str, facts: Facts, keys: Sequence[str], form: str
) -> alt.LayerChart:
    """Returns a row for each AU and in it a dot for each set, joined by a line."""
    codes = [code for code in facts["codes"] if any(row["au"] == code for row in rows)]
    base = alt.Chart(pd.DataFrame(list(rows))).encode(
        x=alt.X(f"{value}:Q", title=title, axis=alt.Axis(format=form, tickCount=4)), y=names(codes)
    )
    lines = base.mark_line(color=MUTED, strokeWidth=1.5, opacity=0.5).encode(detail="au:N")
    dots = base.mark_point(filled=True, size=70, opacity=1).encode(
        color=colours(facts, keys),
        shape=alt.Shape("set:N", scale=alt.Scale(domain=[title_of(facts, key) for key in keys])),
    )
    return (lines + dots).properties(width=PLOT, height=ROW * len(codes))


def intervals(
    rows: Sequence[Mapping[str, Any]], order: Sequence[str], title: str, colour: str, form: str
) -> alt.LayerChart:
    """Returns a row for each group: its value and the ends of its interval."""
    base = alt.Chart(pd.DataFrame(list(rows))).encode(
        y=alt.Y(
            "group:N",
            sort=list(order),
            title=None,
            axis=alt.Axis(ticks=False, domain=False, labelPadding=9, labelColor=INK),
        )
    )
    lines = base.mark_rule(color=colour, strokeWidth=1.5, opacity=0.6).encode(
        x=alt.X("low:Q", title=title, axis=alt.Axis(format=form, tickCount=4)), x2="high:Q"
    )
    dots = base.mark_point(filled=True, size=60, opacity=1, color=colour).encode(x="value:Q")
    return (lines + dots).properties(width=PLOT - 60, height=ROW * len(order))


def colours(facts: Facts, keys: Sequence[str]) -> alt.Color:
    """Returns the colours of some sets, with their headings as a legend."""
    domain = [title_of(facts, key) for key in keys]
    scale = alt.Scale(domain=domain, range=[colour_of(facts, key) for key in keys])
    return alt.Color("set:N", scale=scale, legend=legend())


def names(codes: Sequence[str]) -> alt.Y:
    """Returns the axis of AU names."""
    return alt.Y("au:N", sort=list(codes), title=None, axis=_bare())


def _bare() -> alt.Axis:
    return alt.Axis(ticks=False, domain=False, labelPadding=9, labelColor=INK)
