"""EmotioNet: presence of Action Units in photographs from the web.

Benitez-Quiroz, Srinivasan & Martinez, "EmotioNet: an accurate, real-time algorithm for the automatic annotation of a
million facial expressions in the wild", CVPR 2016. A release is a folder with

- ``dataFile_*.txt``: automatic labels, tab-separated, no header, 62 columns: URL, original URL, AU1 to AU60;
- tables with a header (``EmotioNet_FACS_*.csv``, exported from the release's spreadsheet): labels by coders, the same
  columns by name, with quotes around names and URLs;
- the photographs, ``images/N_0000000001/N_0000000001_00001.jpg``; a row's path is what follows "/Images/" in its URL.

A label is 0 (absent), 1 (present) or 999 (not scored: unknown, never absent). A coder's label overrides an automatic
one, AU by AU; of two rows of the same kind the first that scores an AU counts.

AU43 (Eye Closure) also fills AU45 (Blink) where AU45 is not scored: a blink is a closure that lasts less than half a
second (FACS 2002), and a still shows the closure alone, which is what OpenFace's AU45 answers to.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import overload
from urllib.parse import unquote, urlsplit

from faceset.errors import SourceError
from faceset.quarantine import QuarantineEntry, Reason
from faceset.sources.lines import bare, cells, delimiter_of, numbered_lines
from faceset.sources.release import PhotoAnnotation, Release, images_folder
from facs.action_units import CODES

NUM_AUS = 60
AUTOMATIC = "dataFile_*.txt"
UNKNOWN = 2
"""How 999 is kept in memory, one byte for each AU."""

_VALUES = {0.0: 0, 1.0: 1, 999.0: UNKNOWN}
_AU_NAME = re.compile(r"AU\s*0*(\d+)", re.IGNORECASE)
_KNOWN_CODES = {f"AU{number}": number for number in range(1, NUM_AUS + 1) if f"AU{number}" in CODES}


class RowError(SourceError):
    """A row that cannot be used.

    Attributes:
        reason: why.
        detail: what was expected and what was found.
        path: of the image, as far as it is known.
    """

    def __init__(self, reason: Reason, detail: str, path: str = "") -> None:
        super().__init__(f"{reason}: {detail}")
        self.reason = reason
        self.detail = detail
        self.path = path


@dataclass(frozen=True)
class EmotioNetRow:
    """One row: the image's path relative to the folder of images, and 60 labels of 0, 1 or ``UNKNOWN``."""

    path: str
    labels: bytes


@dataclass
class _Table:
    """Labels by path; compact, because the release has a million rows."""

    labels: dict[str, tuple[bytes, str, int]] = field(default_factory=dict)
    refused: list[QuarantineEntry] = field(default_factory=list)

    def add(self, row: EmotioNetRow, file: str, line: int) -> None:
        """Adds a row; labels that are there stay."""
        before = self.labels.get(row.path)
        if before is None:
            self.labels[row.path] = (row.labels, file, line)
            return
        merged = bytes(new if old == UNKNOWN else old for old, new in zip(before[0], row.labels, strict=True))
        self.labels[row.path] = (merged, before[1], before[2])


class _Annotations(Sequence[PhotoAnnotation]):
    """The annotations of a table in the order of their paths, made when they are asked for."""

    def __init__(self, table: _Table) -> None:
        self._labels = table.labels
        self._paths = sorted(table.labels)

    def __len__(self) -> int:
        return len(self._paths)

    @overload
    def __getitem__(self, index: int) -> PhotoAnnotation: ...

    @overload
    def __getitem__(self, index: slice) -> list[PhotoAnnotation]: ...

    def __getitem__(self, index: int | slice) -> PhotoAnnotation | list[PhotoAnnotation]:
        if isinstance(index, slice):
            return [self[place] for place in range(*index.indices(len(self)))]
        path = self._paths[index]
        labels, file, line = self._labels[path]
        return PhotoAnnotation(path, presences(labels), f"{file}:{line}")


def read_emotionet(root: Path) -> Release:
    """Returns the photographs that a release's tables label, and the rows that were refused.

    Args:
        root: folder of the release, or one of its tables.

    Raises:
        SourceError: there is no table of the release.
    """
    if not root.exists():
        raise SourceError(f"{root}: expected the folder of an EmotioNet release or one of its tables, found none")
    automatic, tables, ignored = _one_table(root) if root.is_file() else _tables(root)
    if not tables and not automatic:
        raise SourceError(f"{root}: expected {AUTOMATIC} or a table with URL and AU columns, found neither")
    table = _Table()
    for path in tables:
        _fill(table, path, _manual_rows(path))
    for path in automatic:
        _fill(table, path, _automatic_rows(path))
    notes = tuple(f"{path.name}: not a table of labels, passed over" for path in ignored)
    images = images_folder(root.parent if root.is_file() else root)
    return Release("emotionet", "presence", images, _Annotations(table), tuple(table.refused), notes)


def automatic_row(line: str) -> EmotioNetRow:
    """Returns one row of ``dataFile_*.txt``.

    Raises:
        RowError: with the reason why it is refused.
    """
    columns = line.split("\t")
    if len(columns) != 2 + NUM_AUS:
        raise RowError(Reason.COLUMN_COUNT, f"expected {2 + NUM_AUS} columns, found {len(columns)}", columns[0][:500])
    path = relative_path(columns[0])
    return EmotioNetRow(path, bytes(label(path, f"AU{n}", cell) for n, cell in enumerate(columns[2:], start=1)))


