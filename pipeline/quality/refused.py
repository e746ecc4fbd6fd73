"""Section: what the import of photographs refused, by reason, with examples named by their hashes."""

from collections import defaultdict
from pathlib import Path
from typing import Any

from faceset.quarantine import counts_by_reason, read_quarantine

EXAMPLES = 3
QUARANTINE = "quarantine.jsonl"


def refused(folder: Path | None, imported: int) -> dict[str, Any] | None:
    """Returns the counts by reason; None where there is no quarantine.

    Args:
        folder: of the quarantine.
        imported: faces that were not refused.
    """
    if folder is None or not (folder / QUARANTINE).is_file():
        return None
    entries = list(read_quarantine(folder / QUARANTINE))
    examples: dict[str, list[dict[str, str]]] = defaultdict(list)
    for entry in entries:
        if len(examples[str(entry.reason)]) < EXAMPLES:
            examples[str(entry.reason)].append({"sha256": entry.sha256, "where": entry.where, "detail": entry.detail})
    reasons = [
        {"reason": reason, "count": count, "share": count / len(entries), "examples": examples[reason]}
        for reason, count in counts_by_reason(entries).items()
    ]
    return {"refused": len(entries), "imported": imported, "rate": _rate(len(entries), imported), "reasons": reasons}


def _rate(refused_rows: int, imported: int) -> float:
    return refused_rows / max(refused_rows + imported, 1)
