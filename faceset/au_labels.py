"""Action Unit labels of many faces as one table, whoever scored them: shards, EmotioNet's tables, OpenFace's."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Self

import numpy as np
import numpy.typing as npt

from faceset.errors import SourceError
from faceset.loading import ShardSet
from faceset.manifest import MANIFEST
from faceset.sources.emotionet import read_emotionet
from faceset.sources.openface import MIN_CONFIDENCE, activations, read_openface_csv
from facs.action_units import CODES, STILL


@dataclass(frozen=True, eq=False)
class AuLabels:
    """Labels of N faces.

    Attributes:
        codes: K codes; of those that a still picture cannot tell apart only the one that is kept (AU45).
        au: (N, K) activations in [0, 1]; 0 where unknown.
        known: (N, K).
        graded: True where labels are intensities, False where they are presences.
        origin: what was labelled, for a person.
    """

    codes: tuple[str, ...]
    au: npt.NDArray[np.float64]
    known: npt.NDArray[np.bool_]
    graded: bool
    origin: str

    @classmethod
    def of_shards(cls, folder: Path) -> Self:
        """Returns the labels of a folder of shards; they are graded where any differs from 0 and 1.

        Raises:
            ShardError: the folder lists no shard, or one cannot be read.
        """
        faces = ShardSet.from_folder(folder)
        kept = [k for k, code in enumerate(faces.au_codes) if STILL.get(code, "") not in faces.au_codes]
        au, known = faces.labels("au")[:, kept].astype(np.float64), faces.labels("au_known")[:, kept] != 0
        graded = bool(np.any((au != 0.0) & (au != 1.0)))
        codes = tuple(faces.au_codes[k] for k in kept)
        return cls(codes, au, known, graded, f"{len(faces)} faces of the shards {folder.name}")

    @classmethod
    def of_emotionet(cls, root: Path) -> Self:
        """Returns the presences of an EmotioNet release, or of one of its tables.

        Raises:
            SourceError: there is no table that can be read.
        """
        release = read_emotionet(root)
        count = len(release.annotations)
        rows = (annotation.activation for annotation in release.annotations)
        return cls._of_rows(
            rows, count, graded=False, origin=f"{count} photographs of the EmotioNet labels {root.name}"
        )

    @classmethod
    def of_openface(cls, table: Path) -> Self:
        """Returns the intensities of an OpenFace table, as activations, where the tracker was sure of the face.

        Raises:
            SourceError: the table has no column of AU intensities.
        """
        rows, _ = read_openface_csv(table)
        sure = [activations(row.intensity) for row in rows if row.success and row.confidence >= MIN_CONFIDENCE]
        return cls._of_rows(
            sure, len(sure), graded=True, origin=f"{len(sure)} faces of the OpenFace table {table.name}"
        )

    @classmethod
    def _of_rows(cls, rows: Iterable[Mapping[str, float]], count: int, graded: bool, origin: str) -> Self:
        column = {code: k for k, code in enumerate(CODES)}
        # A release has a million rows: they are taken one at a time, in single precision.
        au = np.full((count, len(CODES)), np.nan, dtype=np.float32)
        for index, row in enumerate(rows):
            for code in row.keys() & column.keys():
                au[index, column[code]] = row[code]
        seen = {code for code, any_known in zip(CODES, ~np.isnan(au).all(axis=0), strict=True) if any_known}
        codes = tuple(code for code in CODES if code in seen and STILL.get(code, "") not in seen)
        kept = au[:, [column[code] for code in codes]].astype(np.float64).round(6)
        known = ~np.isnan(kept)
        return cls(codes, np.where(known, kept, 0.0), known, graded, origin)


def read_au_labels(path: Path) -> AuLabels:
    """Returns the labels in a folder of shards, an EmotioNet release or table, or an OpenFace table.

    Raises:
        SourceError: ``path`` is absent or none of them.
        ShardError: a shard cannot be read.
    """
    if (path / MANIFEST).is_file():
        return AuLabels.of_shards(path)
    if path.is_file():
        with path.open("rb") as file:
            head = file.readline(65_536)
        if b"_r" in head and b"AU" in head:
            return AuLabels.of_openface(path)
    try:
        return AuLabels.of_emotionet(path)
    except SourceError as error:
        raise SourceError(
            f"{path}: expected a folder of shards, an EmotioNet release or table, or an OpenFace table: {error}"
        ) from error
