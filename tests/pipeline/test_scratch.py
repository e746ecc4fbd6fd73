"""Unfinished work: kept when a run fails, removed when it ends, held against other runs, mended where it is damaged."""

import os
from pathlib import Path

import pytest

from faceset.errors import BusyError
from faceset.manifest import MANIFEST
from pipeline.files import remove, whole_folder
from pipeline.scratch import scratch


def test_it_goes_with_its_success_alone(tmp_path: Path) -> None:
    folder = tmp_path / "work"
    with pytest.raises(RuntimeError), scratch(folder):
        (folder / "piece").touch()
        raise RuntimeError
    with scratch(folder):
        assert (folder / "piece").exists()
    assert list(tmp_path.iterdir()) == []


def test_two_runs_do_not_share_it(tmp_path: Path) -> None:
    said = f"process {os.getpid()}"
    with scratch(tmp_path / "work"), pytest.raises(BusyError, match=said), scratch(tmp_path / "work"):
        pass


def test_what_killed_runs_left_is_removed_and_a_damaged_manifest_with_it(tmp_path: Path) -> None:
    folder, told = tmp_path / "work", list[str]()
    (folder / "00000").mkdir(parents=True)
    (tmp_path / ".other.gone").mkdir()
    (folder / "00000" / ".a.h5.1-abc.tmp").touch()
    (folder / "00000" / MANIFEST).write_text("{\n")
    with scratch(folder, told.append):
        assert list((folder / "00000").iterdir()) == []
    assert list(tmp_path.iterdir()) == []
    assert len(told) == 1 and "line 1: expected a record" in told[0]


def test_a_folder_that_is_removed_loses_its_name_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "work"
    folder.mkdir()
    (folder / "piece").touch()

    def killed(path: Path) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("pipeline.files.shutil.rmtree", killed)
    with pytest.raises(KeyboardInterrupt):
        remove(folder)
    assert [path.name for path in tmp_path.iterdir()] == [".work.gone"]


def test_an_output_is_written_by_one_run_at_a_time(tmp_path: Path) -> None:
    with whole_folder(tmp_path / "out") as part:
        (part / "mine").touch()
        with pytest.raises(BusyError, match="out: another run is using it"), whole_folder(tmp_path / "out"):
            pass
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["mine"]


def test_a_former_folder_gets_its_name_back(tmp_path: Path) -> None:
    (tmp_path / ".out.former").mkdir()
    (tmp_path / ".out.former" / "old").touch()
    with pytest.raises(RuntimeError), whole_folder(tmp_path / "out"):
        raise RuntimeError
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["old"]
    assert [path.name for path in tmp_path.iterdir()] == ["out"]
