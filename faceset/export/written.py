"""What an export wrote: where each face's labels lie, and which labels the format could not keep."""

import csv
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

SAMPLES, UNSCORED = "samples.csv", "unscored.csv"


@dataclass(frozen=True)
class Placement:
    """Where one face is found.

    Attributes:
        sample: index of the face in the set.
        subject: what the format calls the person.
        file: of the labels, relative to the export's folder.
        row: of the labels in it, from 1, the header not counted.
        image: file of the image, relative to the export's folder; written only where images were asked for.
    """

    sample: int
    subject: str
    file: str
    row: int
    image: str


@dataclass(frozen=True)
class Unscored:
    """A label that is not scored, in a format that has no value for that.

    Attributes:
        sample: index of the face in the set.
        code: of the Action Unit.
        reason: why it is not scored.
        written: what stands in its place, or "left out" where the face was.
    """

    sample: int
    code: str
    reason: str
    written: str


@dataclass(frozen=True)
class Written:
    """What a format wrote.

    Attributes:
        placements: of the faces, in the order of the set.
        unscored: labels that the format could not keep apart from others; empty where it has a value for them.
        num_sentinels: labels that are not scored and say so.
    """

    placements: Sequence[Placement]
    unscored: Sequence[Unscored] = ()
    num_sentinels: int = 0


def write_rows(path: Path, header: Iterable[str], rows: Iterable[Sequence[object]]) -> None:
    """Writes a table of comma-separated values."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(header)
        writer.writerows(rows)


def write_text(path: Path, lines: Iterable[str]) -> None:
    """Writes lines of text into a folder that may be new."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", encoding="utf-8", newline="") as file:
        file.writelines(f"{line}\n" for line in lines)
