"""OpenFace 2 tables: intensity and presence of Action Units as a program scored them.

Baltrusaitis, Zadeh, Lim & Morency, "OpenFace 2.0: facial behavior analysis toolkit", FG 2018. Both of its programs
write one table for each input: FaceLandmarkImg one row for each face of a photograph, FeatureExtraction one for each
frame of a video. Columns are found by name: the separator is "," in some versions and ", " in others, and which
blocks are written is the user's choice. Intensities ``AU12_r`` lie in [0, 5], presences ``AU12_c`` are 0 or 1; an AU
that was not computed is written as 0, which no reader can tell from an absent one.

An intensity becomes an activation through ``facs.intensity.activation``, whose knots give the letters of FACS their
uneven ranges: 1 (trace) becomes .05, 3 (marked) .40, 5 (maximum) .95.
"""

import math
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from faceset.errors import SourceError
from faceset.quarantine import QuarantineEntry, Reason
from faceset.sources.lines import cells, delimiter_of, numbered_lines
from faceset.sources.release import PhotoAnnotation, Release, images_folder
from facs.action_units import CODES
from facs.intensity import activation

MIN_CONFIDENCE = 0.7
IMAGE_SUFFIXES = (".jpg", ".jpeg", ".png", ".webp")
_AU_COLUMN = re.compile(r"AU(\d\d)_([rc])")


@dataclass(frozen=True)
class OpenFaceRow:
    """One face in one image or frame.

    Attributes:
        line: of the table, from 1.
        frame: of the video; 0 in a photograph.
        face: which of the faces.
        confidence: of the tracker, in [0, 1].
        success: whether the face was tracked; True where the table does not say.
        intensity: 0 to 5 by AU code.
        presence: 0 or 1 by AU code.
    """

    line: int
    frame: int
    face: int
    confidence: float
    success: bool
    intensity: Mapping[str, float]
    presence: Mapping[str, float]


def read_openface_csv(path: Path) -> tuple[list[OpenFaceRow], list[QuarantineEntry]]:
    """Returns the rows of one table, and those that were refused.

    Raises:
        SourceError: the table has no column of AU intensities.
    """
    lines = numbered_lines(path)
    _, text = next(lines, (0, ""))
    delimiter = delimiter_of(text)
    names = [cell.strip() for cell in cells(text, delimiter)]
    if not any(_AU_COLUMN.fullmatch(name) for name in names):
        raise SourceError(f"{path}: expected columns such as AU12_r, found {names[:8]}; run OpenFace with -aus")
    rows, refused = [], []
    for line, text in lines:
        try:
            rows.append(openface_row(names, cells(text, delimiter), line))
        except _RowError as error:
            refused.append(QuarantineEntry(path.name, f"{path.name}:{line}", error.reason, str(error)))
    return rows, refused


class _RowError(SourceError):
    def __init__(self, reason: Reason, detail: str) -> None:
        super().__init__(detail)
        self.reason = reason


def openface_row(names: list[str], columns: list[str], line: int) -> OpenFaceRow:
    """Returns one row, its columns found by ``names``.

    Raises:
        SourceError: the row has another number of columns, or a value outside its range.
    """
    if len(columns) != len(names):
        raise _RowError(Reason.COLUMN_COUNT, f"expected {len(names)} columns, found {len(columns)}")
    values = dict(zip(names, columns, strict=True))
    return OpenFaceRow(
        line,
        int(_number(values, "frame", 0.0, 1e9)),
        int(_number(values, "face_id", 0.0, 1e6) or _number(values, "face", 0.0, 1e6)),
        _number(values, "confidence", 0.0, 1.0, absent=1.0),
        bool(_number(values, "success", 0.0, 1.0, absent=1.0)),
        _aus(values, "r", 5.0),
        _aus(values, "c", 1.0),
    )


