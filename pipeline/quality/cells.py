"""Section: the coverage grid, its gaps, and the params that would fill them."""

from typing import Any

import numpy as np

from faceset.gates import Check, Quality, held
from faceset.grid import LIGHT, LIGHT_EDGES, TONE, TONE_EDGES, YAW, YAW_EDGES, Axis, Grid, coverage_grid, gaps, place
from pipeline.quality.fill import Fill, fill
from pipeline.quality.sets import OpenedSet

MOST_GAPS = 40
"""Blocks of empty cells that the page lists, the widest first; report.json holds as many."""

AXES = ("yaw", "light", "tone")


def cells(
    one: OpenedSet, codes: tuple[str, ...], limits: Quality, drawn_with: Fill
) -> tuple[dict[str, Any], list[Check]]:
    """Returns the grid of a set, what is empty, and how to fill it.

    Args:
        one: the set.
        codes: AUs of the grid.
        limits: what counts as empty, and how much may be.
        drawn_with: what the params say of the set now.
    """
    axes = _axes(one)
    unknown = [name for name in AXES if name not in {axis.name for axis in axes}]
    if not axes or not codes:
        return {"unknown": unknown, "cells": 0}, []
    grid = coverage_grid(one.active(codes), codes, axes)
    empty = grid.empty(limits.cell_faces)
    blocks = gaps(grid, limits.cell_faces)
    facts = {
        "unknown": unknown,
        "codes": list(codes),
        "axes": {axis.name: list(axis.cells) for axis in axes},
        "counts": grid.counts.tolist(),
        "least": limits.cell_faces,
        "cells": int(grid.counts.size),
        "filled": int(grid.counts.size - empty.sum()),
        "empty": int(empty.sum()),
        "blocks": len(blocks),
        "absent": [code for k, code in enumerate(codes) if not grid.counts[k].any()],
        "gaps": [{"where": _words(block.fixed), "cells": block.cells} for block in blocks[:MOST_GAPS]],
        "fill": fill(grid, blocks, drawn_with) if one.source.kind == "rendered" else None,
    }
    return facts, _gate(grid, empty, one, limits)


def _gate(grid: Grid, empty: Any, one: OpenedSet, limits: Quality) -> list[Check]:
    if one.drawn is None or one.source.kind != "rendered" or one.source.part:
        return []  # photographs are as they are, and test pairs are few by design
    share = float(empty.mean())
    few = "no face" if limits.cell_faces == 1 else f"under {limits.cell_faces} faces"
    detail = f"{int(empty.sum())} of {empty.size} cells of AU, yaw, light and tone hold {few}"
    return [
        held(
            limits.gates, "max_empty_cells", "empty_cells", share, detail, "render what the page's params snippet says"
        )
    ]


def _axes(one: OpenedSet) -> list[Axis]:
    """Returns the axes that some face knows."""
    axes = []
    having = one.faces.has("head_pose")
    if having.any():
        yaw = np.full(len(one.faces), np.nan)
        yaw[having] = np.degrees(one.faces.subset(having).labels("head_pose")[:, 0].astype(np.float64))
        axes.append(Axis("yaw", YAW, place(yaw, YAW_EDGES)))
    if one.drawn is not None:
        axes.append(Axis("light", LIGHT, place(one.drawn.contrast, LIGHT_EDGES)))
        axes.append(Axis("tone", TONE, place(one.drawn.tone, TONE_EDGES)))
    return axes


def _words(fixed: Any) -> str:
    return " · ".join(fixed.values()) or "everything"
