"""EmotioNet's layout: presence of AU1 to AU60 in one row for each face; 999 is what nobody could score.

``dataFile_0001.txt`` … hold the automatic labels' layout: tab-separated, no header, URL, original URL, 60 columns.
``EmotioNet_FACS_facsmith.csv`` holds the same rows in the layout of the manual labels: a header, quotes around the AUs'
names and the URLs. An AU is present (1) from a trace on, letter A. AU51 to AU58, positions of the head, come from the
head pose where it is stored: a trace is 3 degrees of yaw. The URLs lead nowhere (the host is ``facsmith.invalid``):
what counts is the path behind "/Images/".
Images lie in ``images/N_0000000001/N_0000000001_00001.jpg``, a folder for each person.
"""

from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import numpy as np
import numpy.typing as npt

from faceset.export.labels import ExportLabels
from faceset.export.written import Placement, Written, write_text

NUM_AUS = 60
CODES = tuple(f"AU{number}" for number in range(1, NUM_AUS + 1))
NOT_SCORED = 999
ROWS_PER_FILE = 10_000
HOST = "https://facsmith.invalid"
MANUAL = "EmotioNet_FACS_facsmith.csv"


def write(folder: Path, labels: ExportLabels) -> Written:
    """Writes the two kinds of tables and returns where each face stands."""
    columns = [labels.column(code) for code in CODES]
    table = np.stack([np.where(column.scored, column.presence, NOT_SCORED) for column in columns], axis=1)
    names = [_name(int(who), int(place)) for who, place in zip(*labels.numbers(), strict=True)]
    urls = [(f"{HOST}/emotionet/Images/{name}", _original(key)) for name, key in zip(names, labels.keys, strict=True)]
    for start in range(0, len(labels), ROWS_PER_FILE):
        part = slice(start, start + ROWS_PER_FILE)
        write_text(folder / _file(start), _automatic(urls[part], table[part]))
    write_text(folder / MANUAL, _manual(urls, table))
    placements = [
        Placement(int(sample), name.split("/")[0], _file(row), row % ROWS_PER_FILE + 1, f"images/{name}")
        for row, (sample, name) in enumerate(zip(labels.sample, names, strict=True))
    ]
    return Written(placements, num_sentinels=int((table == NOT_SCORED).sum()))


def _name(person: int, place: int) -> str:
    return f"N_{person:010d}/N_{person:010d}_{place:05d}.jpg"


def _original(key: str) -> str:
    return f"{HOST}/original/{quote(str(key), safe='')}"


def _file(row: int) -> str:
    return f"dataFile_{row // ROWS_PER_FILE + 1:04d}.txt"


def _automatic(urls: list[tuple[str, str]], table: npt.NDArray[np.int64]) -> Iterator[str]:
    for url, row in zip(urls, table.tolist(), strict=True):
        yield "\t".join([*url, *map(str, row)])


def _manual(urls: list[tuple[str, str]], table: npt.NDArray[np.int64]) -> Iterator[str]:
    yield ",".join(["URL", "URL orig", *(f"'AU {number}'" for number in range(1, NUM_AUS + 1))])
    for (url, original), row in zip(urls, table.tolist(), strict=True):
        yield ",".join([f"'{url}'", f"'{original}'", *map(str, row)])
