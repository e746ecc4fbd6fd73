"""Locks: a living holder is named, a dead one blocks nobody, and nobody waits on a file that was replaced."""

import os
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from faceset import locking
from faceset.errors import BusyError
from faceset.locking import exclusive, held

HOLD = """
import sys
from pathlib import Path
from faceset.locking import held
with held(Path(sys.argv[1])):
    print("held", flush=True)
    sys.stdin.read()
"""


@pytest.fixture
def holder(tmp_path: Path) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", HOLD, str(tmp_path / "work")]
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None and process.stdout.readline() == "held\n"
    return process


def _end(process: subprocess.Popen[str]) -> None:
    for stream in (process.stdin, process.stdout):
        assert stream is not None
        stream.close()
    process.wait()


def test_a_living_holder_is_named_and_what_to_do(tmp_path: Path, holder: subprocess.Popen[str]) -> None:
    said = rf"work: another run is using it: process {holder.pid} on .*; wait until"
    with pytest.raises(BusyError, match=said), held(tmp_path / "work"):
        pass
    _end(holder)
    with held(tmp_path / "work"):
        assert [path.name for path in tmp_path.iterdir()] == [".work.lock"]
    assert list(tmp_path.iterdir()) == []


def test_a_killed_holder_blocks_nobody(tmp_path: Path, holder: subprocess.Popen[str]) -> None:
    holder.kill()
    _end(holder)
    assert (tmp_path / ".work.lock").exists()
    with held(tmp_path / "work"):
        pass
    assert list(tmp_path.iterdir()) == []


def test_a_lock_is_not_inherited_by_what_its_holder_starts(tmp_path: Path) -> None:
    with held(tmp_path / "work"):
        child = subprocess.Popen([sys.executable, "-c", "import sys; sys.stdin.read()"], stdin=subprocess.PIPE)
    with held(tmp_path / "work"):
        assert child.poll() is None
    child.communicate()


def test_writers_take_turns_while_they_replace_the_file(tmp_path: Path) -> None:
    path = tmp_path / "counted"

    def count() -> None:
        for _ in range(20):
            with exclusive(path):
                number = int(path.read_text() or 0) + 1
                path.with_name(f"{number}").write_text(str(number))
                path.with_name(f"{number}").replace(path)

    threads = [threading.Thread(target=count) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert path.read_text() == "80"


def test_nobody_waits_for_ever(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(locking, "PATIENCE_S", 0.02)
    with exclusive(tmp_path / "file"), pytest.raises(BusyError, match="has held it for"), exclusive(tmp_path / "file"):
        pass


def test_a_file_system_without_locks_is_no_obstacle(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def unsupported(*_: object) -> None:
        raise OSError(38, os.strerror(38))

    monkeypatch.setattr("faceset.locking.fcntl.flock", unsupported)
    with held(tmp_path / "work"), exclusive(tmp_path / "file"):
        pass
