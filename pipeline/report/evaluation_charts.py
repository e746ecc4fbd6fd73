"""Drawings of the comparison: each metric with its intervals, every two arms, and AU by AU."""

from collections.abc import Mapping, Sequence

import altair as alt
import pandas as pd

from pipeline.report.colours import BASELINE, INK, MUTED, Colour
from pipeline.report.drawing import WIDTH, Drawing, drawing, legend
from pipeline.report.evaluation import AuAgreement, Bed
from pipeline.report.metrics import COLUMNS, GAIN, Column
from pipeline.report.spread import Estimate
from pipeline.report.wording import interval, number

Colours = Mapping[str, Colour]
_ROW = 30
_NAMES = 128
"""Width of the arms' names, pixels."""
_PAIRS = 126
"""Width of the names of two arms, pixels."""
_SHAPES = ("circle", "square", "triangle-up", "diamond", "cross", "triangle-down")
_BAR = "M-0.2,-1.1h0.4v2.2h-0.4Z"
"""An upright stroke, as an SVG path."""


def metric_drawing(bed: Bed, column: Column, colours: Colours) -> Drawing:
    """Returns one row for each arm: mean and interval; a dashed line where the unedited input lies."""
    found = [(each.arm, estimate) for each in bed.arms if (estimate := each.estimates[column.name]) is not None]
    rows = [{"arm": arm.label, "name": arm.name, **_row(estimate, column)} for arm, estimate in found]
    reference = _reference(bed, column)
    frame = pd.DataFrame(rows)
    base = alt.Chart(frame).encode(y=_names_axis([arm.label for arm, _ in found]), color=_arm_colour(found, colours))
    spread = base.mark_rule(strokeWidth=3).encode(x=_axis(column), x2="high:Q")
    dots = base.mark_point(filled=True, size=85, opacity=1).encode(x="value:Q")
    texts = base.mark_text(dy=-11, fontSize=10.5, color=INK).encode(x="value:Q", text="text:N", color=alt.value(INK))
    chart = alt.layer(*_reference_layers(reference), spread, dots, texts).properties(
        width=WIDTH - _NAMES - 20, height=_ROW * len(rows)
    )
    told = "; ".join(
        f"{arm.label} {number(each.value, column.digits)} ({interval(each, column.digits)})" for arm, each in found
    )
    return drawing(chart, _title(column), _caption(bed, column, reference), f"{column.title}. {told}.")


def difference_drawing(bed: Bed) -> Drawing | None:
    """Returns one row for each two arms: how much more the first gains over the input, on the same pairs."""
    labels = {each.arm.name: each.arm.short for each in bed.arms}
    order = list(labels)
    pairs = {
        (one, two): found
        for (one, two), found in bed.differences.items()
        if order.index(one) < order.index(two) and found.low is not None
    }
    if not pairs:
        return None
    rows = [
        {"pair": f"{labels[one]} − {labels[two]}", **_row(found, GAIN), "sure": found.above_zero or found.below_zero}
        for (one, two), found in pairs.items()
    ]
    colour = alt.Color("sure:N", scale=alt.Scale(domain=[True, False], range=[INK, MUTED]), legend=None)
    names = alt.Y(
        "pair:N",
        sort=[row["pair"] for row in rows],
        title=None,
        axis=alt.Axis(ticks=False, domain=False, labelColor=INK, minExtent=_PAIRS, labelLimit=_PAIRS),
    )
    base = alt.Chart(pd.DataFrame(rows)).encode(y=names, color=colour)
    title = "difference of the gains, dB"
    spread = base.mark_rule(strokeWidth=3).encode(
        x=alt.X("low:Q", title=title, scale=alt.Scale(zero=True)), x2="high:Q"
    )
    dots = base.mark_point(filled=True, size=85, opacity=1).encode(x="value:Q")
    zero = alt.Chart(pd.DataFrame({"x": [0.0]})).mark_rule(color=BASELINE, strokeDash=[4, 3]).encode(x="x:Q")
    chart = (zero + spread + dots).properties(width=WIDTH - _PAIRS - 20, height=26 * len(rows))
    told = "; ".join(f"{row['pair']}: {row['text']} dB" for row in rows)
    caption = (
        "Right of 0 the first of the two is nearer to the truth, left of it the second. "
        "Where the interval crosses 0 (grey), this run cannot tell them apart."
    )
    if any(each.arm.short != each.arm.name for each in bed.arms):
        caption += " *: emulated, or in part."
    return drawing(chart, "Every two training sets", caption, f"Paired differences. {told}.")


def by_au_drawing(bed: Bed, colours: Colours) -> Drawing | None:
    """Returns for each AU one row for each arm: the gain over the pairs in which it changes."""
    rows = [
        {"au": f"{code} ({found.n})", "name": arm, **_row(found, GAIN)}
        for code, gains in bed.by_au.items()
        for arm, found in gains.items()
    ]
    if not rows:
        return None
    arms = [each.arm for each in bed.arms]
    base = alt.Chart(pd.DataFrame(rows)).encode(
        y=alt.Y(
            "au:N",
            sort=list(dict.fromkeys(row["au"] for row in rows)),
            title=None,
            axis=alt.Axis(ticks=False, domain=False, labelColor=INK, grid=False),
        ),
        yOffset=alt.YOffset("name:N", sort=[arm.name for arm in arms]),
        color=_arm_colour([(arm, None) for arm in arms], colours),
    )
    spread = base.mark_rule(strokeWidth=2).encode(x=_axis(GAIN), x2="high:Q")
    dots = base.mark_point(filled=True, size=34, opacity=1).encode(x="value:Q")
    chart = alt.layer(*_reference_layers(_reference(bed, GAIN)), spread, dots).properties(
        width=WIDTH - 100, height=(10 * len(arms) + 12) * len(bed.by_au)
    )
    order = ", ".join(arm.label for arm in arms)
    caption = (
        f"Gain over the input where this AU changes, often with others; in brackets the pairs. From the top: {order}."
    )
    told = "; ".join(f"{row['au']} {row['name']} {row['text']} dB" for row in rows)
    return drawing(chart, "For which movements", caption, f"Gain by AU. {told}.")


