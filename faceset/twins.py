"""Twins: faces that differ in their expression alone, and so are exact targets of an edit."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Self

import numpy as np
import numpy.typing as npt
import pandas as pd

from faceset.atomic import replacing
from faceset.errors import ShardError
from faceset.faces import FaceData
from faceset.splits import DEFAULT_FRACTIONS, SPLITS, split_of
from faceset.tables import read_table

Indices = npt.NDArray[np.int64]

RELATIONS = ("from_base", "to_base", "siblings")
"""Whether a pair's source, its target or neither is the face that the others are twins of."""
COLUMNS = ("set", "source", "target", "source_index", "target_index", "identity", "relation", "neutral", "split")
"""Of the table, before a column for each AU: the target's activation, empty where it is not known."""
WHOLE = ("source_index", "target_index")
TEXTS = tuple(name for name in COLUMNS if name not in WHOLE)


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

    def draw(self, indices: Indices, rng: np.random.Generator) -> Indices:
        """Returns a random twin of each sample, (B,); a sample without a twin is returned itself."""
        size = self._size[indices]
        away = 1 + np.floor(rng.random(len(indices)) * np.maximum(size - 1, 0)).astype(np.int64)
        return self._turned(indices, away)

    def pairs(self) -> Indices:
        """Returns (P, 2) indices (source, target): the first sample of each group to each other one of it."""
        first = self._order[self._start]
        targets = np.flatnonzero(self._rank > 0)
        return np.stack([first[targets], targets], axis=1)

    def all_pairs(self) -> Indices:
        """Returns (P, 2) indices (source, target): every sample to every other one of its group, in both directions."""
        found = [np.zeros((0, 2), dtype=np.int64)]
        for away in range(1, int(self._size.max(initial=0))):
            sources = np.flatnonzero(self._size > away)
            found.append(np.stack([sources, self._turned(sources, np.full(len(sources), away))], axis=1))
        pairs = np.concatenate(found)
        return np.asarray(pairs[np.lexsort((pairs[:, 1], pairs[:, 0]))])

    def _turned(self, indices: Indices, away: Indices) -> Indices:
        """Returns the member that stands ``away`` places further in the circle of each sample's group."""
        place = (self._rank[indices] + away) % self._size[indices]
        return np.asarray(self._order[self._start[indices] + place], dtype=np.int64)


