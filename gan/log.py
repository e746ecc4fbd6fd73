"""The log of a run: one JSON object per line, the same bytes for the same run."""

import json
import os
from collections.abc import Mapping
from pathlib import Path

from faceset.atomic import write_bytes
from gan.errors import CheckpointError

Record = Mapping[str, float | int]
"""One line: the step, the learning rate factor, and every loss and statistic as "phase/name"."""


class RunLog:
    """Appends records to ``log.jsonl`` and forgets those that a resumed run will write again."""

    def __init__(self, path: Path, resume_at: int = 0, write: bool = True) -> None:
        """Opens the log; records of steps from ``resume_at`` on are removed.

        Args:
            path: of the file.
            resume_at: the step that comes next.
            write: False for a process that leaves the file to another one.
        """
        self._path = path if write else None
        kept = [record for record in read_log(path) if record["step"] < resume_at] if path.exists() else []
        if write:
            write_bytes(path, "".join(_line(record) for record in kept).encode())
        self.records: list[Record] = list(kept)

    def append(self, record: Record) -> None:
        """Adds one line and writes it at once."""
        self.records.append(record)
        if self._path is None:
            return
        with self._path.open("a", encoding="utf-8") as file:
            file.write(_line(record))
            file.flush()
            os.fsync(file.fileno())  # a checkpoint that outlives a power cut needs the lines before it


def read_log(path: Path) -> list[Record]:
    """Returns the records of a log; a last line that was cut off is left out.

    Raises:
        CheckpointError: another line is no record.
    """
    text = path.read_text(encoding="utf-8", errors="replace")
    return [_record(path, line) for line in text[: text.rfind("\n") + 1].split("\n") if line]


def _record(path: Path, line: str) -> Record:
    try:
        record: Record = json.loads(line)
        if not isinstance(record, dict) or not isinstance(record["step"], int):
            raise ValueError("no step")
    except (ValueError, KeyError, RecursionError) as error:
        raise CheckpointError(
            f"{path}: the log is damaged: found {line[:60]!r}; remove the folder to begin again"
        ) from error
    return record


def _line(record: Record) -> str:
    return json.dumps(dict(record), sort_keys=True) + "\n"
