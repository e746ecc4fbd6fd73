"""BP4D's layout: occurrence of every Action Unit and intensity of five, in one table for each person; 9 is not scored.

``AUCoding/AU_OCC/F001_T1.csv`` has a header ``0,1,…,99`` and a row for each frame: the frame's number from 1, then
AU1 to AU99, each 0, 1 (from a trace on, letter A) or 9. ``AUCoding/AU_INT/AU06/F001_T1_AU06.csv`` has no header and
rows ``frame,intensity``: 0 absent, 1 to 5 the letters A to E, or 9; only of AU6, 10, 12, 14 and 17, as in BP4D.

A person is one task, T1, and each of their faces a frame. People are called as in BP4D, F001 to F023 and M001 to M018,
then F024 and on, so that loaders find the names they list: THE LETTER SAYS NOTHING OF ANYBODY'S SEX.
Images lie in ``Sequences/F001/T1/0001.jpg``, by the frame's number.
"""

from pathlib import Path

import numpy as np
import numpy.typing as npt

from faceset.export.labels import AuColumn, ExportLabels
from faceset.export.written import Placement, Written, write_rows, write_text
from facs.intensity import ordinal

NOT_SCORED = 9
CODES = tuple(f"AU{number}" for number in range(1, 100))
GRADED = ("AU6", "AU10", "AU12", "AU14", "AU17")
WOMEN, MEN = 23, 18
"""People in BP4D whose names begin with F and with M."""


def write(folder: Path, labels: ExportLabels) -> Written:
    """Writes the tables of every person and returns where each face stands."""
    person, frame = labels.numbers()
    sentinels = 0
    for number in np.unique(person):
        rows = person == number
        sentinels += _write_person(folder, subject(int(number)), labels.of_rows(rows), frame[rows])
    placements = [
        Placement(int(sample), name, f"AUCoding/AU_OCC/{name}_T1.csv", place, f"Sequences/{name}/T1/{place:04d}.jpg")
        for sample, name, place in zip(labels.sample, map(subject, person.tolist()), frame.tolist(), strict=True)
    ]
    return Written(placements, num_sentinels=sentinels)


def subject(person: int) -> str:
    """Returns what BP4D would call person ``person``, from 1."""
    if WOMEN < person <= WOMEN + MEN:
        return f"M{person - WOMEN:03d}"
    return f"F{person if person <= WOMEN else person - MEN:03d}"


def _write_person(folder: Path, name: str, labels: ExportLabels, frame: npt.NDArray[np.int64]) -> int:
    """Writes one person's tables and returns how many labels of them are not scored."""
    table = np.stack([_coded(column, column.presence) for column in map(labels.column, CODES)], axis=1)
    rows = [[place, *row] for place, row in zip(frame.tolist(), table.tolist(), strict=True)]
    write_rows(folder / "AUCoding/AU_OCC" / f"{name}_T1.csv", map(str, range(100)), rows)
    for code in GRADED:
        column = labels.column(code)
        levels = _coded(column, ordinal(column.activation))
        unit = f"AU{int(code[2:]):02d}"
        lines = (f"{place},{level}" for place, level in zip(frame.tolist(), levels.tolist(), strict=True))
        write_text(folder / "AUCoding/AU_INT" / unit / f"{name}_T1_{unit}.csv", lines)
    return int((table == NOT_SCORED).sum())


def _coded(column: AuColumn, values: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    return np.where(column.scored, values, NOT_SCORED)
