"""The params that would fill empty cells of the coverage grid: what to render next."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil, floor, log10
from typing import Any

import numpy as np

from faceset.grid import LIGHT, YAW, Gap, Grid
from facs.combinations import undrawable

WANTED = 5
"""Faces that the rarest cell should expect."""

_TURNS = {YAW[0]: 90, YAW[1]: 45, YAW[2]: 15, YAW[3]: 45, YAW[4]: 90}
"""Degrees to which heads must turn to reach a cell."""

_ENVIRONMENTS = {LIGHT[0]: 0.8, LIGHT[2]: 0.2}
"""Share of faces lit by surroundings where flat light lacks, or hard light: lamps alone are harder."""

_USUAL = 0.25
"""Share of the faces of a balanced set that show an AU, where none can be counted yet."""


@dataclass(frozen=True)
class Fill:
    """What a set was drawn with, as far as it is known.

    Attributes:
        section: of params.yaml.
        max_yaw_deg: how far heads turn to either side; None for not known.
        people: "natural" or "balanced"; "" for not known.
        expressions: how expressions were drawn; "" for not known.
        environments: share of faces that surroundings light; None for not known.
        count: faces asked for.
        codes: AUs that are drawn; () for not known.
    """

    section: str = "synthetic"
    max_yaw_deg: float | None = None
    people: str = ""
    expressions: str = ""
    environments: float | None = None
    count: int | None = None
    codes: tuple[str, ...] = ()


def fill(grid: Grid, blocks: Sequence[Gap], now: Fill) -> dict[str, Any] | None:
    """Returns ``params``, the lines of params.yaml that would fill the blocks, and ``why``; None for no block."""
    if not blocks:
        return None
    changes: dict[str, Any] = {}
    why = []
    turn = max(_TURNS[block.fixed.get("yaw", YAW[0])] for block in blocks)
    if now.max_yaw_deg is None or turn > now.max_yaw_deg:
        changes["max_yaw_deg"] = turn
        why.append(f"heads that turn up to {turn}° to either side")
    if now.people != "balanced" and any("tone" in block.fixed for block in blocks):
        changes["people"] = "balanced"
        why.append("every skin tone equally often")
    if now.expressions != "balanced" and any("AU" in block.fixed for block in blocks):
        changes["expressions"] = "balanced"
        why.append("every AU equally often")
    share = _environments(blocks, now)
    if share is not None:
        changes["environments"] = share
        why.append("lamps without surroundings for hard light, rooms and skies for flat light")
    changes["count"] = _count(grid, changes, now)
    why.append(f"enough faces that the rarest cell expects {WANTED}")
    lines = [f"{now.section}:", *(f"  {key}: {value}" for key, value in changes.items())]
    alone = [block.fixed["AU"] for block in blocks if set(block.fixed) == {"AU"}]
    absent = [code for code in alone if code not in now.codes]
    if absent and not undrawable(grid.codes):
        lines.insert(0, f"action_units: [{', '.join(grid.codes)}]")
        why.insert(0, f"{', '.join(absent)} drawn at all")
    return {"params": "\n".join(lines), "why": why, "count": changes["count"]}


def _environments(blocks: Sequence[Gap], now: Fill) -> float | None:
    lacking = {block.fixed["light"] for block in blocks if "light" in block.fixed} & set(_ENVIRONMENTS)
    wanted = _ENVIRONMENTS[lacking.pop()] if len(lacking) == 1 else 0.5 if lacking else None
    return wanted if wanted is not None and wanted != now.environments else None


def _count(grid: Grid, changes: dict[str, Any], now: Fill) -> int:
    """Returns how many faces, if the axes are independent and turns are drawn evenly."""
    rarest = 1.0
    turn = float(changes.get("max_yaw_deg", now.max_yaw_deg or 90))
    for number, axis in enumerate(grid.axes, start=1):
        sums = grid.counts.sum(axis=tuple(k for k in range(grid.counts.ndim) if k != number)).astype(np.float64)
        found = sums[sums > 0].min() / sums.sum() if sums.any() else 1.0
        even = {"yaw": min(30.0, max(turn - 15.0, 1.0) if turn <= 45 else turn - 45.0) / (2 * turn), "tone": 0.3}
        rarest *= even[axis.name] if axis.name in even else max(found, 0.1)
    return _rounded(max(WANTED / (rarest * _USUAL), now.count or 0))


def _rounded(count: float) -> int:
    """Returns a number rounded up to two digits."""
    unit = 10 ** max(floor(log10(max(count, 1.0))) - 1, 0)
    return int(ceil(count / unit) * unit)
