"""The page and its numbers in a folder, and the one message that says which gates failed."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from faceset.gates import Check
from pipeline.errors import StageError
from pipeline.quality.facts import Asked, facts
from pipeline.quality.page import page
from pipeline.quality.sets import Broken, OpenedSet

MAX_BYTES = 5_000_000
"""Of the page: what an e-mail carries and a phone opens."""

PAGE, NUMBERS = "index.html", "report.json"


def write_page(folder: Path, asked: Asked, sets: Sequence[OpenedSet], broken: Sequence[Broken]) -> dict[str, Any]:
    """Writes ``index.html`` and ``report.json`` into a folder that exists, and returns what the latter holds.

    Raises:
        StageError: the page would be too large.
    """
    found = facts(asked, sets, broken)
    numbers = json.dumps(found, indent=1, allow_nan=False, ensure_ascii=False) + "\n"
    (folder / NUMBERS).write_text(numbers, encoding="utf-8")
    text = page(found, sets)
    if len(text.encode()) > MAX_BYTES:
        raise StageError(
            f"the quality page takes {len(text.encode()) / 1e6:.1f} MB, expected at most {MAX_BYTES / 1e6:.0f}; "
            "describe fewer folders or AUs on one page"
        )
    (folder / PAGE).write_text(text, encoding="utf-8")
    return found


def check_gates(found: Mapping[str, Any], where: Path) -> None:
    """Checks that no gate failed.

    Args:
        found: what ``report.json`` holds.
        where: the page.

    Raises:
        StageError: some gates failed: each with what was found, what was expected and what to do, and the page's path.
    """
    failed = [gate for gate in found["gates"] if gate["status"] == "fail"]
    if not failed:
        return
    told = [Check(**{key: gate[key] for key in gate if key != "set"}).told(gate["set"]) for gate in failed]
    raise StageError("\n".join([f"expected every gate to pass, found {len(failed)} that failed: {where}", *told]))
