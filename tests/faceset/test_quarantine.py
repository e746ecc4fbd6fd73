"""The quarantine file round-trips and counts."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from faceset.errors import SourceError
from faceset.quarantine import QuarantineEntry, QuarantineLog, Reason, counts_by_reason, read_quarantine

TEXTS = st.text(max_size=40)
ENTRIES = st.builds(QuarantineEntry, TEXTS, TEXTS, st.sampled_from(Reason), TEXTS, TEXTS)


@given(st.lists(ENTRIES, max_size=8))
def test_entries_round_trip(tmp_path_factory: pytest.TempPathFactory, entries: list[QuarantineEntry]) -> None:
    path = tmp_path_factory.mktemp("q") / "deep" / "quarantine.jsonl"
    with QuarantineLog(path) as log:
        for entry in entries:
            log.add(entry)
    assert list(read_quarantine(path)) == entries
    assert {str(reason): count for reason, count in log.counts.items()} == counts_by_reason(entries)


def test_counts_are_ordered() -> None:
    reasons = [Reason.NO_FACE, Reason.ABSENT, Reason.NO_FACE, Reason.EMPTY]
    counts = counts_by_reason(QuarantineEntry("a", "", reason) for reason in reasons)
    assert list(counts.items()) == [("no_face", 2), ("absent", 1), ("empty_file", 1)]


def test_a_log_belongs_in_a_with_block(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="with"):
        QuarantineLog(tmp_path / "q.jsonl").add(QuarantineEntry("a", "", Reason.EMPTY))


@pytest.mark.parametrize("line", ["{}", "[]", "nonsense", '{"path": "a", "reason": "unheard"}'])
def test_foreign_lines_are_refused(tmp_path: Path, line: str) -> None:
    path = tmp_path / "q.jsonl"
    path.write_text(line + "\n")
    with pytest.raises(SourceError, match=r"q\.jsonl:1"):
        list(read_quarantine(path))
