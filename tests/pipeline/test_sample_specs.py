"""What params.yaml says of expressions and twins is what is drawn."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from ruamel.yaml import YAML

from faceset.cooccurrence import Cooccurrence
from faceset.errors import StatisticsError
from faceset.spec import CameraEffects, read_specs
from facs.combinations import is_possible
from facs.expression import NEUTRAL
from pipeline.errors import ParamsError
from pipeline.params import Params, load
from pipeline.sample_specs import pair_set, run, sampling_config

ROOT = Path(__file__).parents[2]


def changed(folder: Path, change: Callable[[Any], object]) -> Params:
    yaml = YAML(typ="safe", pure=True)
    content = yaml.load(ROOT / "params.yaml")
    content["paths"]["specs"] = str(folder / "specs")
    for name in ("synthetic", "emulated", "judge"):
        content[name].update(count=12, identities=4)
    content["twins"].update(identities=2, pairs_per_identity=2)
    change(content)
    yaml.dump(content, folder / "params.yaml")
    return load(folder / "params.yaml")


@pytest.fixture
def always(tmp_path: Path) -> Path:
    """Statistics of faces that all smile, and never do anything else."""
    au = np.array([[1.0, 0.0]] * 500)
    codes = ("AU12", "AU4")
    Cooccurrence.fitted(au, np.ones(au.shape), codes, "smiles", graded=False).save(tmp_path / "smiles.json")
    return tmp_path / "smiles.json"


def test_natural_expressions_follow_the_file_that_params_name(tmp_path: Path, always: Path) -> None:
    def change(content: Any) -> None:
        content["paths"]["natural"] = str(always)
        content["action_units"] = ["AU4", "AU12"]
        content["judge"].update(expressions="natural", neutral="none", count=40)

    run(changed(tmp_path, change))
    drawn = [spec.expression for spec in read_specs(tmp_path / "specs" / "judge.parquet")]
    assert np.mean([expression.both("AU12") > 0 for expression in drawn]) > 0.8
    assert np.mean([expression.both("AU4") > 0 for expression in drawn]) < 0.1
    other = [spec.expression for spec in read_specs(tmp_path / "specs" / "synthetic.parquet")]
    assert any(expression.both("AU4") > 0 for expression in other), "a balanced set does not follow them"


def test_statistics_that_are_needed_and_absent_are_named(tmp_path: Path) -> None:
    entry = load(ROOT / "params.yaml").judge
    assert sampling_config(entry, ("AU12",), 64, tmp_path / "none.json").statistics is None
    with pytest.raises(StatisticsError, match=r"none\.json: expected statistics of expressions, found none"):
        sampling_config(replace(entry, expressions="natural"), ("AU12",), 64, tmp_path / "none.json")
    assert sampling_config(replace(entry, expressions="natural"), ("AU12",), 64).statistics is None


@pytest.mark.parametrize("neutral", ["identity", "sample", "none"])
def test_neutral_faces_are_as_params_say(tmp_path: Path, neutral: str) -> None:
    run(changed(tmp_path, lambda content: content["synthetic"].update(neutral=neutral, twins_per_sample=1)))
    specs = read_specs(tmp_path / "specs" / "synthetic.parquet")
    assert all(is_possible(spec.expression) for spec in specs)
    bases = [spec for spec in specs if not spec.twin_of]
    firsts = [spec for spec in bases if int(spec.key[-7:]) < 4]
    rests = {spec.twin_of for spec in specs if spec.twin_of and spec.expression == NEUTRAL}
    assert all(spec.expression == NEUTRAL for spec in firsts) == (neutral == "identity")
    if neutral == "sample":
        assert all((spec.key in rests) != (spec.expression == NEUTRAL) for spec in bases)
        assert {spec.identity.name for spec in bases if spec.key in rests} == {spec.identity.name for spec in bases}


def test_test_pairs_are_drawn_as_ever(tmp_path: Path) -> None:
    params = changed(tmp_path, lambda content: content["synthetic"].update(neutral="sample", twins_per_sample=3))
    entry = pair_set(params.synthetic, params.twins)
    assert (entry.neutral, entry.twins_per_sample, entry.count) == ("identity", 1, 4)


def test_camera_effects_are_those_of_the_set_and_of_its_test_pairs(tmp_path: Path) -> None:
    run(changed(tmp_path, lambda content: content["emulated"].update(camera_effects=1.0)))
    for name, taken in (("emulated", True), ("twins_emulated", True), ("synthetic", False), ("twins", False)):
        specs = read_specs(tmp_path / "specs" / f"{name}.parquet")
        assert {spec.camera_effects != CameraEffects() for spec in specs} == {taken}, name


def test_aus_that_need_an_absent_one_are_a_fault_of_the_params(tmp_path: Path) -> None:
    with pytest.raises(ParamsError, match="action_units: AU27 needs AU25 beside it"):
        changed(tmp_path, lambda content: content.update(action_units=["AU12", "AU27"]))
