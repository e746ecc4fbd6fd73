"""Reading text tables of unknown origin, line by line and within bounds."""

import csv
from collections.abc import Iterator
from pathlib import Path

MAX_LINE_BYTES = 65_536
"""A longer line is no row of any known format and is cut; its column count then gives it away."""


def numbered_lines(path: Path) -> Iterator[tuple[int, str]]:
    """Yields (number from 1, text) of every line that is not blank, without its end; foreign bytes become U+FFFD."""
    with path.open("rb") as file:
        number = 0
        while raw := file.readline(MAX_LINE_BYTES):
            number += 1
            piece = raw
            while not piece.endswith(b"\n") and (piece := file.readline(MAX_LINE_BYTES)):
                pass
            text = raw.decode("utf-8-sig" if number == 1 else "utf-8", errors="replace").strip("\r\n")
            if text.strip():
                yield number, text


def cells(line: str, delimiter: str) -> list[str]:
    """Returns the cells of one line of a table; a line that cannot be divided is one cell."""
    try:
        return next(csv.reader([line], delimiter=delimiter, skipinitialspace=True), [])
    except csv.Error:
        return [line]


def delimiter_of(header: str) -> str:
    """Returns the delimiter of a header: the most frequent of comma, semicolon and tab."""
    return max(",;\t", key=header.count)


def bare(cell: str) -> str:
    """Returns a cell without surrounding blanks and quotes: "'AU 1'" becomes "AU 1"."""
    return cell.strip().strip("'\"").strip()
