"""Other data sets' label formats: the registry. Each module writes one, with its own scale and its own sentinel."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from faceset.export import bp4d, disfa, emotionet, openface
from faceset.export.labels import ExportLabels
from faceset.export.written import Written


@dataclass(frozen=True)
class ExportFormat:
    """One format.

    Attributes:
        write: writes the labels into an empty folder and returns where each face is.
        notes: what a reader of the export must know; written beside it.
        not_scored: what a label that is not scored becomes.
    """

    write: Callable[[Path, ExportLabels], Written]
    notes: str
    not_scored: str


FORMATS: dict[str, ExportFormat] = {
    "emotionet": ExportFormat(emotionet.write, str(emotionet.__doc__), "999"),
    "openface": ExportFormat(openface.write, str(openface.__doc__), "0, and a row of unscored.csv"),
    "disfa": ExportFormat(disfa.write, str(disfa.__doc__), "a face that is left out, and a row of unscored.csv"),
    "bp4d": ExportFormat(bp4d.write, str(bp4d.__doc__), "9"),
}
"""Formats by name."""
