"""Drawings of how faces are seen: directions, what covers them, light, distance."""

from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any

import altair as alt
import numpy as np
import pandas as pd

from pipeline.report.colours import GRID, INK, ZERO, set_colour
from pipeline.report.drawing import Drawing, drawing, legend
from pipeline.report.seen import Seen
from pipeline.report.wording import counted, number

_CELL = 23
"""Pixels of one cell of a grid of directions."""

_PLOT = 240
_NAMES = 96
"""Pixels for names of occluders and environments beside a plot."""


def circumstances_drawings(facts: Seen) -> tuple[Drawing, ...]:
    """Returns the drawings of one set; without those of which it knows nothing."""
    covered = facts.coverage
    around = covered.get("circumstances")
    drawings = [people(facts)] if "people" in covered else []
    if "directions" in covered:
        drawings.append(head_directions(facts))
        drawings.append(small_angles(facts))
    if around is not None:
        drawings += [occluders(facts), environments(facts), key_lamp(facts), amounts(facts)]
        if "by_occluder" in covered.get("visibility", {}) and around["occluders"]["covered"]:
            drawings.append(visible_regions(facts))
    return tuple(drawings)


def people(facts: Seen) -> Drawing:
    """Returns how many people there are of each skin tone, and of each age, by sex."""
    found = facts.coverage["people"]
    colours = alt.Scale(domain=["female", "male"], range=[set_colour(facts.name.name), ZERO])
    tones = [
        {"group": str(tone), "sex": sex, "people": count}
        for sex, counts in found["tone_by_sex"].items()
        for tone, count in enumerate(counts, start=1)
    ]
    ages = [
        {"group": band, "sex": sex, "people": count}
        for sex in ("female", "male")
        for band, count in zip(found["age_bands"], found[sex], strict=True)
    ]
    panels = (("Monk skin tone, 1 the lightest", tones), ("age in years", ages))
    charts = [
        alt.Chart(pd.DataFrame(rows), title=alt.TitleParams(title, fontSize=11, fontWeight="normal"))
        .mark_bar()
        .encode(
            x=alt.X(
                "group:N",
                sort=[row["group"] for row in rows],
                title=None,
                axis=alt.Axis(labelAngle=0, ticks=False, labelFontSize=9, labelOverlap=False),
            ),
            y=alt.Y("people:Q", title=None, axis=alt.Axis(tickCount=3, format="d")),
            color=alt.Color("sex:N", scale=colours, legend=legend(squares=True)),
        )
        .properties(width=_PLOT + 40, height=70)
        for title, rows in panels
    ]
    caption = (
        f"{counted(found['n'], 'person', 'people')}, each counted once. Tone, age and sex are those that they were "
        "drawn with; nobody guessed them from a picture."
    )
    told = ", ".join(f"tone {tone}: {count}" for tone, count in enumerate(found["tones"], start=1))
    return drawing(alt.vconcat(*charts, spacing=10), "Who is in it", caption, f"{caption} {told}.")


def head_directions(facts: Seen) -> Drawing:
    """Returns how many heads face where: yaw across, pitch up, on the grid of all directions that are asked for."""
    found = facts.coverage["directions"]
    chart = _grid(found["yaw_pitch"], found["yaw_edges_deg"], found["pitch_edges_deg"], facts.name.name)
    caption = (
        f"{counted(found['n'], 'face')}: {found['occupied']} of {found['cells']} cells of 15° hold one. "
        "Yaw across (+ to the person’s left), pitch up, degrees; beyond the edges counts in the last cell."
    )
    low, high = found["percentiles_deg"]["yaw"]
    told = f"90% of yaw between {number(low, 0)} and {number(high, 0)} degrees."
    return drawing(chart, "Where heads face", caption, f"{caption} {told}")


def small_angles(facts: Seen) -> Drawing:
    """Returns histograms of the roll of heads and, where known, of the gaze."""
    found, gaze = facts.coverage["directions"], facts.coverage.get("gaze")
    panels = {"roll of the head": (found["roll_edges_deg"], found["roll"], found["percentiles_deg"]["roll"])}
    if gaze is not None:
        for name, title in (("yaw", "gaze, sideways"), ("pitch", "gaze, up")):
            panels[title] = (gaze["edges_deg"], gaze[name], gaze["percentiles_deg"][name])
    chart = _histograms([(title, edges, counts) for title, (edges, counts, _) in panels.items()], facts.name.name)
    told = "; ".join(
        f"{title}: 90% from {number(ends[0], 0)}° to {number(ends[1], 0)}°" for title, (_, _, ends) in panels.items()
    )
    caption = f"Degrees. {told[0].upper()}{told[1:]}. Gaze is relative to the head."
    return drawing(chart, "Roll and gaze", caption, caption)


