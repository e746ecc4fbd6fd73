"""Shards under damage: cut, flipped, killed, out of disk. Nothing broken is ever taken for a shard."""

import json
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from faceset import atomic
from faceset.atomic import remove_leftovers
from faceset.errors import ShardError, StorageError
from faceset.loading import ShardSet
from faceset.manifest import MANIFEST
from faceset.shards import Shard, shard_paths, write_shard

MAKERS = str(Path(__file__).with_name("conftest.py"))
_PRELUDE = """
import importlib.util, resource, sys; from pathlib import Path
spec = importlib.util.spec_from_file_location("makers", sys.argv[1]); makers = importlib.util.module_from_spec(spec)
spec.loader.exec_module(makers)
from faceset.errors import ShardError; from faceset.sample import Sample; from faceset.shards import write_shard
folder = Path(sys.argv[2])
def samples(number, count=20, size=48):
    return [Sample(makers.random_arrays(number * 1000 + row, size)) for row in range(count)]
"""


@pytest.fixture(scope="module")
def shard(tmp_path_factory: Any, make_sample: Any) -> Path:
    path = tmp_path_factory.mktemp("damage") / "a.h5"
    write_shard(path, [make_sample(row, full=True) for row in range(4)])
    return path


@settings(deadline=None, max_examples=150)
@given(data=st.data())
def test_any_flipped_bit_is_found(shard: Path, data: Any) -> None:
    content = shard.read_bytes()
    offset = data.draw(st.integers(0, len(content) - 1))
    changed = bytearray(content)
    changed[offset] ^= 1 << data.draw(st.integers(0, 7))
    try:
        shard.write_bytes(changed)
        with pytest.raises(ShardError):
            Shard.open(shard, verify=True)
    finally:
        shard.write_bytes(content)
    Shard.open(shard, verify=True)


@settings(deadline=None, max_examples=40)
@given(data=st.data())
def test_a_cut_or_lengthened_file_is_refused_on_opening(shard: Path, data: Any) -> None:
    content = shard.read_bytes()
    length = data.draw(st.integers(0, len(content) - 1) | st.just(len(content) + 1))
    try:
        shard.write_bytes((content + b"\0")[:length])
        with pytest.raises(ShardError, match=r"truncated|other bytes|another kind"):
            Shard.open(shard)
    finally:
        shard.write_bytes(content)


@settings(deadline=None, max_examples=60)
@given(data=st.data())
def test_a_flipped_bit_in_the_manifest_is_found(shard: Path, data: Any) -> None:
    manifest = shard.with_name(MANIFEST)
    content = manifest.read_bytes()
    changed = bytearray(content)
    changed[data.draw(st.integers(0, len(content) - 1))] ^= 1 << data.draw(st.integers(0, 7))
    try:
        manifest.write_bytes(changed)
        if _fields(bytes(changed)) != _fields(content):
            with pytest.raises(ShardError):
                Shard.open(shard, verify=True)
    finally:
        manifest.write_bytes(content)


def _fields(line: bytes) -> Any:
    try:
        return json.loads(line) if line.endswith(b"\n") else None
    except ValueError:
        return None


def test_a_file_cut_after_opening_is_an_error_and_no_crash(folder: Path) -> None:
    opened = Shard.open(folder / "part-0.h5")
    os.truncate(opened.path, 4096)
    with pytest.raises(ShardError, match="when opened, now 4096"):
        opened.pixels()


@pytest.mark.parametrize("limit", [100, 5_000, 60_000, 130_000])
def test_a_full_disk_leaves_nothing(tmp_path: Path, limit: int) -> None:
    script = f"""{_PRELUDE}
write_shard(folder / "good.h5", samples(1))
resource.setrlimit(resource.RLIMIT_FSIZE, ({limit}, resource.RLIM_INFINITY))
try:
    write_shard(folder / "bad.h5", samples(2))
except ShardError as error:
    print(error)
"""
    done = subprocess.run(
        [sys.executable, "-c", script, MAKERS, str(tmp_path)], capture_output=True, text=True, check=True
    )
    assert "bad.h5: could not be written" in done.stdout
    assert "nothing was published" in done.stdout
    assert sorted(path.name for path in tmp_path.iterdir()) == ["good.h5", MANIFEST]
    assert len(ShardSet.from_folder(tmp_path)) == 20
    Shard.open(tmp_path / "good.h5", verify=True)


@pytest.mark.parametrize("call", range(4))
def test_a_failing_fsync_leaves_nothing(folder: Path, make_sample: Any, monkeypatch: Any, call: int) -> None:
    before = {path.name for path in folder.iterdir()}
    calls = iter(range(99))
    real = os.fsync

    def failing(descriptor: int) -> None:
        if next(calls) == call:
            raise OSError(28, "No space left on device")
        real(descriptor)

    monkeypatch.setattr(os, "fsync", failing)
    with pytest.raises(StorageError, match=r"the disk is full \(it needs about .*, .* are free\); make room"):
        write_shard(folder / "new.h5", [make_sample(55)])
    monkeypatch.undo()
    assert len(shard_paths(folder)) == 3
    assert not [path for path in folder.iterdir() if path.suffix == atomic.SUFFIX]
    # The file may have its name when only the folder's entry is in doubt; the manifest does not list it.
    assert {path.name for path in folder.iterdir()} - before <= {"new.h5"}
    write_shard(folder / "new.h5", [make_sample(55)])
    assert len(shard_paths(folder)) == 4


def test_a_failing_rename_keeps_the_old_shard(folder: Path, make_sample: Any, monkeypatch: Any) -> None:
    def failing(*_: Any) -> None:
        raise OSError(28, "No space left on device")

    before = (folder / "part-0.h5").read_bytes()
    monkeypatch.setattr(Path, "replace", failing)
    with pytest.raises(ShardError, match="nothing was published"):
        write_shard(folder / "part-0.h5", [make_sample(55)])
    monkeypatch.undo()
    assert (folder / "part-0.h5").read_bytes() == before
    Shard.open(folder / "part-0.h5", verify=True)


def test_a_killed_writer_leaves_nothing_that_is_taken_for_a_shard(tmp_path: Path) -> None:
    script = f"""{_PRELUDE}
batch = [samples(number) for number in range(4)]
print("ready", flush=True)
for round in range(10_000):
    write_shard(folder / f"{{round % 4}}.h5", batch[round % 4], {{"round": round}})
"""
    rng = random.Random(7)
    for _ in range(6):
        writer = subprocess.Popen([sys.executable, "-c", script, MAKERS, str(tmp_path)], stdout=subprocess.PIPE)
        assert writer.stdout is not None
        writer.stdout.readline()
        time.sleep(rng.uniform(0.01, 0.3))
        writer.send_signal(signal.SIGKILL)
        writer.wait()
        writer.stdout.close()
        for path in shard_paths(tmp_path):
            assert Shard.open(path, verify=True).num_samples == 20
    remove_leftovers(tmp_path)
    assert not [path for path in tmp_path.iterdir() if path.name.startswith(".")]
