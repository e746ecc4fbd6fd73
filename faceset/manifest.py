"""The manifest of a shard folder: one JSON line per finished shard. A file that it does not list is not a shard.

The lines are sorted by name and the file is replaced as a whole, so that any number of writers, in any order, leaves
the same bytes, and a killed writer leaves the manifest of before. A last line without its end (written by a foreign
tool that was killed) is ignored on reading; ``check_manifest`` finds it, as every other byte that no writer wrote.

Companions, the files beside the shards that describe them, are listed too, under "file" in place of "shard".
"""

import hashlib
import json
import threading
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from faceset.atomic import fsync_file, fsync_folder, make_folder, write_bytes
from faceset.errors import ShardError
from faceset.locking import exclusive

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


@dataclass(frozen=True)
class CompanionRecord:
    """What the manifest says of one companion.

    Attributes:
        path: the file.
        sha256: of the file, hexadecimal.
        size: of the file, bytes.
    """

    path: Path
    sha256: str
    size: int

    def line(self) -> str:
        """Returns the record as one line of the manifest."""
        fields = {"file": self.path.name, "sha256": self.sha256, "size": self.size}
        return json.dumps(fields, sort_keys=True) + "\n"


_Records = dict[str, ShardRecord | CompanionRecord]


def read_manifest(folder: Path) -> dict[str, ShardRecord]:
    """Returns the records of a folder's shards by file name, sorted; empty where there is no manifest.

    Raises:
        ShardError: the folder is absent, or a line other than an unfinished last one cannot be read.
    """
    return {name: record for name, record in _read(folder).items() if isinstance(record, ShardRecord)}


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


def check_manifest(folder: Path) -> None:
    """Checks that the manifest is, to the byte, what its writers leave, and that every companion is as it was listed.

    Raises:
        ShardError: it is not so.
    """
    path, records = folder / MANIFEST, _read(folder)
    if path.is_file() and path.read_bytes() != _content(records):
        raise ShardError(f"{path}: altered since it was written; restore it, or write the shards again")
    for record in records.values():
        if isinstance(record, CompanionRecord) and _companion(record.path) != record:
            raise ShardError(f"{record.path}: altered since it was written; restore it, or write the shards again")


def publish(temporary: Path, record: ShardRecord) -> None:
    """Gives a finished file its name and lists it, in place of an earlier shard of that name.

    All under the manifest's lock: of two writers of one name, one wins, with its file and its record. Killed in
    between, the name is not listed: neither the old sha256 nor the new is ever said of the other's file.

    Raises:
        OSError: the disk is full; then the file is not listed.
        BusyError: the manifest is held by somebody else for too long.
    """
    folder = record.path.parent
    with _threads, exclusive(folder / MANIFEST):
        listed = _read(folder)
        others = {name: entry for name, entry in listed.items() if name != record.path.name}
        if listed.get(record.path.name, record) != record:
            _write(folder, others)
        temporary.replace(record.path)
        fsync_folder(folder)
        if listed.get(record.path.name) != record:
            _write_or_withdraw({**others, record.path.name: record}, record)


def add_companions(paths: Iterable[Path]) -> None:
    """Lists finished files beside the shards of their folder, so that whoever alters them is found out.

    Raises:
        ShardError: one cannot be read.
    """
    for path in paths:
        fsync_file(path)
        _list(_companion(path))


def file_sha256(path: Path) -> str:
    """Returns the sha256 of a file, hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _list(record: ShardRecord | CompanionRecord) -> None:
    _edit(record.path.parent, lambda records: records.__setitem__(record.path.name, record))


def _edit(folder: Path, change: Callable[[_Records], Any]) -> None:
    make_folder(folder)
    with _threads, exclusive(folder / MANIFEST):
        records = _read(folder)
        change(records)
        _write(folder, records)


def _write(folder: Path, records: _Records) -> None:
    write_bytes(folder / MANIFEST, _content(records))


def _write_or_withdraw(records: _Records, record: ShardRecord) -> None:
    """Lists a shard whose file has its name; where that fails, the file is removed unless it is listed after all."""
    try:
        _write(record.path.parent, records)
    except OSError:
        with suppress(OSError, ShardError):
            if _read(record.path.parent).get(record.path.name) != record:
                record.path.unlink(missing_ok=True)
        raise


def _content(records: _Records) -> bytes:
    return "".join(records[name].line() for name in sorted(records)).encode("utf-8")


def _read(folder: Path) -> _Records:
    if not folder.is_dir():
        raise ShardError(f"{folder}: expected a folder of shards, found none; run the stage that writes it")
    path = folder / MANIFEST
    text = path.read_text("utf-8", errors="replace") if path.exists() else ""
    finished = text[: text.rfind("\n") + 1]
    # Not splitlines: it knows more ends of lines than the writer.
    records = [_record(folder, number, line) for number, line in enumerate(finished.split("\n"), 1) if line.strip()]
    return {record.path.name: record for record in sorted(records, key=lambda record: record.path.name)}


def _record(folder: Path, number: int, line: str) -> ShardRecord | CompanionRecord:
    where = f"{folder / MANIFEST}, line {number}"
    try:
        fields = json.loads(line)
        sha256, size = str(fields["sha256"]), int(fields["size"])
        name = str(fields["file"] if "file" in fields else fields["shard"])
        count = None if "file" in fields else int(fields["num_samples"])
    except (KeyError, TypeError, ValueError, RecursionError, OverflowError) as error:
        raise ShardError(f"{where}: expected a record with shard, num_samples, sha256 and size: {error!r}") from error
    if Path(name).name != name or "\0" in name or (count is not None and not name.endswith(".h5")):
        raise ShardError(f"{where}: expected the name of an .h5 file in this folder, found {name!r}")
    if count is None:
        return CompanionRecord(folder / name, sha256, size)
    return ShardRecord(folder / name, count, sha256, size)


def _companion(path: Path) -> CompanionRecord:
    try:
        return CompanionRecord(path, file_sha256(path), path.stat().st_size)
    except OSError as error:
        raise ShardError(f"{path}: expected the file that describes the shards beside it: {error.strerror}") from error
