"""Drawings of the measures behind the issues of images."""

from itertools import pairwise

import altair as alt
import pandas as pd

from pipeline.quality.marks import PLOT, Facts, colour_of
from pipeline.report.drawing import Drawing, drawing


def issue_histogram(facts: Facts, key: str, name: str) -> Drawing:
    """Returns the distribution of the measure behind one issue."""
    issue = facts["described"][key]["pixels"]["issues"][name]
    rows = [
        {"low": low, "high": high, "images": count}
        for (low, high), count in zip(pairwise(issue["edges"]), issue["counts"], strict=True)
    ]
    chart = (
        alt.Chart(pd.DataFrame(rows))
        .mark_bar(color=colour_of(facts, key))
        .encode(
            x=alt.X("low:Q", title=None, bin="binned", axis=alt.Axis(tickCount=4, grid=False)),
            x2="high:Q",
            y=alt.Y("images:Q", title=None, axis=alt.Axis(tickCount=2, format="~s")),
        )
        .properties(width=PLOT, height=46)
    )
    told = f"{issue['found']} of {issue['known']}: {issue['rule']}; median {issue['median']:.3g}"
    return drawing(chart, name.replace("_", " "), f"{issue['rule'][0].upper()}{issue['rule'][1:]}.", told)
