"""The commands that export labels and fit expressions: whole results or none, and one line where they cannot."""

import json
from pathlib import Path
from typing import Any, get_args

import numpy as np
import pytest
import yaml

from faceset.cooccurrence import Cooccurrence
from faceset.export import CONTAINERS, FORMATS
from faceset.merge import MergeSource, merge_shards
from faceset.sample import Sample
from faceset.shards import write_shard
from facs.action_units import CODES
from pipeline.cli import FormatName, app

ROOT = Path(__file__).parents[2]


def run(*words: str) -> Any:
    return app(list(words), result_action="return_value")


def said(capsys: pytest.CaptureFixture[str]) -> list[str]:
    return capsys.readouterr().err.splitlines()


def files(folder: Path) -> list[str]:
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*"))


@pytest.fixture
def shards(tmp_path: Path) -> Path:
    rng = np.random.default_rng(0)
    samples = []
    for number in range(6):
        known = np.ones(len(CODES), np.uint8)
        known[CODES.index("AU28")] = 0
        known[CODES.index("AU1")] = number > 0
        au = rng.random(len(CODES)).astype(np.float32) * known
        arrays = {"au": au, "au_left": au, "au_right": au, "au_known": known, "source": "test", "twin_of": ""}
        names = {"identity": f"person {number % 2}", "sample_key": f"face {number}"}
        samples.append(Sample({"image": rng.integers(0, 256, (16, 16, 3), dtype=np.uint8), **arrays, **names}))
    write_shard(tmp_path / "shards" / "00000.h5", samples, au_codes=CODES)
    return tmp_path / "shards"


def test_the_command_offers_every_format() -> None:
    assert get_args(FormatName) == (*FORMATS, *CONTAINERS)


def facts_about(tmp_path: Path, *sources: str) -> Path:
    """Writes the shipped facts about other sources."""
    content = yaml.safe_load((ROOT / "dataset.yaml").read_text(encoding="utf-8"))
    (tmp_path / "facts.yaml").write_text(yaml.safe_dump({**content, "sources": list(sources)}))
    return tmp_path / "facts.yaml"


def export_whole(tmp_path: Path, source: Path, name: str, *sources: str) -> int:
    facts = str(facts_about(tmp_path, *sources))
    words = ("--format", name, "--out", str(tmp_path / "out"), "--facts", facts, "--per-file", "2")
    return int(run("export", str(source), *words, "--params", str(ROOT / "params.yaml")))