def presences(labels: bytes) -> dict[str, float]:
    """Returns the scored AUs of 60 labels: 1.0 present, 0.0 absent; head positions and gaps in FACS are left out."""
    scored = {code: float(labels[n - 1]) for code, n in _KNOWN_CODES.items() if labels[n - 1] != UNKNOWN}
    if "AU43" in scored:
        scored.setdefault("AU45", scored["AU43"])
    return scored


def relative_path(url: str) -> str:
    """Returns the path of the image that a URL names, relative to the folder of images.

    Raises:
        RowError: it names none, or one outside the folder.
    """
    try:
        whole = unquote(urlsplit(bare(url)).path)
    except ValueError as error:
        raise RowError(Reason.BAD_PATH, f"expected a URL: {error}", url[:500]) from error
    parts = re.split("/images/", whole, maxsplit=1, flags=re.IGNORECASE)
    path = parts[1] if len(parts) == 2 else "/".join(whole.split("/")[-2:])
    pieces = PurePosixPath(path).parts
    if path.startswith("/") or ".." in pieces or "\\" in path or "\0" in path:
        raise RowError(Reason.OUTSIDE_ROOT, f"expected a path inside the folder of images, found {path!r}", path)
    if not pieces or not PurePosixPath(path).suffix:
        raise RowError(Reason.BAD_PATH, f"expected a URL that ends in an image's name, found {url[:200]!r}", path)
    return str(PurePosixPath(path))


def label(path: str, name: str, cell: str) -> int:
    """Returns one label: 0, 1 or ``UNKNOWN`` for 999.

    Raises:
        RowError: the cell holds anything else.
    """
    try:
        return _VALUES[float(bare(cell))]
    except (ValueError, KeyError):
        raise RowError(Reason.BAD_VALUE, f"{name}: expected 0, 1 or 999, found {cell[:40]!r}", path) from None


def _fill(table: _Table, path: Path, rows: Iterator[tuple[int, EmotioNetRow | RowError]]) -> None:
    for line, row in rows:
        if isinstance(row, RowError):
            table.refused.append(QuarantineEntry(row.path, f"{path.name}:{line}", row.reason, row.detail))
        else:
            table.add(row, path.name, line)


def _automatic_rows(path: Path) -> Iterator[tuple[int, EmotioNetRow | RowError]]:
    for line, text in numbered_lines(path):
        try:
            yield line, automatic_row(text)
        except RowError as error:
            yield line, error


def _tables(root: Path) -> tuple[list[Path], list[Path], list[Path]]:
    """Returns a release's tables of automatic labels, those of manual ones, and those that are something else."""
    tables = sorted(root.glob("*.csv"))
    labelled = [path for path in tables if _header(path) is not None]
    return sorted(root.glob(AUTOMATIC)), labelled, [path for path in tables if path not in labelled]


def _one_table(path: Path) -> tuple[list[Path], list[Path], list[Path]]:
    if _header(path) is not None:
        return [], [path], []
    _, first = next(numbered_lines(path), (0, ""))
    return ([path], [], []) if first.count("\t") == 1 + NUM_AUS else ([], [], [path])


@dataclass(frozen=True)
class TableHeader:
    """What the header of a table of manual labels says.

    Attributes:
        delimiter: between columns.
        num_columns: that every row must have.
        url: column of the URL.
        aus: AU number by column.
    """

    delimiter: str
    num_columns: int
    url: int
    aus: dict[int, int]


def _header(path: Path) -> TableHeader | None:
    _, text = next(numbered_lines(path), (0, ""))
    delimiter = delimiter_of(text)
    names = [bare(cell) for cell in cells(text, delimiter)]
    urls = [column for column, name in enumerate(names) if name.lower() == "url"]
    matches = {column: _AU_NAME.fullmatch(name) for column, name in enumerate(names)}
    aus = {column: int(match[1]) for column, match in matches.items() if match and 1 <= int(match[1]) <= NUM_AUS}
    return TableHeader(delimiter, len(names), urls[0], aus) if urls and aus else None


def _manual_rows(path: Path) -> Iterator[tuple[int, EmotioNetRow | RowError]]:
    header = _header(path)
    assert header is not None, "only tables with a header are read"
    lines = numbered_lines(path)
    next(lines)
    for line, text in lines:
        try:
            yield line, manual_row(cells(text, header.delimiter), header)
        except RowError as error:
            yield line, error


def manual_row(columns: list[str], header: TableHeader) -> EmotioNetRow:
    """Returns one row of a table with a header; AUs without a column are unknown.

    Raises:
        RowError: with the reason why it is refused.
    """
    if len(columns) != header.num_columns:
        raise RowError(
            Reason.COLUMN_COUNT,
            f"expected {header.num_columns} columns, found {len(columns)}",
            bare(columns[0])[:500] if columns else "",
        )
    path = relative_path(columns[header.url])
    labels = bytearray([UNKNOWN] * NUM_AUS)
    for column, number in header.aus.items():
        labels[number - 1] = label(path, f"AU{number}", columns[column])
    return EmotioNetRow(path, bytes(labels))
