"""The sets that the page describes, opened and measured once; every section reads them here."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from faceset.checks import check_faces, check_files
from faceset.coverage import ACTIVE, coverage, drawn_coverage
from faceset.demography import demography
from faceset.duplicates import Alike
from faceset.errors import ShardError
from faceset.gates import Check, Quality
from faceset.issues import Looks, looks_of
from faceset.loading import ShardSet
from faceset.manifest import ShardRecord, read_manifest
from pipeline.quality.drawn import Drawn, drawn
from pipeline.report.set_names import SetName

Kind = Literal["photographs", "emulated", "rendered"]
Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class SetSource:
    """One set, before it is opened.

    Attributes:
        name: heading and purpose.
        folder: of its shards.
        kind: what its images are: photographs, renders that stand in for them, or renders with exact labels.
        specs: of its faces; None or absent for photographs.
        part: what all of it is used for, "judge" or "test"; "" where it is split by identity.
    """

    name: SetName
    folder: Path
    kind: Kind
    specs: Path | None
    part: str = ""


@dataclass(frozen=True, eq=False)
class OpenedSet:
    """One set, measured.

    Attributes:
        source: which.
        faces: of it.
        people: number of the person of each face, (N,).
        looks: what its pixels say.
        drawn: what it was drawn with; None for photographs.
        covered: ``faceset.coverage`` of it.
        checks: of its files, labels and images.
        records: its shards.
    """

    source: SetSource
    faces: ShardSet
    people: npt.NDArray[np.int64]
    looks: Looks
    drawn: Drawn | None
    covered: Mapping[str, Any]
    checks: tuple[Check, ...]
    records: tuple[ShardRecord, ...]

    @property
    def key(self) -> str:
        """Name of the set in files and in report.json."""
        return self.source.name.name

    def labels(self, codes: tuple[str, ...]) -> tuple[Floats, npt.NDArray[np.bool_]]:
        """Returns activations and whether they are known, (N, K) each, of some of the AUs."""
        columns = [self.faces.au_codes.index(code) for code in codes]
        known = self.faces.labels("au_known")[:, columns] != 0
        return self.faces.labels("au")[:, columns].astype(np.float64), known

    def active(self, codes: tuple[str, ...]) -> npt.NDArray[np.bool_]:
        """Returns whether each face shows each AU clearly, (N, K)."""
        au, known = self.labels(codes)
        return np.asarray(known & (au >= ACTIVE))


@dataclass(frozen=True, eq=False)
class Broken:
    """A set that cannot be read, and the checks that say why."""

    source: SetSource
    checks: tuple[Check, ...]


def opened(source: SetSource, limits: Quality, alike: Alike | None) -> OpenedSet | Broken:
    """Returns a set, measured; or what is wrong with its files.

    Args:
        source: which set.
        limits: what counts as an issue, and how many are too many.
        alike: when two images look alike; None where only equal ones count.
    """
    checks, shards = check_files(source.folder)
    try:
        faces = ShardSet(shards)
    except ShardError as error:
        return Broken(source, (*checks, Check("faces", "fail", 0, 1, str(error), "min_faces", "run its stage again")))
    looks = looks_of(faces, limits, alike)
    described = drawn(source.specs, faces)
    _, people = np.unique(faces.labels("identity"), return_inverse=True)
    return OpenedSet(
        source=source,
        faces=faces,
        people=people,
        looks=looks,
        drawn=described,
        covered=_covered(faces, looks, described),
        checks=(*checks, *check_faces(faces, limits, looks).checks),
        records=tuple(read_manifest(source.folder).values()),
    )


def _covered(faces: ShardSet, looks: Looks, described: Drawn | None) -> dict[str, Any]:
    found = coverage(faces, features=looks.features)
    if described is None:
        return found
    part = faces if len(described.rows) == len(faces) else faces.subset(described.rows)
    return found | drawn_coverage(part, described.specs) | {"people": demography(described.people)}