@pytest.mark.parametrize("name", CONTAINERS)
def test_a_complete_export_is_whole(
    tmp_path: Path, shards: Path, name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert export_whole(tmp_path, shards, name, "test") == 0
    assert said(capsys) == []
    assert {"README.md", "datasheet.md", "croissant.json"} <= set(files(tmp_path / "out"))
    assert "6 faces of 2 people" in (tmp_path / "out/README.md").read_text(encoding="utf-8")
    assert not [file for file in files(tmp_path) if ".part" in file]


@pytest.mark.parametrize("name", CONTAINERS)
def test_a_failed_complete_export_leaves_nothing(
    tmp_path: Path, shards: Path, name: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    from PIL import Image

    def full(*_: Any, **__: Any) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Image.Image, "save", full)
    assert export_whole(tmp_path, shards, name, "test") == 1
    assert "disk is full" in said(capsys)[0]
    assert not (tmp_path / "out").exists() and not [file for file in files(tmp_path) if ".part" in file]


def test_facts_about_other_faces_stop_an_export(
    tmp_path: Path, shards: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert export_whole(tmp_path, shards, "webdataset", "synthetic") == 1
    (line,) = said(capsys)
    assert "speaks of faces from synthetic, found faces from test" in line and not (tmp_path / "out").exists()


def test_a_merge_index_is_exported_with_its_own_splits(tmp_path: Path, shards: Path) -> None:
    index = merge_shards(tmp_path / "merged.parquet", [MergeSource(shards)], 5, {"train": 0.5, "val": 0.5})
    assert export_whole(tmp_path, tmp_path / "merged.parquet", "webdataset", "test") == 0
    listed = json.loads((tmp_path / "out/index.json").read_text())["shardlist"]
    assert sum(each["nsamples"] for each in listed) == 6
    for split, rows in index.groupby("split"):
        assert sum(each["nsamples"] for each in listed if each["split"] == split) == len(rows)


def test_the_card_of_a_folder(tmp_path: Path, shards: Path, capsys: pytest.CaptureFixture[str]) -> None:
    facts = str(facts_about(tmp_path, "*"))
    assert run("card", str(shards), "--facts", facts) == 0
    assert capsys.readouterr().out.splitlines() == [
        str(shards / name) for name in ("README.md", "datasheet.md", "croissant.json")
    ]
    assert "## Checks: " in (shards / "README.md").read_text(encoding="utf-8")
    assert run("card", str(shards), "--facts", str(tmp_path / "none.yaml"), "--out", str(tmp_path / "there")) == 1
    assert not (tmp_path / "there").exists() and "expected a YAML file" in said(capsys)[0]


@pytest.mark.parametrize("name", FORMATS)
def test_an_export_is_whole(tmp_path: Path, shards: Path, name: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("export", str(shards), "--format", name, "--out", str(tmp_path / "out"), "--images") == 0
    lines = said(capsys)
    assert "README.txt" in files(tmp_path / "out") and "samples.csv" in files(tmp_path / "out")
    assert sum(Path(file).suffix in (".jpg", ".png") for file in files(tmp_path / "out")) == (
        5 if name == "disfa" else 6
    )
    assert files(tmp_path)[0] == "out" and not [file for file in files(tmp_path) if ".part" in file]
    expected = {
        "openface": ["7 labels are not scored and written as 0, which the format cannot tell from absent; see"],
        "disfa": ["1 of 6 faces left out", "1 labels are not scored and left out; see"],
    }.get(name, [])
    assert len(lines) == len(expected) and all(part in line for part, line in zip(expected, lines, strict=True))


def test_labels_alone_are_written_without_images(tmp_path: Path, shards: Path) -> None:
    (tmp_path / "out").mkdir()
    assert run("export", str(shards), "--format", "bp4d", "--out", str(tmp_path / "out")) == 0
    assert not (tmp_path / "out" / "Sequences").exists()
    assert "The images were not written" in (tmp_path / "out" / "README.txt").read_text()


def test_what_is_there_is_not_overwritten(tmp_path: Path, shards: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "out"
    out.mkdir()
    (out / "mine.txt").write_text("years of work")
    for target in (out, out / "mine.txt"):
        assert run("export", str(shards), "--format", "bp4d", "--out", str(target)) == 1
        (line,) = said(capsys)
        assert "expected an absent or empty folder" in line
    assert files(out) == ["mine.txt"] and (out / "mine.txt").read_text() == "years of work"


def test_a_failed_export_leaves_nothing(
    tmp_path: Path, shards: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    from PIL import Image

    def full(*_: Any, **__: Any) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Image.Image, "save", full)
    assert run("export", str(shards), "--format", "bp4d", "--out", str(tmp_path / "out"), "--images") == 1
    assert "disk is full" in said(capsys)[0]
    assert not (tmp_path / "out").exists() and [file for file in files(tmp_path) if ".part" in file] == []


def test_no_shards_is_one_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("export", str(tmp_path / "none"), "--format", "disfa", "--out", str(tmp_path / "out")) == 1
    assert len(said(capsys)) == 1 and files(tmp_path) == []


def test_expressions_are_fitted_to_shards(tmp_path: Path, shards: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "natural.json"
    assert run("fit-expressions", str(shards), "--out", str(out)) == 0
    found = Cooccurrence.load(out)
    assert "AU28" not in found.codes and "AU43" not in found.codes and "AU45" in found.codes
    assert found.fitted_to == "6 faces of the shards shards"
    assert "fitted 28 AUs to 6 faces" in said(capsys)[0]


@pytest.mark.parametrize(
    ("labels", "out", "expected"), [("none", "a.json", "expected a folder"), (".", "a.txt", ".json")]
)
def test_what_cannot_be_fitted_is_one_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], labels: str, out: str, expected: str
) -> None:
    assert run("fit-expressions", str(tmp_path / labels), "--out", str(tmp_path / out)) == 1
    (line,) = said(capsys)
    assert expected in line and files(tmp_path) == []
