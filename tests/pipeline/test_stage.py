"""The frame of the stages: exit codes, one message, no traceback, nothing half-written."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from ruamel.yaml import YAML

from faceset.sample import Sample
from faceset.shards import Shard, write_shard
from facs.action_units import CODES
from facs.errors import IntensityError
from pipeline import stage
from pipeline.errors import MissingLibraryError, ParamsError, StageError
from pipeline.params import Params

ROOT = Path(__file__).parents[2]


@pytest.fixture(autouse=True)
def _signals_as_before() -> Any:
    before = signal.getsignal(signal.SIGTERM)
    yield
    signal.signal(signal.SIGTERM, before)


def call(folder: Path, *arguments: str, change: Callable[[Any], object] | None = None) -> tuple[int, str]:
    """Runs a stage in ``folder`` with the shipped params, changed, and returns its exit code and error output."""
    yaml = YAML(typ="safe", pure=True)
    content = yaml.load(ROOT / "params.yaml")
    if change is not None:
        change(content)
    yaml.dump(content, folder / "params.yaml")
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        [sys.executable, "-m", *arguments], cwd=folder, env=environment, capture_output=True, text=True, check=False
    )
    assert done.stdout == ""
    return done.returncode, done.stderr


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (lambda p: p["image"].update(sise=3), "params.yaml: image.sise: unknown key; did you mean size?"),
        (lambda p: p["image"].update(size="big"), "params.yaml: image.size: expected an integer"),
        (lambda p: p["image"].update(size=-64), "params.yaml: image.size: expected an integer >= 16"),
    ],
)
@pytest.mark.parametrize("module", ["pipeline.sample_specs", "pipeline.import_photos"])
def test_bad_params_stop_a_stage_before_it_writes(
    tmp_path: Path, module: str, change: Callable[[Any], object], expected: str
) -> None:
    code, said = call(tmp_path, module, change=change)
    assert (code, len(said.splitlines())) == (2, 1)
    assert said.startswith(f"facsmith: {module.removeprefix('pipeline.')}: {expected}")
    assert [path.name for path in tmp_path.iterdir()] == ["params.yaml"]


def test_an_absent_input_is_named(tmp_path: Path) -> None:
    code, said = call(tmp_path, "pipeline.render_shards", "--set", "synthetic")
    assert (code, len(said.splitlines())) == (1, 1)
    assert said.startswith("facsmith: render_shards@synthetic: data/specs/synthetic.parquet: expected")
    assert [path.name for path in tmp_path.iterdir()] == ["params.yaml"]


def test_an_unknown_set_is_named(tmp_path: Path) -> None:
    code, said = call(tmp_path, "pipeline.render_shards", "--set", "sinthetic")
    assert code == 1
    assert "expected one of synthetic, emulated" in said


def test_a_command_line_that_is_wrong_shows_how_it_is_used(tmp_path: Path) -> None:
    code, said = call(tmp_path, "pipeline.render_shards")
    assert code == 2
    assert said.startswith("usage: python -m pipeline.render_shards") and "--set" in said


def faces(folder: Path, count: int = 6) -> Path:
    """Writes one shard of noise and returns its path."""
    random = np.random.default_rng(0)
    au = random.random((count, len(CODES)), dtype=np.float32)
    samples = [
        Sample(
            {
                "image": random.integers(0, 256, (64, 64, 3), dtype=np.uint8),
                "au": au[index],
                "au_left": au[index],
                "au_right": au[index],
                "au_known": np.ones(len(CODES), np.uint8),
                "identity": f"person-{index % 3}",
                "sample_key": f"face-{index}",
                "source": "noise",
                "twin_of": "",
            }
        )
        for index in range(count)
    ]
    return write_shard(folder / "00000.h5", samples).path


def test_the_stand_in_for_photographs_is_imported_whole(tmp_path: Path) -> None:
    faces(tmp_path / "data/shards/emulated")
    assert call(tmp_path, "pipeline.import_photos") == (0, "")
    assert sorted(path.name for path in (tmp_path / "data/quarantine").iterdir()) == [
        "quarantine.jsonl",
        "summary.json",
    ]
    labels = Shard.open(tmp_path / "data/shards/real/00000.h5", verify=True).labels("au")
    assert set(np.unique(labels)) <= {0.0, 1.0}


def test_a_truncated_shard_is_named_and_nothing_is_written(tmp_path: Path) -> None:
    shard = faces(tmp_path / "data/shards/emulated")
    shard.write_bytes(shard.read_bytes()[:-1000])
    code, said = call(tmp_path, "pipeline.import_photos")
    assert (code, len(said.splitlines())) == (1, 1)
    assert said.startswith("facsmith: import_photos: ") and "00000.h5" in said
    assert sorted(path.name for path in (tmp_path / "data").rglob("*") if path.is_file()) == [
        "00000.h5",
        "manifest.jsonl",
    ]


@pytest.mark.parametrize(("root", "expected"), [("nowhere", "nowhere: expected the folder"), (".", ".: expected")])
def test_an_absent_or_foreign_root_is_named_and_nothing_is_written(tmp_path: Path, root: str, expected: str) -> None:
    code, said = call(tmp_path, "pipeline.import_photos", change=lambda p: p["real"].update(root=root))
    assert (code, len(said.splitlines())) == (1, 1)
    assert said.startswith(f"facsmith: import_photos: {expected}")
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == [tmp_path / "params.yaml"]


def test_shards_that_fail_their_checks_stop_the_pipeline(tmp_path: Path) -> None:
    for name in ("real", "synthetic", "judge", "twins", "twins_emulated"):
        faces(tmp_path / "data/shards" / name)
    (tmp_path / "same_people.csv").write_text("identity,person\n", encoding="utf-8")
    code, said = call(tmp_path, "pipeline.check_shards")
    assert code == 1
    assert "max_shared_identities" in said and "person-0" in said
    assert (tmp_path / "reports/dataset/index.html").exists(), "the page says what is wrong"


def failing(error: BaseException) -> Callable[[], None]:
    def action() -> None:
        raise error

    return action


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (ParamsError("no"), 2),
        (StageError("no"), 1),
        (MissingLibraryError("no"), 1),
        (IntensityError("no"), 1),
        (FileNotFoundError(2, "No such file", "there"), 1),
        (OSError(28, "No space left on device"), 1),
        (KeyboardInterrupt(), 130),
    ],
)
def test_what_a_user_can_mend_is_one_line(error: BaseException, code: int, capsys: pytest.CaptureFixture[str]) -> None:
    assert stage.guarded("here", failing(error)) == code
    said = capsys.readouterr().err
    assert said.startswith("facsmith: here: ") and len(said.splitlines()) == 1


@pytest.mark.parametrize("error", [ValueError("plain"), KeyError("x"), AssertionError()])
def test_a_defect_shows_its_traceback(error: Exception, capsys: pytest.CaptureFixture[str]) -> None:
    assert stage.guarded("here", failing(error)) == 70
    said = capsys.readouterr().err
    assert "Traceback" in said and said.splitlines()[-1].startswith("facsmith: here: this is a defect")


def test_success_is_zero_and_silent(capsys: pytest.CaptureFixture[str]) -> None:
    assert stage.guarded("here", lambda: None) == 0
    assert capsys.readouterr() == ("", "")


def test_a_stage_gets_its_params_and_variant(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[object] = []

    def run(params: Params, name: str) -> None:
        seen.extend([params.image.size, name])

    arguments = ["--arm", "mixed", "--params", str(ROOT / "params.yaml")]
    assert stage.main_of("arm", run, arguments) == 0
    assert seen == [64, "mixed"]
