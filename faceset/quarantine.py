"""What an import refuses, and why: one JSON line per refused row or file. Nothing is moved and nothing is deleted."""

import json
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from enum import StrEnum
from pathlib import Path
from types import TracebackType
from typing import Self, TextIO

from faceset.errors import SourceError


class Reason(StrEnum):
    """Why a row or a file was refused."""

    COLUMN_COUNT = "wrong_column_count"  # the row has more or fewer columns than its format
    BAD_VALUE = "bad_value"  # a label outside the values of its format
    OUTSIDE_ROOT = "outside_root"  # the path leaves the folder of the images
    BAD_PATH = "bad_path"  # the row names no image
    ABSENT = "absent"  # the row names an image that is not there
    NOT_A_FILE = "not_a_file"  # a folder, a device, or a file that may not be read
    EMPTY = "empty_file"
    NOT_AN_IMAGE = "not_an_image"  # no JPEG, PNG or WebP, whatever its name says
    TRUNCATED = "truncated"  # it begins as an image and cannot be decoded to its end
    TOO_SMALL = "too_small"
    TOO_LARGE = "too_large"
    NO_FACE = "no_face"
    TWO_FACES = "two_faces"  # the row cannot say whose expression it scores
    FACE_TOO_SMALL = "face_too_small"
    FACE_CUT_OFF = "face_cut_off"  # too much of the frame lies outside the photograph
    DUPLICATE = "duplicate"  # the same pixels were imported before
    LOW_CONFIDENCE = "low_confidence"  # the scorer itself doubts the row
    REPEATED = "repeated_row"  # one photograph twice in a source that scores each once


@dataclass(frozen=True)
class QuarantineEntry:
    """One refused row or file.

    Attributes:
        path: of the image relative to the root, or what the row gave instead of one.
        where: the row that named it, as "file:line", or "" for none.
        reason: why.
        detail: what was expected and what was found.
        sha256: of the file's bytes, or "" where there are none.
    """

    path: str
    where: str
    reason: Reason
    detail: str = ""
    sha256: str = ""

    def to_json(self) -> str:
        """Returns the entry as one line of JSON."""
        return json.dumps(asdict(self), sort_keys=True, ensure_ascii=True)

    @classmethod
    def from_json(cls, text: str) -> Self:
        """Returns the entry of a line that ``to_json`` wrote.

        Raises:
            ValueError, KeyError, TypeError: it is no such line.
        """
        fields = json.loads(text)
        return cls(**{**fields, "reason": Reason(fields["reason"])})


class QuarantineLog:
    """Writes entries to a file as they come, and counts them by reason. Use it as a context manager.

    The file is begun anew: it describes one import.
    """

    def __init__(self, path: Path) -> None:
        """Names the file.

        Args:
            path: of the JSON lines; its folder is made where it is absent.
        """
        self.path = path
        self.counts: Counter[Reason] = Counter()
        self._lines: TextIO | None = None

    def add(self, entry: QuarantineEntry) -> None:
        """Writes one entry."""
        if self._lines is None:
            raise SourceError(f"{self.path}: a quarantine log takes entries only inside its `with` block")
        self._lines.write(entry.to_json() + "\n")
        self.counts[entry.reason] += 1

    def __enter__(self) -> Self:
        """Opens the file."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        self._lines = self.path.open("w", encoding="utf-8")
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Closes the file."""
        if self._lines is not None:
            self._lines.close()
            self._lines = None


def read_quarantine(path: Path) -> Iterator[QuarantineEntry]:
    """Yields the entries of a file that ``QuarantineLog`` wrote.

    Raises:
        SourceError: a line is no such entry.
    """
    with path.open(encoding="utf-8") as lines:
        for number, line in enumerate(lines, start=1):
            try:
                yield QuarantineEntry.from_json(line)
            except (ValueError, KeyError, TypeError) as error:
                raise SourceError(f"{path}:{number}: expected a quarantine entry, found {line[:80]!r}") from error


def counts_by_reason(entries: Iterable[QuarantineEntry]) -> dict[str, int]:
    """Returns how many entries have each reason, the most frequent first."""
    counts = Counter(str(entry.reason) for entry in entries)
    return dict(sorted(counts.items(), key=lambda item: (-item[1], item[0])))
