"""DISFA's layout: for each person and Action Unit a list of frames with an ordinal from 0 to 5.

``ActionUnit_Labels/SN001/SN001_au12.txt`` has lines ``frame,intensity``: 0 absent, 1 to 5 the letters A to E
(``facs.intensity.ordinal``). A person is a video and each of their faces a frame, numbered from 1 without gaps; the 27
people of DISFA come first in numbering, SN001 to SN032 with gaps, then SN033 and on.

DISFA HAS NO VALUE FOR "NOT SCORED": every frame has all twelve AUs, and loaders join the files row by row. A face of
which an AU is not known or out of sight is left out whole, and every such label is listed in unscored.csv.
Images lie in ``Images/SN001/00001.png``; DISFA itself has videos.
"""

from pathlib import Path

import numpy as np
import numpy.typing as npt

from faceset.errors import ExportError
from faceset.export.labels import ExportLabels
from faceset.export.written import Placement, Unscored, Written, write_text
from facs.action_units import DISFA12
from facs.intensity import ordinal

LABELS = "ActionUnit_Labels"
PEOPLE = (*range(1, 14), 16, 17, 18, 21, *range(23, 33))
"""Numbers of the 27 people of DISFA, which loaders and published folds list by name."""


def write(folder: Path, labels: ExportLabels) -> Written:
    """Writes the lists of the faces that have every label, and returns where each stands.

    Raises:
        ExportError: no face has every label.
    """
    complete = np.all([labels.column(code).scored for code in DISFA12], axis=0)
    if not complete.any():
        never = [code for code in DISFA12 if not labels.column(code).scored.any()]
        raise ExportError(
            f"DISFA needs {', '.join(DISFA12)} of every face; none of the {len(labels)} faces has them all"
            + (f" (never scored: {', '.join(never)})" if never else "")
        )
    kept = labels.of_rows(complete)
    person, frame = kept.numbers()
    for number in np.unique(person):
        _write_person(folder, subject(int(number)), kept.of_rows(person == number), frame[person == number])
    placements = [
        Placement(int(sample), name, f"{LABELS}/{name}/{name}_au*.txt", place, f"Images/{name}/{place:05d}.png")
        for sample, name, place in zip(kept.sample, map(subject, person.tolist()), frame.tolist(), strict=True)
    ]
    missing = [
        Unscored(int(labels.sample[row]), code, reason, "left out") for row, code, reason in labels.unscored(DISFA12)
    ]
    return Written(placements, missing)


def subject(person: int) -> str:
    """Returns what DISFA would call person ``person``, from 1."""
    number = PEOPLE[person - 1] if person <= len(PEOPLE) else person - len(PEOPLE) + PEOPLE[-1]
    return f"SN{number:03d}"


def _write_person(folder: Path, name: str, labels: ExportLabels, frame: npt.NDArray[np.int64]) -> None:
    for code in DISFA12:
        levels = ordinal(labels.column(code).activation)
        lines = (f"{place},{level}" for place, level in zip(frame.tolist(), levels.tolist(), strict=True))
        write_text(folder / LABELS / name / f"{name}_{code.lower()}.txt", lines)
