"""What a run cannot tell follows from its settings and its outcome."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from pipeline.params import Params, load
from pipeline.report.evaluation import ArmScores, Bed
from pipeline.report.judge import Judge, JudgeAu
from pipeline.report.limits import emulation, limits
from pipeline.report.metrics import COLUMNS, GAIN
from pipeline.report.names import ArmName, arm_names, plain_arms
from pipeline.report.set_names import SetName, set_names
from pipeline.report.spread import Estimate
from pipeline.report.training import Training, unlearnt

ROOT = Path(__file__).parents[3]
PARAMS = load(ROOT / "params.yaml")
ARM = ArmName("real", "real (emulated)", "real*", "")
GOOD = Judge((JudgeAu("AU12", "Lip Corner Puller", 99, 0.1, 0.95, 0.9),))


def training(seeds: int = 1, faces: int = 100, attention: float = 0.8, missing: tuple[str, ...] = ()) -> Training:
    saturated = not 0.05 <= attention <= 0.95
    curves = pd.DataFrame({"seed": np.arange(seeds), "step": 1})
    return Training(ARM, {"emulated": faces}, 10, 1300, 1300, 8, (), curves, attention, saturated, missing)


def bed(gain: float = 0.0, people: int = 30, read: float = 0.0) -> Bed:
    nothing: dict[str, Estimate | None] = {column.name: None for column in COLUMNS}
    found = {**nothing, GAIN.name: Estimate(gain, gain - 0.1, gain + 0.1, 90)}
    found["au_error"] = Estimate(read, read - 0.1, read + 0.1, 90)
    scores = ArmScores(ARM, found, nothing, found, ())
    return Bed(SetName("twins", "Test pairs", "", "on faces"), 90, people, (scores,), nothing, None, (), {}, {})


def told(params: Params = PARAMS, one: Training | None = None, judge: Judge = GOOD, **scores: float) -> str:
    return " ".join(limits(params, [one or training()], [bed(**scores)], judge))  # type: ignore[arg-type]


def test_a_run_without_photographs_measures_none() -> None:
    assert "Nothing here is measured on photographs" in told()
    photographs = replace(PARAMS, real=replace(PARAMS.real, root=Path("release")))
    assert "Photographs have no exact twins" in told(photographs)
    assert "emulated" not in told(photographs).replace("real (emulated)", "")


def test_one_training_says_nothing_of_luck() -> None:
    assert "trained on once" in told()
    assert "people and 3 trainings" in told(one=training(seeds=3))


def test_the_published_settings_are_not_called_small() -> None:
    assert "far fewer and smaller than published" in told()
    assert "than published" not in told(replace(PARAMS, train=replace(PARAMS.train, preset="paper")))


def test_sets_of_different_size_are_named() -> None:
    other = ArmName("synthetic", "synthetic", "synthetic", "")
    few = limits(PARAMS, [training(faces=100), replace(training(faces=300), arm=other)], [bed()], GOOD)
    assert any("differ in size" in text and "100" in text and "300" in text for text in few)
    assert "differ in size" not in told()


def test_a_mask_that_keeps_everything_is_a_fault_only_where_nobody_sees_an_edit() -> None:
    kept = training(attention=0.98)
    assert "neither twins nor judge see that it edits" in told(one=kept, gain=-0.5)
    assert "mask of" not in told(one=kept, gain=1.0)
    assert "mask of" not in told(one=kept, gain=-0.5, read=0.2)
    assert "repaints the whole image" in told(one=training(attention=0.01), gain=-3.0)
    assert "mask of" not in told(one=training(attention=0.9), gain=-0.5)


def test_what_an_arm_could_not_learn_is_named() -> None:
    assert "real (emulated) could not learn AU5 and AU45" in told(one=training(missing=("AU5", "AU45")))


@pytest.mark.parametrize(("pcc", "rough"), [(0.95, False), (0.5, True), (None, True)])
def test_a_rough_judge_weighs_little(pcc: float | None, rough: bool) -> None:
    judge = Judge((JudgeAu("AU12", "Lip Corner Puller", 99, 0.1, pcc, 0.9),))
    assert ("roughly: what it says of them weighs little" in told(judge=judge)) == rough


def test_few_people_make_rough_intervals() -> None:
    assert any("few people, 6" in text for text in limits(PARAMS, [training()], [bed(people=6)], GOOD))


def test_the_four_limits_of_the_stand_in_carry_the_values_of_the_params() -> None:
    entry = replace(PARAMS.emulated, max_yaw_deg=12.5, label_error=0.35, intensity_levels=6, occlusion=0.1)
    poses, occlusion, error, levels = emulation(replace(PARAMS, emulated=entry))
    assert "12.5°" in poses and "0.1" in occlusion and "35%" in error and "6 intensities" in levels


def test_only_what_is_real_is_called_real() -> None:
    labels = [arm.label for arm in arm_names(PARAMS)]
    assert labels == ["real (emulated)", "synthetic", "mixed (part emulated)", "twins"]
    photographs = replace(PARAMS, real=replace(PARAMS.real, root=Path("release")))
    assert [arm.label for arm in arm_names(photographs)] == list(PARAMS.arms)
    assert set_names(photographs)[0].title == "Photographs"
    assert not any("emulated" in each.title.lower() for each in set_names(photographs))


def test_the_plain_arms_are_those_of_one_source_and_no_twins() -> None:
    found = plain_arms(PARAMS)
    assert found is not None and [arm.name for arm in found] == ["real", "synthetic"]
    assert plain_arms(replace(PARAMS, arms={name: PARAMS.arms[name] for name in ("mixed", "synthetic")})) is None


class Faces:
    """Three labelled faces: AU4 varies, AU12 is the same in all that know it, AU26 is known in none."""

    au_codes = ("AU4", "AU12", "AU26")

    def __len__(self) -> int:
        return 3

    def labels(self, name: str) -> np.ndarray:
        known = np.array([[1, 1, 0], [1, 1, 0], [1, 0, 0]], np.uint8)
        return known if name == "au_known" else np.array([[0, 1, 0], [0.5, 1, 0], [1, 0, 0]], np.float32)


def test_labels_that_teach_nothing_are_found() -> None:
    assert unlearnt(Faces(), ("AU4", "AU12", "AU26")) == ("AU12", "AU26")  # type: ignore[arg-type]
