"""Drawings of what a data set covers: labels, intensities, combinations, sides."""

from itertools import pairwise

import altair as alt
import numpy as np
import pandas as pd

from pipeline.report.colours import INK, MUTED, UNKNOWN, ZERO, set_colour
from pipeline.report.datasets import AuCoverage, SetFacts
from pipeline.report.drawing import WIDTH, Drawing, drawing, legend

_PARTS = ("shown", "exactly 0", "unknown")
_ROW = 19
_PLOT = 258
"""Width of the plotting area beside AU names, pixels."""


def coverage_drawings(facts: SetFacts) -> tuple[Drawing, ...]:
    """Returns the drawings of one set; without those of which it knows nothing."""
    varying = [each for each in facts.action_units if each.varies]
    drawings = [label_parts(facts)]
    if _has_levels(varying):
        drawings.append(intensity_histograms(facts, varying))
    if varying:
        drawings.append(co_occurrence(facts, varying))
    if _has_sides(varying):
        drawings.append(asymmetry(facts, varying))
    return tuple(drawings)


def coverage_notes(facts: SetFacts) -> tuple[str, ...]:
    """Returns in words what is not worth a drawing."""
    varying = [each for each in facts.action_units if each.varies]
    absent = [each.code for each in facts.action_units if each.known and not each.varies]
    notes = []
    if absent:
        notes.append(f"Known, and exactly 0 in every face: {', '.join(absent)}.")
    if varying and not _has_levels(varying):
        notes.append("Its labels know presence alone: an AU is there or not, without an intensity.")
    if varying and not _has_sides(varying):
        notes.append("Its labels do not tell left from right: both sides of a face always carry the same value.")
    if not len(facts.head_pose):
        notes.append("Nobody has measured where its heads face.")
    return tuple(notes)


def _has_levels(units: list[AuCoverage]) -> bool:
    """Returns True where some AU is shown at more than one intensity."""
    return any(sum(count > 0 for count in each.counts) > 1 for each in units)


def _has_sides(units: list[AuCoverage]) -> bool:
    return any((each.asymmetry or 0.0) > 0.0 for each in units)


def label_parts(facts: SetFacts) -> Drawing:
    """Returns a bar for each AU: in which share of the faces it is shown, exactly 0 and unknown."""
    total = max(facts.num_faces, 1)
    units = [each for each in facts.action_units if each.varies or each.known < total]
    units = units or list(facts.action_units)
    rows = [
        {"au": each.code, "part": part, "share": number / total, "order": order}
        for each in units
        for order, (part, number) in enumerate(zip(_PARTS, _numbers(each, facts.num_faces), strict=True))
    ]
    colours = [set_colour(facts.name.name), ZERO, UNKNOWN]
    chart = (
        alt.Chart(pd.DataFrame(rows))
        .mark_bar(height=12)
        .encode(
            x=alt.X("share:Q", title="share of the faces", axis=alt.Axis(format="%", tickCount=4)),
            y=_au_axis([each.code for each in units]),
            color=alt.Color("part:N", scale=alt.Scale(domain=list(_PARTS), range=colours), legend=legend(squares=True)),
            order=alt.Order("order:Q"),
        )
        .properties(width=_PLOT, height=_ROW * len(units))
    )
    told = "; ".join(_label_text(each, total) for each in facts.action_units if each.varies) or "no AU is ever shown"
    caption = "Unknown labels are masked in training; they are never read as 0."
    return drawing(chart, "Which labels there are", caption, f"Share of faces by label. {told}.")


