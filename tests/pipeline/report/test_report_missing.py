"""What is missing is named, with the stage that makes it; nothing half-written is left."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from pipeline.errors import StageError
from pipeline.files import remove
from pipeline.params import Params
from pipeline.write_report import run

ROOT = Path(__file__).parents[3]


@pytest.fixture
def copied(emulated_params: Params, tmp_path: Path) -> Params:
    """A run of its own, to be damaged."""
    home = emulated_params.paths.runs.parent
    shutil.copytree(home, tmp_path / "run")
    moved = {name: tmp_path / "run" / path.relative_to(home) for name, path in emulated_params.paths.__dict__.items()}
    for name in ("index.html", "report.json"):
        (moved["reports"] / name).unlink(missing_ok=True)
    return replace(emulated_params, paths=replace(emulated_params.paths, **moved))


@pytest.mark.parametrize(
    ("lost", "stage"),
    [
        ("runs/mixed/training/seed-0", "train_gan --arm mixed"),
        ("runs/mixed/training/log.csv", "train_gan --arm mixed"),
        ("runs/twins/evaluation/pairs.parquet", "evaluate_gan --arm twins"),
        ("runs/real/evaluation/measurements.json", "evaluate_gan --arm real"),
        ("runs/synthetic/evaluation/edits_twins.npz", "evaluate_gan --arm synthetic"),
        ("runs/synthetic/evaluation/strips_real.npz", "evaluate_gan --arm synthetic"),
        ("runs/estimator/training/agreement.csv", "train_estimator"),
        ("reports/dataset/judge.json", "check_shards"),
        ("data/shards/judge", "render_shards --set judge"),
        ("data/shards/real", "import_photos"),
        ("data/merged/twins.parquet", "merge_shards --arm twins"),
        ("data/quarantine", "import_photos"),
    ],
)
def test_what_is_missing_is_named_with_its_stage(copied: Params, lost: str, stage: str) -> None:
    home = copied.paths.runs.parent
    remove(home / lost)
    with pytest.raises(StageError) as caught:
        run(copied)
    text = str(caught.value)
    assert len(text.splitlines()) == 1
    assert str(home / lost) in text
    assert text.endswith(f"found none; run: python -m pipeline.{stage}")
    assert not (copied.paths.reports / "index.html").exists()
    assert not (copied.paths.reports / "report.json").exists()


def test_damaged_json_is_named(copied: Params) -> None:
    path = copied.paths.reports / "dataset" / "real.json"
    path.write_text("{")
    with pytest.raises(StageError, match=r"real\.json: expected JSON.*check_shards"):
        run(copied)


def test_arms_that_were_scored_on_other_pairs_are_not_compared(copied: Params) -> None:
    path = copied.paths.runs / "mixed" / "evaluation" / "pairs.parquet"
    table = pd.read_parquet(path)
    table.iloc[1:].to_parquet(path)
    with pytest.raises(StageError, match=r"same pairs, found others for mixed; run: .*evaluate_gan --arm mixed"):
        run(copied)


def test_pictures_of_other_faces_are_not_shown_side_by_side(copied: Params) -> None:
    path = copied.paths.runs / "twins" / "evaluation" / "edits_twins.npz"
    with np.load(path) as file:
        arrays = {name: file[name] for name in file.files}
    np.savez(path, **{**arrays, "keys": arrays["keys"][::-1]})
    with pytest.raises(StageError, match=r"expected the faces of the other arms.*evaluate_gan --arm twins"):
        run(copied)


def test_a_page_that_is_too_large_is_not_written(copied: Params, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pipeline.write_report.MAX_BYTES", 1000)
    with pytest.raises(StageError, match=r"the page takes .* MB, expected at most .*report\.contact_sheet"):
        run(copied)
    assert not (copied.paths.reports / "index.html").exists()


def test_an_answer_follows_the_numbers(run_of: Callable[..., Params]) -> None:
    params = run_of({"real": 1.5, "synthetic": -1.0, "mixed": 0.2, "twins": 0.3})
    run(params)
    answer = json.loads((params.paths.reports / "report.json").read_text())["answer"]
    assert answer["headline"] == "The best training set of this run: real (emulated)."
    assert "1.5" in answer["sentences"][0] and "real (emulated)" in answer["sentences"][0]


def test_before_any_other_stage_one_line_says_what_to_run(tmp_path: Path) -> None:
    shutil.copyfile(ROOT / "params.yaml", tmp_path / "params.yaml")
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-m", "pipeline.write_report"]
    done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout, len(done.stderr.splitlines())) == (1, "", 1)
    assert done.stderr.startswith("facsmith: write_report: reports/dataset/real.json: expected")
    assert done.stderr.endswith("run: python -m pipeline.check_shards\n")
    assert [path.name for path in tmp_path.iterdir()] == ["params.yaml"]
