"""The log of a run: one JSON object per line, the same bytes for the same run."""

import json
from collections.abc import Mapping
from pathlib import Path

from faceset.atomic import write_bytes

Record = Mapping[str, float | int]
"""One line: the step, the learning rate factor, and every loss and statistic as "phase/name"."""


class RunLog:
    """Appends records to ``log.jsonl`` and forgets those that a resumed run will write again."""

    def __init__(self, path: Path, resume_at: int = 0) -> None:
        """Opens the log; records of steps from ``resume_at`` on are removed."""
        self._path = path
        kept = [record for record in read_log(path) if record["step"] < resume_at] if path.exists() else []
        write_bytes(path, "".join(_line(record) for record in kept).encode())
        self.records: list[Record] = list(kept)

    def append(self, record: Record) -> None:
        """Adds one line and writes it at once."""
        self.records.append(record)
        with self._path.open("a", encoding="utf-8") as file:
            file.write(_line(record))


def read_log(path: Path) -> list[Record]:
    """Returns the records of a log; a last line that was cut off is left out."""
    lines = path.read_text(encoding="utf-8").splitlines(keepends=True)
    return [json.loads(line) for line in lines if line.endswith("\n")]


def _line(record: Record) -> str:
    return json.dumps(dict(record), sort_keys=True) + "\n"
