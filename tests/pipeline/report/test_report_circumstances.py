"""How faces are seen, and EmotioNet's four limits: the page, report.json and the stored coverage say the same."""

import json
from typing import Any

import pytest

from pipeline.params import Params
from pipeline.report.circumstances_charts import circumstances_drawings
from pipeline.report.datasets import read_set
from pipeline.report.four_limits import UNKNOWN, accuracy, directions, four_limits, intensities, occlusion
from pipeline.report.set_names import set_names


def stored(params: Params, name: str) -> Any:
    return json.loads((params.paths.reports / "dataset" / f"{name}.json").read_text())["coverage"]


def test_four_limits_one_by_one_with_numbers(emulated: Any) -> None:
    rows = emulated.content["four_limits"]
    assert [row["name"] for row in rows] == [
        "Few head directions",
        "No occlusion",
        "Inaccurate labels",
        "Discrete intensities",
    ]
    for row in rows:
        for text in (row["name"], row["real"]["headline"], row["synthetic"]["headline"]):
            assert text in emulated.html
        assert any(character.isdigit() for character in row["synthetic"]["detail"])


def test_the_fixture_has_the_limits_on_one_side_alone(emulated: Any) -> None:
    real, ours = stored(emulated.params, "real"), stored(emulated.params, "synthetic")
    assert real["directions"]["occupied"] < ours["directions"]["occupied"]
    assert (real["circumstances"]["occluders"]["covered"], ours["circumstances"]["occluders"]["covered"] > 10) == (
        0,
        True,
    )
    assert 0.15 < real["accuracy"]["wrong"] < 0.25
    assert (ours["accuracy"]["wrong"], ours["accuracy"]["exact"]) == (0.0, 1.0)
    assert (real["levels"]["steps"], ours["levels"]["steps"]) == (1, None)
    rows = four_limits(real, ours)
    assert [row.synthetic.headline for row in rows][2:] == ["0% wrong", "continuous"]
    assert [row.real.headline for row in rows][1::2] == ["nothing covered", "present or absent"]


def test_what_nobody_knows_of_photographs_is_not_made_up(photographed: Any) -> None:
    rows = {row["name"]: row["real"] for row in photographed.content["four_limits"]}
    assert rows["No occlusion"]["headline"] == rows["Inaccurate labels"]["headline"] == UNKNOWN
    assert rows["Discrete intensities"]["headline"] == "present or absent"
    facts = {each["set"]: each for each in photographed.content["sets"]}
    assert "circumstances" not in facts["real"]
    assert "circumstances" in facts["synthetic"]


def test_report_json_holds_what_was_counted(emulated: Any) -> None:
    for each in emulated.content["sets"]:
        counted = stored(emulated.params, each["set"])
        for name in ("directions", "gaze", "circumstances", "people", "brightness", "accuracy", "levels"):
            assert each[name] == counted[name]


def test_sets_are_drawn_as_far_as_they_are_known(emulated: Any) -> None:
    params = emulated.params
    facts = {
        name.name: read_set(name, params.paths.reports / "dataset", params.paths.shards, 2)
        for name in set_names(params)
    }
    titles = {name: [each.title for each in circumstances_drawings(found)] for name, found in facts.items()}
    assert "What occluders leave to see" in titles["synthetic"]
    assert "What occluders leave to see" not in titles["real"]
    for title in titles["real"]:
        assert title in emulated.html


@pytest.mark.parametrize(
    ("share", "text"), [(0.0, "0% wrong"), (0.001, "under 1% wrong"), (0.2, "20% wrong"), (1.0, "100% wrong")]
)
def test_what_is_small_is_not_called_nothing(share: float, text: str) -> None:
    found = {"labels": 100, "wrong": share, "mean_error": share, "exact": 1 - share, "measured": 3e-6}
    finding = accuracy({"accuracy": found})
    assert finding.headline == text
    assert "3e-06" in finding.detail


def test_empty_knowledge_is_said() -> None:
    assert directions({}).headline == occlusion({}).headline == accuracy({}).headline == UNKNOWN
    assert intensities({"levels": {"labels": 0, "values": 0, "steps": None}}).headline == "none"
    assert intensities({"levels": {"labels": 9, "values": 5, "steps": 5}}).headline == "6 levels"
