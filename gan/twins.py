"""Twins: samples that differ in their expression alone, and so are exact targets of an edit."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from faceset.faces import FaceData


class TwinGroups:
    """Samples grouped by the sample that their specifications started from.

    The base of a sample is its ``twin_of``, or its own key where that is empty. All samples of one base are
    mutual twins.
    """

    def __init__(self, keys: Sequence[str], twin_of: Sequence[str]) -> None:
        """Groups the samples; index i of both sequences is sample i."""
        bases = np.array([base or key for key, base in zip(keys, twin_of, strict=True)], dtype=np.str_)
        _, group = np.unique(bases, return_inverse=True)
        self._order = np.argsort(group, kind="stable")
        sizes = np.bincount(group) if len(group) else np.zeros(0, dtype=np.int64)
        starts = np.cumsum(sizes) - sizes
        self._start, self._size = starts[group], sizes[group]
        self._rank = np.empty(len(group), dtype=np.int64)
        self._rank[self._order] = np.arange(len(group)) - starts[group[self._order]]

    @classmethod
    def of(cls, data: FaceData) -> "TwinGroups":
        """Returns the groups of stored faces."""
        return cls(_strings(data.labels("sample_key")), _strings(data.labels("twin_of")))

    @property
    def has_twin(self) -> npt.NDArray[np.bool_]:
        """Whether each sample has a twin, (N,)."""
        return np.asarray(self._size > 1)

    def draw(self, indices: npt.NDArray[np.int64], rng: np.random.Generator) -> npt.NDArray[np.int64]:
        """Returns a random twin of each sample, (B,); a sample without a twin is returned itself."""
        size = self._size[indices]
        away = 1 + np.floor(rng.random(len(indices)) * np.maximum(size - 1, 0)).astype(np.int64)
        return np.asarray(self._order[self._start[indices] + (self._rank[indices] + away) % size], dtype=np.int64)

    def pairs(self) -> npt.NDArray[np.int64]:
        """Returns (P, 2) indices (source, target): the first sample of each group to each other one of it."""
        first = self._order[self._start]
        targets = np.flatnonzero(self._rank > 0)
        return np.stack([first[targets], targets], axis=1)


def _strings(values: npt.NDArray[np.generic]) -> list[str]:
    return [value.decode() if isinstance(value, bytes) else str(value) for value in values.tolist()]
