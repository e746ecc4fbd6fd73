"""What a complete export holds: every face with all its values, split by identity, file by file, in flat memory."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Self

import numpy as np
import numpy.typing as npt

from faceset.channels import CHANNELS, Array
from faceset.errors import ExportError
from faceset.loading import ShardSet
from faceset.splits import SPLITS, Split

PER_FILE = 1024
"""Faces in one file of an export, where nobody asks for another number."""
BLOCK = 64
"""Faces whose pixels are held at once; labels are held for one file."""

Face = Mapping[str, Any]
"""One face: its index in the set as ``number``, and an array or text for each channel that it has."""


@dataclass(frozen=True, eq=False)
class ExportFile:
    """The faces of one file.

    Attributes:
        split: that all of them are in.
        number: of the file in its split, from 0.
        of: number of the split's files.
        indices: (n,) of the faces in the set.
        faces: the set.
    """

    split: Split
    number: int
    of: int
    indices: npt.NDArray[np.int64]
    faces: ShardSet

    def __iter__(self) -> Iterator[Face]:
        """Yields the faces in the order of the set."""
        part = self.faces.subset(self.indices)
        flat = [name for name in CHANNELS if not CHANNELS[name].per_pixel]
        labels = {name: _present(part, name, _labels) for name in flat}
        for start in range(0, len(part), BLOCK):
            rows = np.arange(start, min(start + BLOCK, len(part)))
            pixels = _pixels(part, rows)
            for row in rows.tolist():
                values = {name: labels[name][row] for name in flat}
                values |= {name: column[row - start] for name, column in pixels.items()}
                ordered = {name: values[name] for name in CHANNELS if values[name] is not None}
                yield {"number": int(self.indices[row]), **ordered}


@dataclass(frozen=True, eq=False)
class Contents:
    """A set of faces on its way out.

    Attributes:
        faces: all of them.
        splits: indices of the faces of each split that has any, in the order train, val, test.
        per_file: faces in one file.
        progress: is told how many faces have been written.
    """

    faces: ShardSet
    splits: Mapping[Split, npt.NDArray[np.int64]]
    per_file: int = PER_FILE
    progress: Callable[[int], object] = field(default=lambda done: None)

    @classmethod
    def of(
        cls, faces: ShardSet, split_of: Callable[[str], Split], per_file: int = PER_FILE,
        progress: Callable[[int], object] = lambda done: None,
    ) -> Self:  # fmt: skip
        """Returns the contents of a set whose people are split by ``split_of``.

        Raises:
            ExportError: ``per_file`` is less than 1.
        """
        if per_file < 1:
            raise ExportError(f"faces in one file: expected at least 1, found {per_file}")
        people, who = np.unique(faces.labels("identity"), return_inverse=True)
        places = np.array([SPLITS.index(split_of(str(name))) for name in people])[who]
        chosen = {split: np.flatnonzero(places == place) for place, split in enumerate(SPLITS)}
        return cls(faces, {split: rows for split, rows in chosen.items() if len(rows)}, per_file, progress)

    @property
    def channels(self) -> tuple[str, ...]:
        """Channels that at least one face has, in the table's order."""
        return tuple(name for name in CHANNELS if any(name in shard.channels for shard in self.faces.shards))

    @property
    def partial(self) -> tuple[str, ...]:
        """Channels that some faces have and others lack."""
        return tuple(name for name in self.channels if name not in self.faces.channels)

    @property
    def sources(self) -> tuple[str, ...]:
        """Where the faces come from, sorted."""
        return tuple(np.unique(self.faces.labels("source")).tolist())

    @property
    def segments(self) -> tuple[str, ...]:
        """Names of the segmentation's classes, numbers where no shard tells them; empty without a segmentation.

        Raises:
            ExportError: two shards name them otherwise.
        """
        told = [shard.attrs.get("segments") for shard in self.faces.shards if "segmentation" in shard.channels]
        unnamed = [f"segment_{number}" for number in range(256)]
        names = {tuple(each if isinstance(each, list) else unnamed) for each in told}
        if len(names) > 1:
            raise ExportError(f"expected the same segments in all shards, found {sorted(names)}; export them apart")
        return names.pop() if names else ()

    def check(self) -> None:
        """Checks what can be checked before anything is written.

        Raises:
            ExportError: the shards do not go together.
        """
        _ = self.segments

    def files(self) -> Iterator[ExportFile]:
        """Yields what goes into each file, split after split."""
        for split, rows in self.splits.items():
            starts = range(0, len(rows), self.per_file)
            for number, start in enumerate(starts):
                yield ExportFile(split, number, len(starts), rows[start : start + self.per_file], self.faces)


def plain_value(name: str, value: Any) -> Any:
    """Returns a channel's value as JSON can hold it: numbers keep every bit (single precision is exact in double)."""
    return value.tolist() if isinstance(value, np.ndarray | np.generic) else value


def _pixels(part: ShardSet, rows: npt.NDArray[np.int64]) -> dict[str, Any]:
    block = part.subset(rows)
    names = [name for name in CHANNELS if CHANNELS[name].per_pixel]
    return {name: _present(block, name, _all_pixels) for name in names}


def _labels(faces: ShardSet, name: str) -> Array:
    return faces.labels(name)


def _all_pixels(faces: ShardSet, name: str) -> Array:
    return faces.pixels(name, np.arange(len(faces)))


def _present(faces: ShardSet, name: str, read: Callable[[ShardSet, str], Array]) -> Any:
    """Returns a channel's values, None for faces that lack it."""
    having = faces.has(name)
    if having.all():
        return read(faces, name)
    values: list[Any] = [None] * len(faces)
    if having.any():
        for place, value in zip(np.flatnonzero(having).tolist(), read(faces.subset(having), name), strict=True):
            values[place] = value
    return values
