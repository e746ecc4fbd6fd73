"""Drawings of the trainings: each loss and statistic over the steps, one line for each arm."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import ceil, floor, log10

import altair as alt
import pandas as pd

from pipeline.report.colours import Colour
from pipeline.report.drawing import WIDTH, Drawing, drawing
from pipeline.report.training import Training
from pipeline.report.wording import number

FEW = 15
"""Fewer points of a curve are drawn one by one."""

MAX_TICKS = 7


@dataclass(frozen=True)
class Curve:
    """One quantity of the log: its key, title, what it says, unit, and whether a logarithmic axis shows it best."""

    key: str
    title: str
    about: str
    unit: str = "loss"
    logarithmic: bool = True


CURVES = (
    Curve(
        "generator/attention_mean",
        "Attention",
        "Mean of the mask; 1 keeps the input everywhere: nothing is edited.",
        unit="mean of the mask",
        logarithmic=False,
    ),
    Curve("generator/au", "AU loss of the edits", "How far the critic reads the edits from what was asked."),
    Curve("critic/au", "AU loss of the critic", "How far the critic reads labelled faces from their labels."),
    Curve("generator/cycle", "Cycle loss", "How far an edit that is undone lies from the input."),
    Curve("generator/twin", "Twin loss", "How far edits lie from their exact twins, where the arm is shown them."),
    Curve(
        "critic/wasserstein",
        "Wasserstein estimate",
        "How well the critic tells edits from inputs; 0 is not at all.",
        unit="difference of scores",
        logarithmic=False,
    ),
    Curve("critic/penalty", "Gradient penalty", "How far the critic's slope is from 1."),
    Curve("generator/smoothness", "Smoothness loss", "Total variation of the masks."),
)


def training_drawings(trainings: Sequence[Training], colours: Mapping[str, Colour]) -> tuple[Drawing, ...]:
    """Returns a drawing for each quantity that some arm has logged."""
    logged = [curve for curve in CURVES if any(curve.key in each.curves for each in trainings)]
    return tuple(_drawing(curve, trainings, colours) for curve in logged)


def _drawing(curve: Curve, trainings: Sequence[Training], colours: Mapping[str, Colour]) -> Drawing:
    having = [each for each in trainings if curve.key in each.curves]
    frame = pd.concat([_points(curve, each) for each in having], ignore_index=True)
    labels = [each.arm.label for each in having]
    hues = alt.Scale(domain=labels, range=[colours[each.arm.name].light for each in having])
    chart = (
        alt.Chart(frame)
        .mark_line(strokeWidth=1.7, opacity=0.9, point=len(frame) < FEW * len(having))
        .encode(
            x=alt.X("step:Q", title="critic steps", axis=alt.Axis(tickCount=4, grid=False)),
            y=_value_axis(curve, frame["value"]),
            color=alt.Color("arm:N", scale=hues, legend=None),
            detail="seed:N",
        )
        .properties(width=WIDTH - 62, height=150)
    )
    ends = "; ".join(f"{each.arm.label} ends at {number(_last(curve, each), 3)}" for each in having)
    return drawing(chart, curve.title, curve.about, f"{curve.title} over training steps. {ends}.")


def _value_axis(curve: Curve, values: "pd.Series[float]") -> alt.Y:
    low, high = float(values.min()), float(values.max())
    if not curve.logarithmic or low <= 0.0:
        axis = alt.Axis(tickCount=4, format="~g")
        return alt.Y("value:Q", title=curve.unit, scale=alt.Scale(zero=False), axis=axis)
    scale = alt.Scale(type="log", domain=[low * 0.9, high * 1.1], nice=False)
    ticks = round_numbers(low * 0.9, high * 1.1)
    return alt.Y("value:Q", title=f"{curve.unit}, log scale", scale=scale, axis=alt.Axis(values=ticks, format="~g"))


def round_numbers(low: float, high: float) -> list[float]:
    """Returns 1, 2 and 5 times the powers of ten from ``low`` to ``high``; of many, the powers alone."""
    powers = range(floor(log10(low)), ceil(log10(high)) + 1)
    found = [digit * 10.0**power for power in powers for digit in (1, 2, 5) if low <= digit * 10.0**power <= high]
    return found if len(found) <= MAX_TICKS else [10.0**power for power in powers if low <= 10.0**power <= high]


def _points(curve: Curve, training: Training) -> pd.DataFrame:
    rows = training.curves[["step", "seed", curve.key]].dropna()
    return rows.rename(columns={curve.key: "value"}).round({"step": 0}).assign(arm=training.arm.label)


def _last(curve: Curve, training: Training) -> float:
    return float(training.curves.groupby("seed")[curve.key].last().mean())
