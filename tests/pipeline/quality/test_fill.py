"""The params of a snippet are ones that params.yaml knows, and the cells that they are for are then filled."""

from pathlib import Path

import numpy as np
import pytest
from ruamel.yaml import YAML

from faceset.grid import LIGHT, TONE, YAW, Axis, coverage_grid, gaps
from pipeline.params import load
from pipeline.quality.fill import WANTED, Fill, fill

ROOT = Path(__file__).parents[3]
CODES = ("AU4", "AU12")


def grid_of(yaw: np.ndarray, light: np.ndarray, tone: np.ndarray, active: np.ndarray) -> tuple:
    axes = (Axis("yaw", YAW, yaw), Axis("light", LIGHT, light), Axis("tone", TONE, tone))
    grid = coverage_grid(active, CODES, axes)
    return grid, gaps(grid)


def drawn(count: int, turn: float, seed: int = 0) -> tuple:
    """A set whose heads turn evenly to ``turn`` degrees, with every light, tone and AU equally often."""
    rng = np.random.default_rng(seed)
    edges = np.array([-45.0, -15.0, 15.0, 45.0])
    yaw = np.searchsorted(edges, rng.uniform(-turn, turn, count))
    light, tone = rng.integers(0, 3, (2, count))
    return grid_of(yaw, light, tone, rng.random((count, 2)) < 0.25)


def test_a_narrow_set_is_told_to_turn_and_the_snippet_fills_it(tmp_path: Path) -> None:
    grid, blocks = drawn(300, 15)
    found = fill(grid, blocks, Fill("synthetic", 15, "balanced", "balanced", 0.5, 300, CODES))
    assert found is not None
    changes = YAML(typ="safe").load(found["params"])
    assert changes["synthetic"]["max_yaw_deg"] == 90
    assert set(changes["synthetic"]) == {"max_yaw_deg", "count"}
    after, left = drawn(changes["synthetic"]["count"], 90, seed=1)
    assert after.counts.min() >= 1 and left == []
    assert after.counts.min() <= 4 * WANTED  # and not many times too much
    text = (ROOT / "params.yaml").read_text(encoding="utf-8")
    tree = YAML(typ="rt").load(text)
    tree["synthetic"].update(changes["synthetic"])
    with (tmp_path / "params.yaml").open("w", encoding="utf-8") as file:
        YAML(typ="rt").dump(tree, file)
    assert load(tmp_path / "params.yaml").synthetic.max_yaw_deg == 90


@pytest.mark.parametrize(
    ("lacks", "expected"),
    [
        (("tone", 2), {"people": "balanced"}),
        (("light", 0), {"environments": 0.8}),
        (("light", 2), {"environments": 0.2}),
        (("AU", 1), {"expressions": "balanced"}),
    ],
)
def test_each_gap_asks_for_what_fills_it(lacks: tuple[str, int], expected: dict[str, object]) -> None:
    rng = np.random.default_rng(2)
    place = {"yaw": rng.integers(0, 5, 4000), "light": rng.integers(0, 3, 4000), "tone": rng.integers(0, 3, 4000)}
    active = np.ones((4000, 2), np.bool_)
    name, cell = lacks
    if name == "AU":
        active[:, cell] = False
    else:
        active &= (place[name] != cell)[:, None]
    grid, blocks = grid_of(place["yaw"], place["light"], place["tone"], active)
    found = fill(grid, blocks, Fill("synthetic", 90, "natural", "natural", 0.5, 4000, CODES))
    assert found is not None
    changes = YAML(typ="safe").load(found["params"])["synthetic"]
    assert {key: value for key, value in changes.items() if key != "count"} == expected


def test_a_full_grid_asks_for_nothing() -> None:
    grid, blocks = drawn(20_000, 90)
    assert fill(grid, blocks, Fill()) is None


def test_aus_that_are_not_drawn_are_named() -> None:
    grid, _ = drawn(5000, 90)
    grid.counts[1] = 0
    found = fill(grid, gaps(grid), Fill("synthetic", 90, "balanced", "balanced", 0.5, 5000, ("AU4",)))
    assert found is not None
    assert YAML(typ="safe").load(found["params"])["action_units"] == list(CODES)
