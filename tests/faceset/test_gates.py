"""Gates: which side passes, what is told, and which limits make no sense."""

from dataclasses import fields, replace
from pathlib import Path

import pytest
from ruamel.yaml import YAML

from faceset.gates import DEFAULTS, Gate, Gates, Quality, held, worst_status


def gates(**changes: Gate) -> Gates:
    return replace(DEFAULTS.gates, **changes)


@pytest.mark.parametrize(
    ("gate", "found", "status", "threshold"),
    [
        ("max_dark", 0.1, "pass", 0.1),
        ("max_dark", 0.11, "warn", 0.1),
        ("max_dark", 0.31, "fail", 0.3),
        ("min_known", 0.3, "pass", 0.3),
        ("min_known", 0.2, "warn", 0.3),
        ("min_known", 0.05, "fail", 0.1),
    ],
)
def test_a_number_is_held_against_its_side(gate: str, found: float, status: str, threshold: float) -> None:
    limits = gates(max_dark=Gate(0.1, 0.3), min_known=Gate(0.3, 0.1))
    check = held(limits, gate, "name", found, "detail", "advice")
    assert (check.status, check.threshold) == (status, threshold)


def test_a_gate_without_limits_never_speaks() -> None:
    check = held(gates(max_dark=Gate(None, None)), "max_dark", "images_dark", 1.0, "all", "")
    assert (check.status, check.threshold) == ("pass", None)
    only = held(gates(max_dark=Gate(None, 0.2)), "max_dark", "images_dark", 0.1, "some", "")
    assert (only.status, only.threshold) == ("pass", 0.2)


def test_a_failure_names_gate_found_expected_and_what_to_do() -> None:
    check = held(gates(max_dark=Gate(0.1, 0.3)), "max_dark", "images_dark", 0.5, "5 of 10 images", "add light")
    assert check.told("real") == (
        "real: images_dark (quality.gates.max_dark): found 0.5, expected at most 0.3: 5 of 10 images; add light"
    )
    assert worst_status([check, held(gates(), "max_dark", "x", 0.0, "", "")]) == "fail"
    assert worst_status([]) == "pass"


def test_limits_that_contradict_each_other_are_refused() -> None:
    for bad in ({"max_dark": Gate(0.3, 0.1)}, {"min_known": Gate(0.1, 0.3)}):
        with pytest.raises(ValueError, match="expected warn"):
            gates(**bad)
    gates(max_dark=Gate(0.2, 0.2), min_known=Gate(0.2, 0.2))
    for change in (
        {"dark_luma": 0.95}, {"low_contrast": -0.1}, {"cell_faces": 0}, {"odd_face_size": 1.0},
    ):  # fmt: skip
        with pytest.raises(ValueError, match="expected"):
            replace(DEFAULTS, **change)


def test_every_gate_is_a_least_or_a_most() -> None:
    assert all(each.name.startswith(("min_", "max_")) for each in fields(Gates))


def test_the_shipped_params_say_what_the_defaults_are() -> None:
    """``facsmith quality`` without params holds sets against the same limits as the pipeline."""
    text = (Path(__file__).parents[2] / "params.yaml").read_text(encoding="utf-8")
    tree = YAML(typ="safe", pure=True).load(text)["quality"]
    gates = Gates(**{name: Gate(**limits) for name, limits in tree.pop("gates").items()})
    assert Quality(**tree, gates=gates) == DEFAULTS
