"""The labels of a set as a foreign format asks for them: one Action Unit at a time, each label scored or not."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Self

import numpy as np
import numpy.typing as npt

from faceset.channels import CHANNELS, Array
from faceset.loading import ShardSet
from faceset.pose import upright
from facs.action_units import STILL
from facs.intensity import ordinal
from facs.positions import FORWARD_AXIS, GAZE_AXES, HEAD_AXES

Floats = npt.NDArray[np.float64]
Marks = npt.NDArray[np.bool_]

NOT_KNOWN, OUT_OF_SIGHT = "not known", "out of sight"
"""Why a label is not scored: nobody scored it, or what it would be scored by is hidden."""
DECIMALS = 6
"""Activations are stored in single precision, in which .7 lies below .7; rounding undoes that."""


@dataclass(frozen=True, eq=False)
class AuColumn:
    """One Action Unit of N faces.

    Attributes:
        activation: (N,) in [0, 1]; 0 where it is not known.
        known: (N,), whether anybody scored it.
        in_sight: (N,), whether enough of the face is visible to score it.
    """

    activation: Floats
    known: Marks
    in_sight: Marks

    @property
    def scored(self) -> Marks:
        """Whether each face has a label, (N,)."""
        return self.known & self.in_sight

    @property
    def presence(self) -> npt.NDArray[np.int64]:
        """1 where the AU shows at least a trace (letter A), else 0; (N,)."""
        return np.asarray(ordinal(self.activation) >= 1, dtype=np.int64)

    def reason(self, row: int) -> str:
        """Returns why a face has no label."""
        return OUT_OF_SIGHT if self.known[row] else NOT_KNOWN


@dataclass(frozen=True, eq=False)
class ExportLabels:
    """Labels of N faces and the names that foreign formats give them.

    Attributes:
        sample: (N,) index of each face in the set.
        keys: (N,) sample keys.
        identities: (N,) who.
        columns: by Action Unit.
    """

    sample: npt.NDArray[np.int64]
    keys: Array
    identities: Array
    columns: dict[str, AuColumn]

    @classmethod
    def of(cls, faces: ShardSet) -> Self:
        """Returns the labels of a set; positions of head and eyes come from their own channels."""
        au, known = faces.labels("au").astype(np.float64).round(DECIMALS), faces.labels("au_known") != 0
        in_sight = _optional(faces, "au_scorable", np.ones(au.shape)) != 0
        columns = {code: AuColumn(au[:, k], known[:, k], in_sight[:, k]) for k, code in enumerate(faces.au_codes)}
        names = faces.labels("sample_key"), faces.labels("identity")
        return cls(np.arange(len(faces)), *names, {**_positions(faces), **columns})

    def __len__(self) -> int:
        """Returns the number of faces."""
        return len(self.sample)

    def column(self, code: str) -> AuColumn:
        """Returns the labels of one AU; AU43 and AU45 answer for each other, and an AU nobody scored is not known."""
        other = {**STILL, **{one: kept for kept, one in STILL.items()}}.get(code, code)
        found = self.columns.get(code) or self.columns.get(other)
        return found or AuColumn(np.zeros(len(self)), np.zeros(len(self), bool), np.ones(len(self), bool))

    def of_rows(self, rows: Array) -> Self:
        """Returns the labels of some of the faces: indices or a mask."""
        columns = {
            code: AuColumn(column.activation[rows], column.known[rows], column.in_sight[rows])
            for code, column in self.columns.items()
        }
        return replace(
            self, sample=self.sample[rows], keys=self.keys[rows], identities=self.identities[rows], columns=columns
        )

    def numbers(self) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
        """Returns each face's person and its place among the person's faces, both (N,) from 1.

        People are numbered in the order of their names, a person's faces in the order of the set.
        """
        _, person = np.unique(self.identities, return_inverse=True)
        order = np.argsort(person, kind="stable")
        sizes = np.bincount(person)
        place = np.empty(len(person), dtype=np.int64)
        place[order] = np.arange(len(person)) - np.repeat(np.cumsum(sizes) - sizes, sizes)
        return person.astype(np.int64) + 1, place + 1

    def unscored(self, codes: Sequence[str]) -> list[tuple[int, str, str]]:
        """Returns (row, code, reason) of every label of ``codes`` that is not scored, row by row."""
        columns = {code: self.column(code) for code in codes}
        missing = np.stack([~columns[code].scored for code in codes], axis=1)
        return [(int(row), codes[k], columns[codes[k]].reason(row)) for row, k in np.argwhere(missing)]


def _optional(faces: ShardSet, name: str, default: Array) -> Array:
    """Returns a channel of the faces that have it and the default of the others."""
    having = faces.has(name)
    values = default.copy()
    if having.any():
        values[having] = faces.subset(having).labels(name)
    return values


_LEVEL = np.concatenate([np.ones(4), np.eye(4)[:3].ravel()])
"""A camera that does not lean, as the channel ``camera``."""


def _positions(faces: ShardSet) -> dict[str, AuColumn]:
    columns: dict[str, AuColumn] = {}
    for name, axes in (("head_pose", HEAD_AXES), ("head_forward", (FORWARD_AXIS,)), ("gaze", GAZE_AXES)):
        known = faces.has(name)
        values = _optional(faces, name, np.zeros((len(faces), *CHANNELS[name].bound({})))).reshape(len(faces), -1)
        if name == "head_pose" and faces.has("camera").any():
            values = upright(values, _optional(faces, "camera", np.tile(_LEVEL, (len(faces), 1))))
        for k, axis in enumerate(axes):
            share = values[:, k].astype(np.float64) / axis.full
            for code, signed in ((axis.positive, share), (axis.negative, -share)):
                columns[code] = AuColumn(np.clip(signed, 0.0, 1.0).round(DECIMALS), known, np.ones(len(faces), bool))
    return columns