@dataclass(frozen=True, eq=False)
class TwinPairs:
    """Every edit of a set whose result is known: a source, what is asked of it, and the exact target.

    Attributes:
        source: (P,) index of the face that is edited.
        target: (P,) index of its twin, the result.
        au: (P, K) activations of the target: what is asked; 0 where not known.
        au_known: (P, K).
        split: (P,) "train", "val" or "test"; both faces are one person's and so lie in one split.
        table: the same for a person, one row for each pair: ``COLUMNS`` and the K codes.
    """

    source: Indices
    target: Indices
    au: npt.NDArray[np.float32]
    au_known: npt.NDArray[np.bool_]
    split: npt.NDArray[np.str_]
    table: pd.DataFrame

    @classmethod
    def of(
        cls,
        data: FaceData,
        name: str,
        seed: int = 0,
        fractions: Mapping[str, float] = DEFAULT_FRACTIONS,
    ) -> Self:
        """Returns all pairs of twins of a set, in both directions and between twins of one face.

        Args:
            data: the faces.
            name: of the set.
            seed: of the splits (``faceset.splits``), as of the merged set.
            fractions: of the identities; {"test": 1.0} where nobody of the set is trained on.
        """
        pairs = TwinGroups.of(data).all_pairs()
        labels = {each: np.array(_strings(data.labels(each))) for each in ("sample_key", "identity", "twin_of")}
        splits = {who: split_of(who, seed, fractions) for who in np.unique(labels["identity"]).tolist()}
        columns: dict[str, npt.ArrayLike] = {
            "set": [name] * len(pairs),
            "source": labels["sample_key"][pairs[:, 0]],
            "target": labels["sample_key"][pairs[:, 1]],
            "source_index": pairs[:, 0],
            "target_index": pairs[:, 1],
            "identity": labels["identity"][pairs[:, 0]],
            "relation": _relations(labels["twin_of"], pairs),
            "neutral": _neutral(np.asarray(data.labels("au")), np.asarray(data.labels("au_known")), pairs),
            "split": [splits[who] for who in labels["identity"][pairs[:, 0]].tolist()],
        }
        au, known = np.asarray(data.labels("au"))[pairs[:, 1]], np.asarray(data.labels("au_known"))[pairs[:, 1]] != 0
        asked = pd.DataFrame(np.where(known, au, np.nan).astype(np.float32), columns=list(data.au_codes))
        described = pd.DataFrame(columns).astype(dict.fromkeys(TEXTS, "str"))  # pandas takes empty lists for numbers
        return cls._parsed(pd.concat([described, asked], axis=1))

    @classmethod
    def load(cls, path: Path, name: str, data: FaceData, split: str | None = None) -> Self:
        """Returns the pairs of one set from a table that ``write_twins`` wrote, as indices into the set's faces.

        Args:
            path: of the parquet file.
            name: of the set.
            data: its faces, in the order in which they were listed.
            split: "train", "val" or "test"; None for all.

        Raises:
            ShardError: the table cannot be read, or lists other faces.
        """
        try:
            table = read_table(path, TEXTS, WHOLE, others=True)
            chosen = (table["set"] == name) & (table["split"].isin(SPLITS if split is None else (split,)))
            found = cls._parsed(table[chosen].reset_index(drop=True))
        except (OSError, ValueError) as error:
            raise ShardError(f"{path}: expected a table of twins: {error}; run the stage that checks shards") from error
        keys = np.array(_strings(data.labels("sample_key")))
        inside = max(found.source.max(initial=-1), found.target.max(initial=-1)) < len(keys)
        if not inside or (keys[found.source] != found.table["source"]).any():
            raise ShardError(f"{path}: lists other faces of {name} than the shards; check the shards again")
        return found

    @classmethod
    def _parsed(cls, table: pd.DataFrame) -> Self:
        asked = table.drop(columns=list(COLUMNS)).to_numpy(dtype=np.float32)
        known = ~np.isnan(asked)
        return cls(
            table["source_index"].to_numpy(dtype=np.int64),
            table["target_index"].to_numpy(dtype=np.int64),
            np.where(known, asked, np.float32(0.0)),
            known,
            table["split"].to_numpy(dtype=np.str_),
            table,
        )

    def __len__(self) -> int:
        """Returns the number of pairs."""
        return len(self.source)


def write_twins(path: Path, pairs: Sequence[TwinPairs]) -> None:
    """Writes the pairs of several sets as one table, whole or not at all."""
    tables = [each.table for each in pairs if len(each)] or [each.table for each in pairs[:1]]
    with replacing(path) as temporary:
        pd.concat(tables, ignore_index=True).to_parquet(temporary, index=False, compression="zstd")


def _relations(twin_of: npt.NDArray[np.str_], pairs: Indices) -> npt.NDArray[np.str_]:
    bases = (twin_of == "")[pairs]
    return np.select([bases[:, 0], bases[:, 1]], RELATIONS[:2], RELATIONS[2])


def _neutral(au: npt.NDArray[np.generic], known: npt.NDArray[np.generic], pairs: Indices) -> npt.NDArray[np.str_]:
    """Returns which of each pair shows none of the AUs that are known of it: "source", "target" or ""."""
    rests = (np.asarray(known) != 0).any(axis=1) & (np.asarray(au) == 0).all(axis=1)
    return np.select([rests[pairs[:, 0]], rests[pairs[:, 1]]], ["source", "target"], "")


def _strings(values: npt.NDArray[np.generic]) -> list[str]:
    return [value.decode() if isinstance(value, bytes) else str(value) for value in values.tolist()]