def occluders(facts: Seen) -> Drawing:
    """Returns a bar for each kind of occluder: in which share of the faces it is."""
    found = facts.coverage["circumstances"]
    total, kinds = found["n"], found["occluders"]["by_kind"]
    shares = {"nothing": total - found["occluders"]["covered"], **kinds}
    caption = f"{counted(total, 'face')}. A face with two kinds counts for both."
    return _bars(shares, total, facts.name.name, "What covers faces", caption)


def environments(facts: Seen) -> Drawing:
    """Returns a bar for each kind of surroundings that light faces."""
    found = facts.coverage["circumstances"]
    light = found["light"]
    named = {"lamps alone" if kind == "none" else kind: count for kind, count in light["environments"].items()}
    lamps = ", ".join(f"{number_of} in {count / found['n']:.0%}" for number_of, count in light["lamps"].items())
    caption = f"Lamps besides: {lamps} of the faces."
    return _bars(named, found["n"], facts.name.name, "What lights faces", caption)


def key_lamp(facts: Seen) -> Drawing:
    """Returns where the brightest lamp stands: azimuth across, elevation up."""
    light = facts.coverage["circumstances"]["light"]
    chart = _grid(light["key"], light["azimuth_edges_deg"], light["elevation_edges_deg"], facts.name.name, 34)
    caption = "Azimuth across (0 at the camera, + to the picture’s right, ±180 behind the head), elevation up, degrees."
    return drawing(chart, "Where the key lamp stands", caption, caption)


def amounts(facts: Seen) -> Drawing:
    """Returns histograms of the contrast of the light, of the brightness of images and of the distance."""
    around, bright = facts.coverage["circumstances"], facts.coverage["brightness"]
    light, distance = around["light"], around["distance"]
    rows = [
        *_named_bins("lighting ratio", light["contrast"], ":1"),
        *_named_bins("distance", distance, " m"),
        *(
            {"panel": "mean luma of the image", "bin": f"{low:.1f}–{high:.1f}", "order": k, "faces": count}
            for k, ((low, high), count) in enumerate(zip(pairwise(bright["edges"]), bright["counts"], strict=True))
        ),
    ]
    frame = pd.DataFrame(rows)
    frame["share"] = frame["faces"] / frame.groupby("panel")["faces"].transform("sum").clip(lower=1)
    panels = list(dict.fromkeys(frame["panel"]))
    charts = [_shares(frame[frame["panel"] == panel], panel, facts.name.name) for panel in panels]
    chart = alt.vconcat(*charts, spacing=10)
    median, ends = light["median_contrast"], distance["percentiles_m"]
    caption = (
        f"Lighting ratio: skin towards the key lamp over the same skin in its shadow, median {number(median, 1)}. "
        f"Distance: camera to eyes, 90% from {number(ends[0], 2)} to {number(ends[1], 2)} m. "
        f"Luma: mean {number(bright['mean'], 2)}."
    )
    return drawing(chart, "How much light, and from how far", caption, caption)