def intensity_histograms(facts: SetFacts, units: list[AuCoverage]) -> Drawing:
    """Returns a histogram for each AU over the faces that show it; exact zeros are a number in its title."""
    edges = np.linspace(0.0, 1.0, len(units[0].counts) + 1)
    rows = [
        {"au": _histogram_title(each), "low": low, "high": high, "share": count / max(sum(each.counts), 1)}
        for each in units
        for (low, high), count in zip(pairwise(edges.tolist()), each.counts, strict=True)
    ]
    columns = 2 if len(units) <= 6 else 3
    chart = (
        alt.Chart(pd.DataFrame(rows))
        .mark_bar(color=set_colour(facts.name.name))
        .encode(
            x=alt.X("low:Q", title=None, bin="binned", axis=alt.Axis(values=[0, 0.5, 1], grid=False)),
            x2="high:Q",
            y=alt.Y("share:Q", title=None, axis=alt.Axis(format="%", tickCount=2)),
        )
        .properties(width=(WIDTH - 8) // columns - 46, height=46)
        .facet(
            facet=alt.Facet("au:N", title=None, sort=[_histogram_title(each) for each in units]),
            columns=columns,
            spacing={"row": 8, "column": 12},
        )
        .resolve_axis(x="independent", y="independent")
    )
    caption = (
        "Across: intensity, as activation from 0 to 1. Up: share of the faces that show the AU at all. "
        "Above each: how many of its known labels are exactly 0."
    )
    told = "; ".join(f"{each.code}: mean {each.mean:.2f}, {_zero_share(each):.0%} exactly 0" for each in units)
    return drawing(chart, "How strong", caption, f"Histograms of AU intensity. {told}.")


def co_occurrence(facts: SetFacts, units: list[AuCoverage]) -> Drawing:
    """Returns a square for each two AUs: the share of the faces that show both."""
    index = [facts.action_units.index(each) for each in units]
    codes = [each.code for each in units]
    table = facts.together[np.ix_(index, index)]
    rows = [
        {"a": one, "b": other, "share": _share(table[i, j])}
        for i, one in enumerate(codes)
        for j, other in enumerate(codes)
    ]
    largest = max((row["share"] or 0.0 for row in rows), default=0.0) or 1.0
    cell = min(42, 270 // len(codes))
    base = alt.Chart(pd.DataFrame(rows)).encode(
        x=alt.X("a:N", sort=codes, title=None, axis=alt.Axis(orient="top", labelAngle=-90 if len(codes) > 6 else 0)),
        y=alt.Y("b:N", sort=codes, title=None),
    )
    squares = base.mark_rect(color=set_colour(facts.name.name)).encode(
        opacity=alt.Opacity("share:Q", scale=alt.Scale(domain=[0, largest], range=[0.03, 0.9]), legend=None)
    )
    layers = squares + base.mark_text().encode(text=alt.Text("share:Q", format=".0%")) if cell >= 30 else squares
    chart = layers.properties(width=cell * len(codes), height=cell * len(codes))
    caption = (
        "Share of the faces that show both AUs at an activation of .2 or more; on the diagonal the AU alone. "
        f"The fullest colour is {largest:.0%}."
    )
    return drawing(chart, "Which AUs come together", caption, f"Co-occurrence of {', '.join(codes)}. {caption}")


def asymmetry(facts: SetFacts, units: list[AuCoverage]) -> Drawing:
    """Returns a bar for each AU: how far its two sides lie apart."""
    rows = [{"au": each.code, "apart": each.asymmetry or 0.0} for each in units]
    top = max(0.05, *(each.asymmetry or 0.0 for each in units))
    chart = (
        alt.Chart(pd.DataFrame(rows))
        .mark_bar(height=12, color=set_colour(facts.name.name))
        .encode(
            x=alt.X(
                "apart:Q",
                title="mean |left − right|, activation",
                scale=alt.Scale(domain=[0, top]),
                axis=alt.Axis(tickCount=4),
            ),
            y=_au_axis([each.code for each in units]),
        )
        .properties(width=_PLOT, height=_ROW * len(units))
    )
    caption = "Left and right are the person's. 0 is a symmetric face."
    told = "; ".join(f"{row['au']} {row['apart']:.3f}" for row in rows)
    return drawing(chart, "Left against right", caption, f"Mean difference of the sides. {told}.")


def shown_shares(sets: list[tuple[str, SetFacts]]) -> Drawing:
    """Returns a row for each AU: in which share of the known labels it is shown, one dot for each (label, set)."""
    codes = [
        each.code
        for k, each in enumerate(sets[0][1].action_units)
        if any(facts.action_units[k].varies for _, facts in sets)
    ]
    rows = [
        {"au": each.code, "set": label, "share": each.active}
        for label, facts in sets
        for each in facts.action_units
        if each.code in codes and each.active is not None
    ]
    scale = alt.Scale(domain=[label for label, _ in sets], range=[set_colour(facts.name.name) for _, facts in sets])
    base = alt.Chart(pd.DataFrame(rows)).encode(
        x=alt.X("share:Q", title="share of the known labels above 0", axis=alt.Axis(format="%", tickCount=4)),
        y=_au_axis(codes),
    )
    lines = base.mark_line(color=MUTED, strokeWidth=1.5, opacity=0.5).encode(detail="au:N")
    dots = base.mark_point(filled=True, size=70, opacity=1).encode(
        color=alt.Color("set:N", scale=scale, legend=legend()),
        shape=alt.Shape("set:N", scale=alt.Scale(domain=scale.domain, range=["circle", "diamond"]), legend=legend()),
    )
    chart = (lines + dots).properties(width=_PLOT, height=_ROW * len(codes))
    told = "; ".join(f"{row['au']} {row['set']} {row['share']:.0%}" for row in rows)
    caption = "Where the dots lie apart, the sets teach another mixture of expressions."
    return drawing(chart, "How often each AU is shown", caption, f"Share of labels above 0. {told}.")


def _au_axis(codes: list[str]) -> alt.Y:
    return alt.Y(
        "au:N", sort=codes, title=None, axis=alt.Axis(ticks=False, domain=False, labelPadding=8, labelColor=INK)
    )


def _numbers(unit: AuCoverage, total: int) -> tuple[int, int, int]:
    return unit.known - unit.zero, unit.zero, total - unit.known


def _zero_share(unit: AuCoverage) -> float:
    return unit.zero / unit.known if unit.known else 0.0


def _histogram_title(unit: AuCoverage) -> str:
    return f"{unit.code} · {_zero_share(unit):.0%} zero"


def _label_text(unit: AuCoverage, total: int) -> str:
    return f"{unit.code} shown in {(unit.known - unit.zero) / total:.0%}, unknown in {1 - unit.known / total:.0%}"


def _share(value: float) -> float | None:
    return None if np.isnan(value) else float(value)
