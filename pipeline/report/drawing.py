"""A chart as a static drawing: Vega-Lite in, inline SVG out; no script, no font and no address to load."""

import hashlib
import json
import re
from dataclasses import dataclass
from typing import Any

import altair as alt
import vl_convert

from pipeline.report.colours import AXIS, GRID, INK, MUTED

FONT = "system-ui, -apple-system, Segoe UI, Roboto, Helvetica, Arial, sans-serif"
WIDTH = 344
"""Pixels, legends and labels included: what a phone shows without shrinking the letters."""

_AXIS = {
    "domainColor": AXIS,
    "tickColor": AXIS,
    "gridColor": GRID,
    "labelColor": MUTED,
    "titleColor": INK,
    "labelFontSize": 11,
    "titleFontSize": 11.5,
    "titleFontWeight": "normal",
    "titlePadding": 8,
    "labelLimit": 150,
}
_CONFIG: dict[str, Any] = {
    "background": "transparent",
    "font": FONT,
    "aria": False,
    "padding": 2,
    "view": {"stroke": None},
    "axis": _AXIS,
    "legend": {"labelColor": INK, "titleColor": MUTED, "labelFontSize": 11, "titleFontSize": 11, "labelLimit": 220},
    "header": {"labelColor": INK, "titleColor": INK, "labelFontSize": 11, "titleFontSize": 11.5},
    "title": {"color": INK, "fontSize": 12, "fontWeight": 600, "anchor": "start"},
    "text": {"color": INK, "fontSize": 11},
}
_ID = re.compile(r'\sid="([^"]+)"')
_REFERENCE = re.compile(r"url\(#([^)]+)\)")


def legend(*, squares: bool = False) -> alt.Legend:
    """Returns a legend above the plot, without a title: one entry to a line, or squares of colour side by side."""
    shape = {"symbolType": "square"} if squares else {"columns": 1}
    return alt.Legend(orient="top", title=None, **shape)


@dataclass(frozen=True)
class Drawing:
    """One chart on the page.

    Attributes:
        svg: the inline element.
        title: one line above it.
        caption: what it says, and how it was measured.
        alt: the same for those who do not see it.
    """

    svg: str
    title: str
    caption: str
    alt: str


def drawing(chart: alt.TopLevelMixin, title: str, caption: str, alt_text: str) -> Drawing:
    """Returns a chart as a drawing."""
    specification = chart.to_dict()
    specification["config"] = {**specification.get("config", {}), **_CONFIG}
    digest = hashlib.blake2b(json.dumps(specification, sort_keys=True).encode(), digest_size=4).hexdigest()
    return Drawing(_inline(str(vl_convert.vegalite_to_svg(specification)), f"d{digest}"), title, caption, alt_text)


def _inline(svg: str, prefix: str) -> str:
    """Returns an SVG document as an element that shares a page with others: with ids of its own, and nothing idle."""
    names = dict.fromkeys(_ID.findall(svg))  # Vega counts ids on from one drawing to the next
    own = {name: f"{prefix}-{number}" for number, name in enumerate(names)}
    svg = _ID.sub(lambda found: f' id="{own[found[1]]}"', svg)
    svg = _REFERENCE.sub(lambda found: f"url(#{own[found[1]]})", svg)
    svg = re.sub(r'\s(xmlns(:\w+)?|version|class|pointer-events|aria-\w+|role)="[^"]*"', "", svg)
    # Vega leaves groups and paths that draw nothing; they are a third of the bytes.
    svg = re.sub(r'<path( d="[^"]*")?[^>]*display="none"[^>]*/>', "", svg)
    return re.sub(r"<g></g>", "", svg)