def read_openface(tables: Path, images: Path | None = None, min_confidence: float = MIN_CONFIDENCE) -> Release:
    """Returns the photographs that a folder of FaceLandmarkImg tables scores.

    A table and its photograph have the same name but for the suffix, in the same sub-folder.

    Args:
        tables: folder of ``*.csv``.
        images: folder of the photographs; by default the folder of images beside or around the tables.
        min_confidence: least confidence of a row.

    Raises:
        SourceError: no table can be read.
    """
    home = images or images_folder(tables)
    annotations, refused = [], []
    for path in sorted(tables.rglob("*.csv")):
        found = _photo(path, path.relative_to(tables), home, min_confidence)
        if isinstance(found, PhotoAnnotation):
            annotations.append(found)
        else:
            refused.extend(found)
    if not annotations and not refused:
        raise SourceError(f"{tables}: expected OpenFace tables *.csv, found none")
    annotations.sort(key=lambda annotation: annotation.path)
    return Release("openface", "activation", home, annotations, tuple(refused))


def activations(intensity: Mapping[str, float]) -> dict[str, float]:
    """Returns activations in [0, 1] of OpenFace intensities in [0, 5], by AU code."""
    return {code: float(activation(value)) for code, value in intensity.items()}


def _photo(path: Path, relative: Path, home: Path, least: float) -> PhotoAnnotation | list[QuarantineEntry]:
    image = _image_beside(home, PurePosixPath(relative.as_posix()))
    try:
        rows, refused = read_openface_csv(path)
    except SourceError as error:
        return [QuarantineEntry(str(relative), relative.as_posix(), Reason.COLUMN_COUNT, str(error))]
    if refused:
        return refused
    where = f"{relative.as_posix()}:{rows[0].line if rows else 1}"
    reason, detail = _objection(rows, image, least)
    if image is None or reason is not None:
        return [QuarantineEntry(image or relative.as_posix(), where, reason or Reason.ABSENT, detail)]
    return PhotoAnnotation(image, activations(rows[0].intensity), where)


def _objection(rows: list[OpenFaceRow], image: str | None, least: float) -> tuple[Reason | None, str]:
    if not rows:
        return Reason.NO_FACE, "the table has no row: OpenFace found no face"
    if len({row.frame for row in rows}) > 1:
        return Reason.BAD_PATH, "a table of a video's frames names no photograph"
    if len(rows) > 1:
        return Reason.TWO_FACES, f"expected one face, found {len(rows)} rows"
    if not rows[0].success or rows[0].confidence < least:
        return Reason.LOW_CONFIDENCE, f"confidence {rows[0].confidence:g}, at least {least:g}"
    if image is None:
        return Reason.ABSENT, f"no photograph of that name ({', '.join(IMAGE_SUFFIXES)})"
    return None, ""


def _image_beside(home: Path, table: PurePosixPath) -> str | None:
    names = (table.with_suffix(suffix) for suffix in _both_cases(IMAGE_SUFFIXES))
    return next((str(name) for name in names if (home / name).is_file()), None)


def _both_cases(suffixes: tuple[str, ...]) -> Iterator[str]:
    for suffix in suffixes:
        yield suffix
        yield suffix.upper()


def _aus(values: Mapping[str, str], kind: str, highest: float) -> dict[str, float]:
    matches = (_AU_COLUMN.fullmatch(name) for name in values)
    names = {f"AU{int(match[1])}": match[0] for match in matches if match and match[2] == kind}
    return {code: _number(values, name, 0.0, highest) for code, name in names.items() if code in CODES}


def _number(values: Mapping[str, str], name: str, lowest: float, highest: float, absent: float = 0.0) -> float:
    if name not in values:
        return absent
    try:
        value = float(values[name])
    except ValueError:
        value = math.nan
    if not lowest <= value <= highest:
        raise _RowError(Reason.BAD_VALUE, f"{name}: expected {lowest:g} to {highest:g}, found {values[name][:40]!r}")
    return value
