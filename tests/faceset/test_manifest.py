"""The manifest: every byte of it is checked, companions are listed, and writers of one name do not mix."""

import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from faceset.atomic import fsync_folder
from faceset.errors import ShardError, StorageError
from faceset.manifest import MANIFEST, add_companions, check_manifest, read_manifest
from faceset.shards import Shard, shard_paths, write_shard


def test_every_flipped_bit_of_the_manifest_is_found(folder: Path) -> None:
    (folder / "about.json").write_text("{}")
    add_companions([folder / "about.json"])
    manifest, records = folder / MANIFEST, read_manifest(folder)
    content = manifest.read_bytes()
    check_manifest(folder)
    for place in range(len(content)):
        for bit in range(8) if content[place] < 48 else (place % 8,):  # every bit of blanks, quotes and line ends
            changed = bytearray(content)
            changed[place] ^= 1 << bit
            manifest.write_bytes(changed)
            with pytest.raises(ShardError):
                check_manifest(folder)
                if read_manifest(folder) != records:
                    raise ShardError("as Shard.verify does where a record is not that of its file")


def test_companions_are_no_shards_and_are_checked(folder: Path) -> None:
    (folder / "specs.parquet").write_bytes(b"specs")
    add_companions([folder / "specs.parquet"])
    assert "specs.parquet" not in read_manifest(folder) and len(shard_paths(folder)) == 3
    check_manifest(folder)
    (folder / "specs.parquet").write_bytes(b"specz")
    with pytest.raises(ShardError, match=r"specs.parquet: altered since it was written"):
        check_manifest(folder)
    (folder / "specs.parquet").unlink()
    with pytest.raises(ShardError, match=r"specs.parquet: expected the file"):
        check_manifest(folder)


def test_two_writers_of_one_name_leave_one_whole_shard(tmp_path: Path, make_sample: Any) -> None:
    batches = [[make_sample(writer * 10 + row) for row in range(3)] for writer in range(6)]
    with ThreadPoolExecutor(6) as threads:
        list(threads.map(lambda batch: write_shard(tmp_path / "a.h5", batch), batches))
    keys = Shard.open(tmp_path / "a.h5", verify=True).labels("sample_key").tolist()
    assert keys in [[sample.key for sample in batch] for batch in batches]


def test_a_listed_shard_stays_where_only_the_folder_was_not_flushed(
    folder: Path, make_sample: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls = iter(range(99))
    real = os.fsync

    def failing(descriptor: int) -> None:
        if next(calls) == 4:  # the last: the folder's, after the manifest has its name
            raise OSError(5, "Input/output error")
        real(descriptor)

    monkeypatch.setattr(os, "fsync", failing)
    with pytest.raises(StorageError, match="dmesg"):
        write_shard(folder / "new.h5", [make_sample(55)])
    monkeypatch.undo()
    assert len(shard_paths(folder)) == 4, "a manifest never lists what the folder lacks"


def test_a_file_system_that_cannot_flush_folders_is_no_obstacle(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def unsupported(descriptor: int) -> None:
        raise OSError(22, "Invalid argument")

    monkeypatch.setattr(os, "fsync", unsupported)
    fsync_folder(tmp_path)
