"""The small functions of the stages."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from annotate.importing import ImportSummary
from faceset.channels import DENSE
from gan.schedule import LinearDecay
from pipeline.desktop import show_report
from pipeline.doctor import Finding, healthy, second_face
from pipeline.editing import parse_target
from pipeline.errors import ParamsError, StageError
from pipeline.estimating import sample_bytes
from pipeline.evaluate_gan import means
from pipeline.import_photos import check_refused
from pipeline.params import load
from pipeline.render_shards import names_of
from pipeline.sample_specs import pair_set, sampling_config
from pipeline.train_estimator import write_metrics
from pipeline.train_gan import config_of, scaled, write_log
from render.scene import SEGMENT

ROOT = Path(__file__).parents[2]


def summary(imported: int, **refused: int) -> ImportSummary:
    return ImportSummary(imported + sum(refused.values()), imported, refused, (), Path("quarantine.jsonl"))


def test_too_many_refused_photographs_fail(capsys: pytest.CaptureFixture[str]) -> None:
    check_refused(summary(80, no_face=20), limit=0.2)
    assert "80 photographs imported, 20 rows refused: 20 no_face" in capsys.readouterr().err
    with pytest.raises(StageError, match=r"20\.8% of the rows refused, expected at most 20\.0%"):
        check_refused(summary(80, no_face=21), limit=0.2)
    with pytest.raises(StageError, match="0 photographs imported"):
        check_refused(summary(0), limit=1.0)


@pytest.mark.parametrize("words", [("AU12",), ("AU12=",), ("AU12=x",), ("AU12=1.1",), ("AU12=nan",)])
def test_a_target_that_says_nothing_is_refused(words: tuple[str, ...]) -> None:
    with pytest.raises(StageError, match=r"such as AU12=0\.8"):
        parse_target(words)


def test_a_target_is_read() -> None:
    assert parse_target(["au12=0.8", "AU4=0"]) == {"AU12": 0.8, "AU4": 0.0}


def test_means_are_over_seeds_and_skip_what_is_undefined() -> None:
    scores: list[dict[str, Any]] = [
        {"set": "twins", "metric": "psnr_changed", "value": 20.0},
        {"set": "twins", "metric": "psnr_changed", "value": 22.0},
        {"set": "twins", "metric": "au_error", "value": None},
        {"set": "twins", "metric": "edited_pcc_AU4", "value": 0.5},
        {"set": "other", "metric": "ssim_changed", "value": 1.0},
    ]
    assert means(scores) == {"twins": {"psnr_changed": 21.0, "au_error": None}, "other": {"ssim_changed": 1.0}}


def test_a_scaled_schedule_keeps_its_shape() -> None:
    for steps in (1, 7, 100, 1300):
        schedule = scaled(LinearDecay(900, 400), steps)
        assert schedule.steps == steps
        assert abs(schedule.decay_steps - steps * 400 / 1300) <= 0.5
    assert scaled(LinearDecay(900, 400), 1300) == LinearDecay(900, 400)


def test_values_that_do_not_go_together_are_a_fault_of_the_params() -> None:
    params = load(ROOT / "params.yaml")
    config = config_of(params, params.arm("twins"), seed=7)
    assert (config.condition, config.seed) == (params.action_units, 7)
    assert config.twin_fraction == params.arms["twins"].twin_fraction
    assert config.weights.twin == params.arms["twins"].twin_weight
    bad = replace(params.arms["real"], twin_weight=3.0)
    with pytest.raises(ParamsError, match="twin"):
        config_of(params, bad, seed=0)
    with pytest.raises(ParamsError, match="arms: expected one of real"):
        params.arm("reel")


def test_a_log_is_one_table(tmp_path: Path) -> None:
    write_log(tmp_path / "log.csv", {0: [{"step": 9, "a": 1.0}], 3: [{"step": 9, "b": 2.0}]})
    table = pd.read_csv(tmp_path / "log.csv")
    assert list(table.columns) == ["seed", "step", "a", "b"]
    assert table["seed"].tolist() == [0, 3] and table["a"].isna().tolist() == [False, True]


def test_metrics_of_the_judge_are_plain_numbers(tmp_path: Path) -> None:
    nan = float("nan")
    frame = pd.DataFrame({"au": ["AU4", "AU5"], "n": [3, 3], "mae": [0.1, 0.3], "pcc": [nan, 0.5], "icc": [nan, nan]})
    write_metrics(tmp_path / "metrics.json", frame)
    found = json.loads((tmp_path / "metrics.json").read_text(encoding="utf-8"))
    assert found == {"mae": pytest.approx(0.2), "pcc": 0.5, "icc": None}


def test_degrees_end_at_the_params() -> None:
    params = load(ROOT / "params.yaml")
    config = sampling_config(params.synthetic, params.action_units, 64)
    assert config.max_yaw == pytest.approx(params.synthetic.max_yaw_deg * 3.14159265 / 180)
    pairs = pair_set(params.emulated, params.twins)
    assert (pairs.count, pairs.twins_per_sample) == (params.twins.identities * params.twins.pairs_per_identity, 1)
    assert (pairs.backend, pairs.face_model) == (params.emulated.backend, params.emulated.face_model)


def test_a_set_is_drawn_with_its_own_face_model() -> None:
    params = load(ROOT / "params.yaml")
    other = replace(params.synthetic, face_model="ict")
    assert sampling_config(other, params.action_units, 64).face_model == "ict"
    assert pair_set(other, params.twins).face_model == "ict"


def test_the_doctor_says_how_to_get_thesecond_face(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("FACSMITH_ICT_FACEKIT", raising=False)
    absent = second_face()
    assert absent.status == "optional"
    assert "FACSMITH_ICT_FACEKIT" in absent.remedy
    (tmp_path / "FaceXModel").mkdir()
    (tmp_path / "FaceXModel" / "generic_neutral_mesh.obj").touch()
    monkeypatch.setenv("FACSMITH_ICT_FACEKIT", str(tmp_path))
    assert second_face() == Finding("ICT-FaceKit", "ok", str(tmp_path / "FaceXModel"))


def test_the_size_of_a_face_is_that_of_its_channels() -> None:
    plain = sample_bytes(64, ())
    assert 64 * 64 * 3 < plain < 64 * 64 * 3 + 4096
    assert sample_bytes(64, ("depth",)) == plain + 64 * 64 * 4
    assert sample_bytes(64, ("dense_visible", "flow")) == plain + DENSE + 64 * 64 * 8


def test_shards_name_the_classes_and_groups_that_their_numbers_stand_for() -> None:
    assert names_of(("depth",)) == {}
    names = names_of(("segmentation", "depth", "au_region"))
    assert (names["segments"][0], names["segments"][SEGMENT["card"]]) == ("background", "card")
    assert (len(names["au_groups"]), names["au_groups"][2]) == (8, "AU6")


def test_an_absent_report_says_how_to_make_one(tmp_path: Path) -> None:
    with pytest.raises(StageError, match="make demo"):
        show_report(tmp_path / "index.html")


def test_only_what_is_needed_makes_a_machine_unfit() -> None:
    assert healthy([Finding("GPU", "optional", "none"), Finding("disk", "ok", "9 GB")])
    assert not healthy([Finding("libraries", "absent", "no libGL")])
