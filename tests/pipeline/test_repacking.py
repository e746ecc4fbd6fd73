"""The command that repacks foreign HDF5: whole shards or none, slow layouts named, one line where it cannot."""

from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest

from faceset.loading import ShardSet
from faceset.shards import Shard, shard_paths
from pipeline.cli import app


def run(*words: str) -> int:
    return int(app(list(words), result_action="return_value"))


def said(capsys: pytest.CaptureFixture[str]) -> list[str]:
    return capsys.readouterr().err.splitlines()


@pytest.fixture
def foreign(tmp_path: Path) -> Path:
    rng = np.random.default_rng(0)
    with h5py.File(tmp_path / "them.h5", "w") as file:
        file.create_dataset("x", data=rng.integers(0, 256, (10, 8, 8, 3), dtype=np.uint8), chunks=(5, 8, 8, 1))
        file["y"] = rng.integers(0, 6, (10, 2))
        file["who"] = np.array([b"ann", b"bob"] * 5)
    return tmp_path / "them.h5"


def test_a_file_becomes_shards(tmp_path: Path, foreign: Path, capsys: pytest.CaptureFixture[str]) -> None:
    words = ("image=x", "au=y", "identity=who", "--aus", "AU1,AU12", "--scale", "0-5", "--shard-size", "4")
    assert run("repack", str(foreign), *words, "--out", str(tmp_path / "out")) == 0
    (line,) = said(capsys)
    assert "x is slow to read at random" in line and "3 pieces and 5 times its bytes" in line
    faces = ShardSet.from_folder(tmp_path / "out")
    with h5py.File(foreign) as file:
        assert np.array_equal(faces.images(np.arange(10)), file["x"][:])
        assert (faces.labels("au")[:, faces.au_codes.index("AU12")] > 0).tolist() == (file["y"][:, 1] > 0).tolist()
    assert faces.labels("identity").tolist() == ["ann", "bob"] * 5
    assert [Shard.open(path, verify=True).num_samples for path in shard_paths(tmp_path / "out")] == [4, 4, 2]


def test_values_that_begin_with_a_dash(tmp_path: Path) -> None:
    with h5py.File(tmp_path / "them.h5", "w") as file:
        file["x"] = np.full((2, 4, 4, 3), -1.0)
        file["y"] = np.array([[5.0, -1.0, 1.0], [5.0, 0.0, 9.0]])
    words = ("image=x", "au=y", "--aus", "-,AU1,AU12", "--unknown", "-1,9", "--black", "-1", "--white", "1")
    assert run("repack", str(tmp_path / "them.h5"), *words, "--out", str(tmp_path / "out")) == 0
    faces = ShardSet.from_folder(tmp_path / "out")
    columns = [faces.au_codes.index(code) for code in ("AU1", "AU12")]
    assert faces.labels("au_known")[:, columns].tolist() == [[0, 1], [1, 0]]
    assert faces.labels("au")[:, columns].tolist() == [[0, 1], [0, 0]] and not faces.images([0, 1]).any()


@pytest.mark.parametrize(("words", "message"), [
    (["image"], "expected each array once, as image=name"),
    (["image=x", "image=y"], "expected each array once"),
    (["image=nothing"], "not in the file, which has who, x, y there"),
    (["image=x", "au=y", "--aus", "AU1,AU12"], "expected labels on the scale 0-1, found 2, 3"),
    (["image=x", "--unknown", "nine"], "expected numbers with commas"),
    (["image=x", "--shard-size", "0"], "expected at least 1"),
])  # fmt: skip
def test_what_cannot_be_repacked_is_one_line_and_leaves_nothing(
    tmp_path: Path, foreign: Path, words: Any, message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("repack", str(foreign), *words, "--out", str(tmp_path / "out")) == 1
    lines = [line for line in said(capsys) if "is slow" not in line]
    assert len(lines) == 1 and message in lines[0]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["them.h5"]


def test_nobody_is_told_apart_without_names(tmp_path: Path, foreign: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("repack", str(foreign), "image=x", "--out", str(tmp_path / "out")) == 0
    assert "nothing says who is who" in said(capsys)[-1]
    assert run("repack", str(foreign), "image=x", "--out", str(tmp_path / "out")) == 1
    assert "absent or empty folder" in said(capsys)[0]
