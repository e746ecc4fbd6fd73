"""Unfinished work: kept when a run fails, removed when it ends, held against other runs, mended where it is damaged."""

import os
from pathlib import Path

import pytest

from faceset.errors import BusyError, ShardError
from faceset.manifest import MANIFEST
from faceset.spec import Identity, SampleSpec, read_specs
from faults import small
from pipeline.chunks import Chunk, Outcome
from pipeline.files import remove, whole_folder
from pipeline.rendering import RenderWork
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


def test_specifications_are_named_for_what_they_hold(tmp_path: Path) -> None:
    """A worker that starts late reads the faces it was started for, whatever was stored meanwhile."""
    specs = [SampleSpec(f"face-{number}", Identity("who")) for number in range(6)]
    work = RenderWork(specs, "raster", (), tmp_path)
    early = list(work.command(Chunk(0, 6)))
    small.write_noise(tmp_path, 0, specs[:2])
    late = list(work.command(Chunk(0, 6)))
    for command, first in ((early, 0), (late, 2)):
        path = Path(command[command.index("--specs") + 1])
        assert command[command.index("--first") + 1] == str(first)
        assert [spec.key for spec in read_specs(path)] == [spec.key for spec in specs[first:]]


def test_a_piece_of_other_faces_is_refused(tmp_path: Path) -> None:
    specs = [SampleSpec(f"face-{number}", Identity("who")) for number in range(3)]
    small.write_noise(tmp_path, 0, specs[::-1])
    outcome = Outcome((Chunk(0, 3),), ())
    with pytest.raises(ShardError, match="expected the face face-0, found face-2"):
        list(RenderWork(specs, "raster", (), tmp_path).samples(outcome))


def test_a_piece_that_was_damaged_since_it_was_counted_is_not_stored(tmp_path: Path) -> None:
    specs = [SampleSpec(f"face-{number}", Identity("who")) for number in range(3)]
    work = RenderWork(specs, "raster", (), tmp_path)
    path = small.write_noise(tmp_path, 0, specs)
    assert work.missing(Chunk(0, 3)) == 0
    before, content = path.stat(), bytearray(path.read_bytes())
    content[-1] ^= 1
    with path.open("r+b") as file:
        file.write(content)
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))  # a clock that does not move
    with pytest.raises(ShardError, match="holds no sample 0"):
        list(work.samples(Outcome((Chunk(0, 3),), ())))