def visible_regions(facts: Seen) -> Drawing:
    """Returns a square for each AU and kind of occluder: how much of the AU's region is seen on average."""
    stored = facts.coverage["visibility"]["by_occluder"]
    found = {kind: stored[kind] for kind in sorted(stored, key=lambda kind: (kind != "none", kind))}
    codes = list(facts.shown)
    rows = [
        {"au": code, "kind": _kind_title(kind, entry["n"]), "seen": entry["mean"][code]}
        for kind, entry in found.items()
        for code in codes
    ]
    kinds = [_kind_title(kind, entry["n"]) for kind, entry in found.items()]
    width = min(34, 270 // len(kinds))
    base = alt.Chart(pd.DataFrame(rows)).encode(
        x=alt.X("kind:N", sort=kinds, title=None, axis=alt.Axis(orient="top", labelAngle=-60, ticks=False)),
        y=alt.Y("au:N", sort=codes, title=None, axis=alt.Axis(ticks=False)),
    )
    squares = base.mark_rect(color=set_colour(facts.name.name)).encode(
        opacity=alt.Opacity("seen:Q", scale=alt.Scale(domain=[0, 1], range=[0.0, 0.75]), legend=None)
    )
    text = base.mark_text(fontSize=9).encode(text=alt.Text("seen:Q", format=".0%"))
    chart = (squares + text if width >= 28 else squares).properties(width=width * len(kinds), height=18 * len(codes))
    caption = "Mean visible share of each AU’s region, by what the face wears; the head’s own turn hides parts too."
    told = "; ".join(f"{row['au']} with {row['kind']} {row['seen']:.0%}" for row in rows)
    return drawing(chart, "What occluders leave to see", caption, f"{caption} {told}.")


def _kind_title(kind: str, count: int) -> str:
    return f"{'nothing' if kind == 'none' else kind} ({count})"


def _bars(counts: Mapping[str, int], total: int, name: str, title: str, caption: str) -> Drawing:
    rows = [{"kind": kind, "share": count / max(total, 1)} for kind, count in counts.items()]
    order = [row["kind"] for row in rows]
    base = alt.Chart(pd.DataFrame(rows)).encode(
        x=alt.X("share:Q", title="share of the faces", axis=alt.Axis(format="%", tickCount=4)),
        y=alt.Y("kind:N", sort=order, title=None, axis=alt.Axis(ticks=False, domain=False, labelColor=INK)),
    )
    bars = base.mark_bar(height=12, color=set_colour(name))
    labels = base.mark_text(align="left", dx=4).encode(text=alt.Text("share:Q", format=".1%"))
    chart = (bars + labels).properties(width=_PLOT - 30, height=19 * len(rows))
    told = "; ".join(f"{row['kind']} {row['share']:.1%}" for row in rows)
    return drawing(chart, title, caption, f"{title}: {told}. {caption}")


def _grid(
    counts: Sequence[Sequence[int]], across: Sequence[int], up: Sequence[int], name: str, cell: int = _CELL
) -> alt.LayerChart:
    """Returns a grid of counts whose rows go across the picture; empty cells are outlined."""
    table = np.array(counts)
    rows = [
        {"x": across[i], "x2": across[i + 1], "y": up[j], "y2": up[j + 1], "faces": int(table[i, j])}
        for i in range(table.shape[0])
        for j in range(table.shape[1])
    ]
    middle = [{**row, "cx": (row["x"] + row["x2"]) / 2, "cy": (row["y"] + row["y2"]) / 2} for row in rows]
    x = alt.X(
        "x:Q",
        title=None,
        scale=alt.Scale(domain=[across[0], across[-1]], nice=False),
        axis=alt.Axis(values=list(across)[::2], grid=False),
    )
    y = alt.Y(
        "y:Q",
        title=None,
        scale=alt.Scale(domain=[up[0], up[-1]], nice=False),
        axis=alt.Axis(values=list(up), grid=False, labelOverlap=False),
    )
    base = alt.Chart(pd.DataFrame(middle)).encode(x=x, x2="x2:Q", y=y, y2="y2:Q")
    empty = base.mark_rect(fillOpacity=0, stroke=GRID, strokeWidth=0.8)
    full = (
        base.transform_filter("datum.faces > 0")
        .mark_rect(color=set_colour(name), stroke=GRID, strokeWidth=0.8)
        .encode(opacity=alt.Opacity("faces:Q", scale=alt.Scale(type="sqrt", range=[0.12, 0.75]), legend=None))
    )
    text = (
        alt.Chart(pd.DataFrame(middle))
        .transform_filter("datum.faces > 0")
        .mark_text(fontSize=8.5 if table.max() < 1000 else 7)
        .encode(x=alt.X("cx:Q", title=None), y=alt.Y("cy:Q", title=None), text="faces:Q")
    )
    return alt.layer(empty, full, text).properties(width=cell * table.shape[0], height=cell * table.shape[1])


def _histograms(panels: Sequence[tuple[str, Sequence[int], Sequence[int]]], name: str) -> alt.VConcatChart:
    charts = []
    for title, edges, counts in panels:
        rows = [
            {"low": low, "high": high, "share": count / max(sum(counts), 1)}
            for (low, high), count in zip(pairwise(edges), counts, strict=True)
        ]
        charts.append(
            alt.Chart(pd.DataFrame(rows), title=alt.TitleParams(title, fontSize=11, fontWeight="normal"))
            .mark_bar(color=set_colour(name))
            .encode(
                x=alt.X(
                    "low:Q",
                    title=None,
                    bin="binned",
                    axis=alt.Axis(values=[edge for edge in edges if edge % 20 == 0 or len(edges) < 9], grid=False),
                ),
                x2="high:Q",
                y=alt.Y("share:Q", title=None, axis=alt.Axis(format="%", tickCount=2)),
            )
            .properties(width=_PLOT, height=44)
        )
    return alt.vconcat(*charts, spacing=10)


def _named_bins(panel: str, binned: Mapping[str, Any], unit: str) -> list[dict[str, Any]]:
    """Returns rows of a histogram whose last bin has no end."""
    edges = binned["edges"]
    names = [f"{low:g}–{high:g}{unit}" for low, high in pairwise(edges)]
    names.append(f"over {edges[-1]:g}{unit}")
    return [
        {"panel": panel, "bin": bin_name, "order": k, "faces": count}
        for k, (bin_name, count) in enumerate(zip(names, binned["counts"], strict=True))
    ]


def _shares(frame: pd.DataFrame, title: str, name: str) -> alt.Chart:
    return (
        alt.Chart(frame, title=alt.TitleParams(title, fontSize=11, fontWeight="normal"))
        .mark_bar(color=set_colour(name))
        .encode(
            x=alt.X(
                "bin:N",
                sort=frame["bin"].tolist(),
                title=None,
                axis=alt.Axis(labelAngle=-40, ticks=False, labelFontSize=9),
            ),
            y=alt.Y("share:Q", title=None, axis=alt.Axis(format="%", tickCount=2)),
        )
        .properties(width=_PLOT, height=44)
    )
