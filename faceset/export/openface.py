"""OpenFace's layout: one table for each photograph, as its FaceLandmarkImg writes them with -aus.

``processed/00001_00001.csv`` has the header ``face, confidence, AU01_r, …, AU45_r, AU01_c, …, AU45_c`` and one row.
Intensities ``_r`` are scores in [0, 5] with two decimals (``facs.intensity.score``: uneven, and not five times the
activation), presences ``_c`` are 0.0 or 1.0 from a trace on. The confidence is 1: no tracker took part.

OPENFACE HAS NO VALUE FOR "NOT SCORED" AND WRITES 0, WHICH NO READER CAN TELL FROM ABSENT; so does this export. Every
such 0 is listed in unscored.csv: leave these labels out of what you train and test on.
Images lie in ``images/00001_00001.png``: the person's number, then that of the face.
"""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from faceset.export.labels import ExportLabels
from faceset.export.written import Placement, Unscored, Written, write_text
from facs.action_units import OPENFACE17, OPENFACE18
from facs.intensity import score

SEPARATOR = ", "


def write(folder: Path, labels: ExportLabels) -> Written:
    """Writes a table for each face and returns where it lies."""
    intensity = [labels.column(code) for code in OPENFACE17]
    presence = [labels.column(code) for code in OPENFACE18]
    scores = np.stack([np.where(column.scored, score(column.activation), 0.0) for column in intensity], axis=1)
    shown = np.stack([np.where(column.scored, column.presence, 0) for column in presence], axis=1)
    names = [f"{who:05d}_{place:05d}" for who, place in zip(*labels.numbers(), strict=True)]
    for name, levels, marks in zip(names, scores.tolist(), shown.tolist(), strict=True):
        write_text(folder / _table(name), (_header(), _row(levels, marks)))
    placements = [
        Placement(int(sample), name.split("_")[0], _table(name), 1, f"images/{name}.png")
        for sample, name in zip(labels.sample, names, strict=True)
    ]
    missing = [
        Unscored(int(labels.sample[row]), code, reason, "0") for row, code, reason in labels.unscored(OPENFACE18)
    ]
    return Written(placements, missing)


def _table(name: str) -> str:
    return f"processed/{name}.csv"


def _header() -> str:
    columns = [_column(code, "r") for code in OPENFACE17] + [_column(code, "c") for code in OPENFACE18]
    return SEPARATOR.join(["face", "confidence", *columns])


def _column(code: str, kind: str) -> str:
    return f"AU{int(code.removeprefix('AU')):02d}_{kind}"


def _row(levels: Sequence[float], marks: Sequence[int]) -> str:
    cells = ["0", "1.000", *(f"{level:.2f}" for level in levels), *(f"{mark:.1f}" for mark in marks)]
    return SEPARATOR.join(cells)
