"""The drawing of how good the judge is."""

import altair as alt
import pandas as pd

from pipeline.report.colours import INK, NEUTRAL
from pipeline.report.drawing import WIDTH, Drawing, drawing
from pipeline.report.judge import Judge
from pipeline.report.wording import number


def judge_drawing(judge: Judge) -> Drawing:
    """Returns a bar for each AU: the correlation of what the judge reads with the exact label."""
    rows = [{"au": each.code, "pcc": each.pcc or 0.0, "text": number(each.pcc, 2)} for each in judge.action_units]
    codes = [each.code for each in judge.action_units]
    names = alt.Y("au:N", sort=codes, title=None, axis=alt.Axis(ticks=False, domain=False, labelColor=INK))
    lowest = min(0.0, *(each.pcc or 0.0 for each in judge.action_units))
    base = alt.Chart(pd.DataFrame(rows)).encode(
        x=alt.X(
            "pcc:Q",
            title="correlation (PCC), 1 is perfect",
            scale=alt.Scale(domain=[lowest, 1.12]),
            axis=alt.Axis(values=[0, 0.5, 1]),
        ),
        y=names,
    )
    bars = base.mark_bar(height=12, color=NEUTRAL)
    chart = (bars + base.mark_text(align="left", dx=4, color=INK).encode(text="text:N")).properties(
        width=WIDTH - 64, height=21 * len(codes)
    )
    told = "; ".join(f"{row['au']} {row['text']}" for row in rows)
    caption = "On rendered people that it has not seen, against exact labels."
    return drawing(chart, "How well the judge reads", caption, f"Correlation of the judge with exact labels. {told}.")
