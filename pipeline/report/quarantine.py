"""What the import of photographs refused, by reason."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from itertools import islice
from pathlib import Path
from typing import Any

from faceset.quarantine import QuarantineEntry, counts_by_reason, read_quarantine
from pipeline.report.inputs import needed

MAX_NAMED = 12
"""Refused rows that the page names; all are in the quarantine's file."""


@dataclass(frozen=True)
class Quarantine:
    """Counts by reason, the most frequent first, and some of the rows."""

    counts: Mapping[str, int]
    named: tuple[QuarantineEntry, ...]

    @property
    def total(self) -> int:
        """Rows and files refused."""
        return sum(self.counts.values())

    def to_json(self) -> dict[str, Any]:
        """Returns plain values."""
        return {"counts": dict(self.counts), "named": [asdict(entry) for entry in self.named]}


def read(folder: Path) -> Quarantine:
    """Returns what the stage import_photos refused.

    Raises:
        StageError: it has not been run.
        SourceError: its file is damaged.
    """
    path = needed(folder / "quarantine.jsonl", "the quarantine", "import_photos")
    return Quarantine(counts_by_reason(read_quarantine(path)), tuple(islice(read_quarantine(path), MAX_NAMED)))
