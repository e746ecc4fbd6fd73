"""The manifest of a shard folder: one JSON line per finished shard. A file that it does not list is not a shard.

The lines are sorted by name and the file is replaced as a whole, so that any number of writers, in any order, leaves
the same bytes, and a killed writer leaves the manifest of before. A last line without its end (written by a foreign
tool that was killed) is ignored.
"""

import fcntl
import json
import os
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from faceset.atomic import write_bytes
from faceset.errors import ShardError

MANIFEST = "manifest.jsonl"

_threads = threading.Lock()


@dataclass(frozen=True)
class ShardRecord:
    """What the manifest says of one shard.

    Attributes:
        path: the file.
        num_samples: number of faces in it.
        sha256: of the file, hexadecimal.
        size: of the file, bytes.
    """

    path: Path
    num_samples: int
    sha256: str
    size: int

    def line(self) -> str:
        """Returns the record as one line of the manifest."""
        fields = {"num_samples": self.num_samples, "sha256": self.sha256, "shard": self.path.name, "size": self.size}
        return json.dumps(fields, sort_keys=True) + "\n"


def read_manifest(folder: Path) -> dict[str, ShardRecord]:
    """Returns the records of a folder by file name, sorted; empty where there is no manifest.

    Raises:
        ShardError: the folder is absent, or a line other than an unfinished last one cannot be read.
    """
    if not folder.is_dir():
        raise ShardError(f"{folder}: expected a folder of shards, found none; run the stage that writes it")
    path = folder / MANIFEST
    text = path.read_text("utf-8", errors="replace") if path.exists() else ""
    finished = text[: text.rfind("\n") + 1]
    records = [_record(folder, number, line) for number, line in enumerate(finished.splitlines(), 1) if line.strip()]
    return {record.path.name: record for record in sorted(records, key=lambda record: record.path.name)}


def shard_paths(folder: Path) -> list[Path]:
    """Returns the shards of a folder in the order of their names.

    Raises:
        ShardError: the folder or a listed shard is absent, or the manifest cannot be read.
    """
    paths = [record.path for record in read_manifest(folder).values()]
    absent = [path.name for path in paths if not path.is_file()]
    if absent:
        raise ShardError(f"{folder / MANIFEST}: lists {', '.join(absent)}, which the folder lacks; write them again")
    return paths


def add_record(record: ShardRecord) -> None:
    """Lists a finished shard, in place of an earlier record of the same name."""
    _edit(record.path.parent, lambda records: records.__setitem__(record.path.name, record))


def drop_record(path: Path) -> None:
    """Strikes a shard off its folder's manifest, if it is listed."""
    if path.name in read_manifest(path.parent):
        _edit(path.parent, lambda records: records.pop(path.name, None))


def _edit(folder: Path, change: Callable[[dict[str, ShardRecord]], Any]) -> None:
    with _locked(folder / MANIFEST):
        records = read_manifest(folder)
        change(records)
        text = "".join(records[name].line() for name in sorted(records))
        write_bytes(folder / MANIFEST, text.encode("utf-8"))


@contextmanager
def _locked(path: Path) -> Iterator[None]:
    """Holds the manifest against other threads and processes; the lock of a killed process ends with it."""
    with _threads:
        file = _open_locked(path)
        try:
            yield
        finally:
            file.close()


def _open_locked(path: Path) -> IO[bytes]:
    while True:
        file = path.open("ab")
        fcntl.flock(file, fcntl.LOCK_EX)
        # The writer before us replaced the file: then our lock is on the old one and excludes nobody.
        if _same_file(os.fstat(file.fileno()), path):
            return file
        file.close()


def _same_file(held: os.stat_result, path: Path) -> bool:
    try:
        return os.path.samestat(held, path.stat())
    except FileNotFoundError:
        return False


def _record(folder: Path, number: int, line: str) -> ShardRecord:
    where = f"{folder / MANIFEST}, line {number}"
    try:
        fields = json.loads(line)
        name, sha256 = str(fields["shard"]), str(fields["sha256"])
        record = ShardRecord(folder / name, int(fields["num_samples"]), sha256, int(fields["size"]))
    except (KeyError, TypeError, ValueError) as error:
        raise ShardError(f"{where}: expected a record with shard, num_samples, sha256 and size: {error!r}") from error
    if Path(name).name != name or not name.endswith(".h5"):
        raise ShardError(f"{where}: expected the name of an .h5 file in this folder, found {name!r}")
    return record
