"""Colours of the report: one for each arm, the same in every chart, told apart by colour-blind readers.

Charts are drawn with the colours of the light page. The page's style sheet maps each of them to a variable, so that
the same drawing follows the reader's dark mode. The hues are those of Okabe & Ito, "Color Universal Design" (2008).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

INK, MUTED, GRID, AXIS = "#1f2328", "#57606a", "#e4e7eb", "#97a1ab"
"""Text, secondary text, grid lines and axes of a chart on the light page."""

NEUTRAL, ZERO, UNKNOWN = "#6e7781", "#b7bfc8", "#e9ecef"
"""Sets that are no arm; AUs that are exactly absent; AUs that nobody knows."""

BASELINE = "#24292f"
"""The input, returned unchanged."""


@dataclass(frozen=True)
class Colour:
    """One hue on the light and on the dark page, as "#rrggbb"."""

    light: str
    dark: str


_BLUE = Colour("#0072b2", "#58b0ea")
_VERMILION = Colour("#d55e00", "#ff9452")
_GREEN = Colour("#008f6b", "#3fcf9f")
_PURPLE = Colour("#b5588f", "#e79cc8")
_OTHERS = (Colour("#a87400", "#e9b44c"), Colour("#3b8ea5", "#7fd0e5"), Colour("#6f5fb0", "#b0a3ee"))

_ARMS = {"real": _BLUE, "synthetic": _VERMILION, "mixed": _GREEN, "twins": _PURPLE}

_PAGE = {
    INK: "#e6e9ed",
    MUTED: "#a3adb8",
    GRID: "#2e353d",
    AXIS: "#5d6873",
    NEUTRAL: "#9aa5b1",
    ZERO: "#56606b",
    UNKNOWN: "#2b323a",
    BASELINE: "#d5dae0",
}


def arm_colours(names: Sequence[str]) -> dict[str, Colour]:
    """Returns the colour of each arm; the four of the shipped params always have the same one."""
    others = [name for name in names if name not in _ARMS]
    spare = {name: _OTHERS[number % len(_OTHERS)] for number, name in enumerate(others)}
    return {name: _ARMS.get(name) or spare[name] for name in names}


def set_colour(name: str) -> str:
    """Returns the light colour of a data set: an arm's where one is trained on it alone, else grey."""
    return _ARMS[name].light if name in ("real", "synthetic") else NEUTRAL


def colour_rules(colours: Mapping[str, Colour]) -> str:
    """Returns the style rules that let drawings follow the page: variables, and each colour mapped to its own."""
    hues = {**_PAGE, **{colour.light: colour.dark for colour in (*_ARMS.values(), *_OTHERS, *colours.values())}}
    light = "".join(f"--c{light[1:]}:{light};" for light in hues)
    dark = "".join(f"--c{light[1:]}:{dark};" for light, dark in hues.items())
    maps = "".join(
        f'svg [{part}="{light}"]{{{part}:var(--c{light[1:]})}}' for light in hues for part in ("fill", "stroke")
    )
    arms = "".join(f".arm-{name}{{--arm:var(--c{colour.light[1:]})}}" for name, colour in colours.items())
    return f":root{{{light}}}@media screen and (prefers-color-scheme:dark){{:root{{{dark}}}}}{maps}{arms}"
