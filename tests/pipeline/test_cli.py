"""The command line: what it offers works, and what is wrong is said in one line with an exit code."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from faceset.sample import Sample
from faceset.shards import write_shard
from facs.action_units import CODES
from pipeline import editing
from pipeline.cli import app
from pipeline.editing import FoundFace, annotate_photos, edit_photo
from pipeline.errors import StageError
from pipeline.params import load
from pipeline.previewing import save_sheet

ROOT = Path(__file__).parents[2]
PARAMS = ["--params", str(ROOT / "params.yaml")]


def run(*words: str) -> Any:
    """Returns the exit code of a command line."""
    return app(list(words), result_action="return_value")


def one_line(capsys: pytest.CaptureFixture[str]) -> str:
    said = capsys.readouterr().err
    assert len(said.splitlines()) == 1 and "Traceback" not in said
    return said


def shard(folder: Path) -> Path:
    au = np.linspace(0, 1, len(CODES), dtype=np.float32)
    samples = [
        Sample(
            {
                "image": np.random.default_rng(number).integers(0, 256, (16, 16, 3), dtype=np.uint8),
                "au": au * (number / 3),
                "au_left": au * (number / 3),
                "au_right": au * (number / 3),
                "au_known": np.ones(len(CODES), np.uint8),
                "identity": f"person-{number}",
                "sample_key": f"face-{number}",
                "source": "test",
                "twin_of": "",
            }
        )
        for number in range(4)
    ]
    return write_shard(folder / "00000.h5", samples).path


def test_help_names_every_command(capsys: pytest.CaptureFixture[str]) -> None:
    run("--help")
    said = capsys.readouterr().out
    assert all(name in said for name in ("render", "estimate", "edit", "annotate", "verify", "doctor"))


def test_a_sound_folder_is_verified(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    shard(tmp_path)
    assert run("verify", str(tmp_path)) == 0
    assert "pass  checksums" in capsys.readouterr().out


@pytest.mark.parametrize("damage", ["cut", "flip"])
def test_a_damaged_shard_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str], damage: str) -> None:
    path = shard(tmp_path)
    content = bytearray(path.read_bytes())
    if damage == "flip":
        content[len(content) // 2] ^= 1
    path.write_bytes(bytes(content[:-100] if damage == "cut" else content))
    assert run("verify", str(tmp_path)) == 1
    assert "00000.h5" in one_line(capsys)


def test_a_folder_without_shards_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("verify", str(tmp_path / "none")) == 1
    assert "none: expected a folder of shards" in one_line(capsys)


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (("edit", "face.jpg", "AU12=2", *PARAMS), "such as AU12=0.8, found AU12=2"),
        (("edit", "face.jpg", "AU12=1", "--arm", "reel", *PARAMS), "arms: expected one of real"),
        (("edit", "face.jpg", "AU12=1", "--out", "a.gif", *PARAMS), "a.gif: expected a name that ends in .jpg"),
        (("edit", "face.jpg", "AU12=1", *PARAMS), "found none; train it: dvc repro train_estimator"),
        (("annotate", "face.jpg", *PARAMS), "found none; train it: dvc repro train_estimator"),
    ],
)
def test_what_cannot_be_done_is_said(
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    words: tuple[str, ...],
    expected: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    assert run(*words) in (1, 2)
    assert expected in one_line(capsys)
    assert list(tmp_path.iterdir()) == []


def test_bad_params_are_a_fault_of_the_user(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert run("render", "synthetic") == 2
    assert "params.yaml: cannot be read" in one_line(capsys)


def test_a_contact_sheet_shows_the_faces(tmp_path: Path) -> None:
    save_sheet(load(ROOT / "params.yaml"), "synthetic", 4, tmp_path / "sheet.png")
    with Image.open(tmp_path / "sheet.png") as sheet:
        assert sheet.height >= 64 and sheet.width >= 4 * 64
        assert np.asarray(sheet).std() > 20


def test_a_contact_sheet_shows_labels_on_request(tmp_path: Path) -> None:
    assert run("render", "--count", "2", "--labels", "--out", str(tmp_path / "sheet.png"), *PARAMS) == 0
    with Image.open(tmp_path / "sheet.png") as sheet:
        pixels = np.asarray(sheet)
    assert pixels.shape == (2 * 64 + 2, 8 * (64 + 2) - 2, 3)
    tiles = [pixels[:64, start : start + 64] for start in range(0, pixels.shape[1], 66)]
    assert all(not np.array_equal(tiles[0], tile) for tile in tiles[1:])


class StillEditor:
    """Stands in for a trained generator: it paints the frame red."""

    class config:  # noqa: N801
        image_size = 16

    def edit_in_photo(self, photo: Any, frame: object, target: dict[str, float]) -> Any:
        if "AU99" in target:
            raise ValueError("AU99: this generator was trained for AU12")
        return np.full_like(photo, (255, 0, 0))


def test_an_edit_is_written_whole_or_not_at_all(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    photo = np.zeros((40, 30, 3), np.uint8)
    monkeypatch.setattr(editing, "judge_of", lambda runs: None)
    monkeypatch.setattr(editing, "editor_of", lambda *arguments: StillEditor())
    monkeypatch.setattr(editing, "find_face", lambda path, size: FoundFace(photo, None, size))  # type: ignore[arg-type]
    paths = load(ROOT / "params.yaml").paths
    edit_photo(paths, "mixed", 0, Path("x.jpg"), {"AU12": 1.0}, tmp_path / "out.png")
    with Image.open(tmp_path / "out.png") as image:
        assert image.size == (30, 40) and image.getpixel((0, 0)) == (255, 0, 0)
    with pytest.raises(StageError, match="AU99"):
        edit_photo(paths, "mixed", 0, Path("x.jpg"), {"AU99": 1.0}, tmp_path / "other.png")
    assert [path.name for path in tmp_path.iterdir()] == ["out.png"]


def test_what_is_no_photograph_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class Judge:
        class config:  # noqa: N801
            image_size = 16

    monkeypatch.setattr(editing, "judge_of", lambda runs: Judge())
    (tmp_path / "notes.txt").write_text(json.dumps({"not": "an image"}))
    paths = load(ROOT / "params.yaml").paths
    for name in ("notes.txt", "absent.jpg"):
        with pytest.raises(StageError, match=name):
            annotate_photos(paths, [tmp_path / name])
