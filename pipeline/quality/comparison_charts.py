"""Drawings of drift and of the label audit."""

import altair as alt
import pandas as pd

from pipeline.quality.marks import PLOT, ROW, Facts, colour_of, dots, names, title_of
from pipeline.report.colours import MUTED, NEUTRAL
from pipeline.report.drawing import WIDTH, Drawing, drawing, legend


def drifts(facts: Facts) -> list[Drawing]:
    """Returns the drawings of the drift: of labels, where both sets have some, and of what is seen."""
    return [*([divergences(facts)] if facts["drift"]["units"] else []), seen(facts)]


def seen(facts: Facts) -> Drawing:
    """Returns how unlike the pictures and directions of two sets are: Jensen-Shannon divergence of each measure."""
    found = facts["drift"]["seen"]
    rows = [{"au": name, "js": each["js"]} for name, each in sorted(found.items(), key=lambda item: -item[1]["js"])]
    chart = (
        alt.Chart(pd.DataFrame(rows))
        .mark_bar(height=12, color=NEUTRAL)
        .encode(
            x=alt.X("js:Q", title="Jensen-Shannon divergence, bits", scale=alt.Scale(domain=[0, 1])),
            y=names([row["au"] for row in rows]),
        )
        .properties(width=PLOT - 20, height=ROW * len(rows))
    )
    told = "; ".join(f"{row['au']} {row['js']:.2f}" for row in rows)
    caption = "0: the two sets have the same distribution of this measure. 1: they have nothing in common."
    return drawing(chart, "What looks different", caption, told)


def divergences(facts: Facts) -> Drawing:
    """Returns per AU what is lost when each set stands in for the other, in bits."""
    found = facts["drift"]
    first, second = (title_of(facts, key) for key in found["sets"])
    ways = {"kl_first": f"{second} stands in for {first}", "kl_second": f"{first} stands in for {second}"}
    rows = [
        {"au": code, "way": ways[kind], "bits": found["units"][code][kind]} for code in found["units"] for kind in ways
    ]
    scale = alt.Scale(domain=list(ways.values()), range=[colour_of(facts, key) for key in found["sets"]])
    base = alt.Chart(pd.DataFrame(rows)).encode(
        x=alt.X("bits:Q", title="bits lost for each label", axis=alt.Axis(tickCount=4)),
        y=names(list(found["units"])),
    )
    lines = base.mark_line(color=MUTED, strokeWidth=1.5, opacity=0.5).encode(detail="au:N")
    dots = base.mark_point(filled=True, size=70, opacity=1).encode(
        color=alt.Color("way:N", scale=scale, legend=legend()),
        shape=alt.Shape("way:N", scale=alt.Scale(domain=scale.domain, range=["circle", "diamond"])),
    )
    chart = (lines + dots).properties(width=PLOT, height=ROW * len(found["units"]))
    told = "; ".join(f"{row['au']}, {row['way']}: {row['bits']:.2f}" for row in rows)
    caption = "0: the intensities of the one can all be learnt from the other. The larger, the more is missing."
    return drawing(chart, "What each set lacks of the other", caption, f"Kullback-Leibler divergence in bits. {told}.")


def agreement(facts: Facts) -> Drawing:
    """Returns the rank correlation of label and landmarks for each AU and set."""
    sets = facts["audit"]["sets"]
    rows = [
        {"au": code, "set": title_of(facts, key), **unit["correlation"]}
        for key, found in sets.items()
        for code, unit in found["units"].items()
        if unit["correlation"]["value"] is not None
    ]
    rows = [{**row, "correlation": row.pop("value")} for row in rows]
    chart = dots(rows, "correlation", "rank correlation of label and landmarks", facts, list(sets), ".1f")
    told = "; ".join(f"{row['au']} {row['set']} {row['correlation']:.2f}" for row in rows)
    caption = "1: the label rises exactly as the landmarks move. 0: the label says nothing about them."
    return drawing(chart, "Do labels follow the face?", caption, told)


def motion(facts: Facts, key: str) -> Drawing:
    """Returns for each AU how the reading from landmarks rises with the label."""
    units = facts["audit"]["sets"][key]["units"]
    rows = [
        {"au": code, "label": (number - 0.5) / 5 if number else 0.0, "reading": value}
        for code, unit in units.items()
        for number, value in enumerate(unit["means"])
        if value is not None
    ]
    columns = 3
    chart = (
        alt.Chart(pd.DataFrame(rows))
        .mark_line(color=colour_of(facts, key), point=alt.OverlayMarkDef(color=colour_of(facts, key), size=28))
        .encode(
            x=alt.X(
                "label:Q", title=None, scale=alt.Scale(domain=[0, 1]), axis=alt.Axis(values=[0, 0.5, 1], grid=False)
            ),
            y=alt.Y("reading:Q", title=None, axis=alt.Axis(tickCount=2)),
        )
        .properties(width=(WIDTH - 8) // columns - 46, height=50)
        .facet(facet=alt.Facet("au:N", title=None, sort=list(units)), columns=columns, spacing={"row": 8, "column": 12})
        .resolve_axis(x="independent", y="independent")
    )
    told = "; ".join(
        f"{code}: {'rises' if unit['monotone'] else 'does not rise'} throughout" for code, unit in units.items()
    )
    caption = "Across: the label. Up: the mean reading from landmarks. A sound label gives a line that rises."
    return drawing(chart, f"Motion rises with intensity: {title_of(facts, key)}", caption, told)