def agreement_drawing(bed: Bed, colours: Colours) -> Drawing | None:
    """Returns one row for each AU: how well the judge's reading of the edits follows what was asked."""
    series = [(each.arm.label, colours[each.arm.name].light, each.agreement) for each in bed.arms]
    series.append(("exact twins", BASELINE, bed.ceiling))
    rows = [
        {"au": au.code, "arm": label, "pcc": au.pcc}
        for label, _, agreement in series
        for au in agreement
        if au.pcc is not None
    ]
    if not rows:
        return None
    codes = [au.code for au in bed.ceiling]
    labels = [label for label, _, _ in series]
    colour = alt.Scale(domain=labels, range=[colour for _, colour, _ in series])
    shape = alt.Scale(domain=labels, range=[*(_SHAPES[k % len(_SHAPES)] for k in range(len(bed.arms))), _BAR])
    chart = (
        alt.Chart(pd.DataFrame(rows))
        .mark_point(filled=True, size=75, opacity=0.95, strokeWidth=2)
        .encode(
            x=alt.X("pcc:Q", title="correlation of asked and read, −1 to 1", scale=_correlation_scale(rows)),
            y=alt.Y(
                "au:N", sort=codes, title=None, axis=alt.Axis(ticks=False, domain=False, labelColor=INK, grid=True)
            ),
            color=alt.Color("arm:N", scale=colour, legend=legend()),
            shape=alt.Shape("arm:N", scale=shape, legend=legend()),
        )
        .properties(width=WIDTH - 70, height=24 * len(codes))
    )
    caption = (
        "The judge's opinion of the edits, AU by AU. Its reading of the exact twins shows how good it is itself; "
        "an edit that scores higher than that has fooled it."
    )
    return drawing(chart, "Does the judge see the AU that was asked for?", caption, _agreement_alt(series))


def _row(found: Estimate, column: Column) -> dict[str, object]:
    low, high = (found.value if end is None else end for end in (found.low, found.high))
    return {"value": found.value, "low": low, "high": high, "text": number(found.value, column.digits, column is GAIN)}


def _reference(bed: Bed, column: Column) -> Estimate | None:
    return Estimate(0.0, None, None, bed.num_pairs) if column is GAIN else bed.unedited[column.name]


def _reference_layers(reference: Estimate | None) -> list[alt.Chart]:
    if reference is None:
        return []
    line = alt.Chart(pd.DataFrame({"x": [reference.value]}))
    return [line.mark_rule(color=BASELINE, strokeDash=[4, 3]).encode(x="x:Q")]


def _axis(column: Column) -> alt.X:
    better = {True: "more is better", False: "less is better", None: ""}[column.higher_is_better]
    return alt.X(
        "low:Q",
        title=", ".join(part for part in (column.unit, better) if part),
        scale=alt.Scale(zero=False, padding=14),
        axis=alt.Axis(tickCount=4),
    )


def _names_axis(labels: list[str]) -> alt.Y:
    axis = alt.Axis(ticks=False, domain=False, labelColor=INK, labelLimit=_NAMES, minExtent=_NAMES)
    return alt.Y("arm:N", sort=labels, title=None, axis=axis)


def _arm_colour(found: Sequence[tuple[object, object]], colours: Colours) -> alt.Color:
    names = [str(getattr(arm, "name", "")) for arm, _ in found]
    return alt.Color(
        "name:N", scale=alt.Scale(domain=names, range=[colours[name].light for name in names]), legend=None
    )


def _correlation_scale(rows: Sequence[Mapping[str, object]]) -> alt.Scale:
    lowest = min(float(str(row["pcc"])) for row in rows)
    return alt.Scale(domain=[min(0.0, lowest) - 0.06, 1.02], nice=False)


def _title(column: Column) -> str:
    place = next(k for k, each in enumerate(COLUMNS) if each.name == column.name)
    return column.title if place else "How much nearer to the truth than the input"


def _caption(bed: Bed, column: Column, reference: Estimate | None) -> str:
    line = "" if reference is None else " Dashed: the input, returned as it is."
    if column.name == "au_error" and bed.judge_floor is not None:
        line += f" The judge itself errs by {number(bed.judge_floor.value, 3)} on the exact twins."
    return column.about + line


def _agreement_alt(series: Sequence[tuple[str, str, Sequence[AuAgreement]]]) -> str:
    told = "; ".join(f"{label} {', '.join(f'{au.code} {number(au.pcc, 2)}' for au in aus)}" for label, _, aus in series)
    return f"Correlation of the AUs asked for and read. {told}."
