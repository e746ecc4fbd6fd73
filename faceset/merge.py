"""Merging: which faces of which shards make up a training set. An index, a parquet file; no pixel is copied.

Faces are chosen in whole families (a face with its twins), by a hash of the family's key, so that the choice depends
neither on the order of the shards nor on how many faces were rendered later, and every face keeps its twins.
"""

import hashlib
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from faceset.atomic import replacing
from faceset.errors import ShardError
from faceset.loading import check_alike, open_folder
from faceset.shards import Shard
from faceset.splits import DEFAULT_FRACTIONS, split_of

COLUMNS = ("shard", "row", "key", "identity", "split", "source", "twin_of")


@dataclass(frozen=True)
class MergeSource:
    """One folder of shards and how much of it to take.

    Attributes:
        folder: of shards.
        max_count: at most so many faces, or None for all.
        ratio: share of this source in the merged set, relative to the other sources' ratios; None takes all that
            ``max_count`` allows, whatever the others give. Either every source has a ratio or none has.

    Raises:
        ValueError: a number is out of range.
    """

    folder: Path
    max_count: int | None = None
    ratio: float | None = None

    def __post_init__(self) -> None:
        """Checks the ranges."""
        if self.max_count is not None and self.max_count < 1:
            raise ValueError(f"{self.folder}: max_count must be at least 1, found {self.max_count}")
        if self.ratio is not None and not 0.0 < self.ratio < float("inf"):
            raise ValueError(f"{self.folder}: ratio must be positive, found {self.ratio}")


def merge_shards(
    path: Path,
    sources: Sequence[MergeSource],
    seed: int,
    fractions: Mapping[str, float] = DEFAULT_FRACTIONS,
) -> pd.DataFrame:
    """Writes the index of a merged set and returns it: one row per face, columns ``COLUMNS``.

    ``shard`` is relative to the index's folder. The rows are ordered by shard and row. The same shards give the
    same bytes.

    Args:
        path: of the parquet file.
        sources: what to merge.
        seed: of the split and of the choice of faces.
        fractions: of the identities in train, val and test.

    Raises:
        ShardError: a folder has no shard, shards do not go together, or a sample key comes twice.
        ValueError: no source, or ratios for some sources alone.
    """
    if not sources or len({source.ratio is None for source in sources}) != 1:
        raise ValueError("expected at least one source, and a ratio for each of them or for none")
    opened = [open_folder(source.folder) for source in sources]
    check_alike([shard for shards in opened for shard in shards])
    tables = [pd.concat([_rows(shard, path.parent) for shard in shards], ignore_index=True) for shards in opened]
    limits = _limits(sources, [len(table) for table in tables])
    chosen = [_chosen(table, limit, seed) for table, limit in zip(tables, limits, strict=True)]
    frame = pd.concat(chosen).sort_values(["shard", "row"], kind="stable", ignore_index=True)
    _check_unique(path, frame)
    names = {name: split_of(name, seed, fractions) for name in frame["identity"].unique()}
    frame["split"] = frame["identity"].map(names).astype("str")
    frame = frame[list(COLUMNS)]
    with replacing(path) as temporary:
        frame.to_parquet(temporary, index=False, compression="zstd")
    return frame


def _rows(shard: Shard, base: Path) -> pd.DataFrame:
    """Returns the faces of a shard: shard, row, key, identity, source, twin_of."""
    relative = Path(os.path.relpath(shard.path.resolve(), base.resolve())).as_posix()
    texts = {name: shard.labels(name) for name in ("sample_key", "identity", "source", "twin_of")}
    frame = pd.DataFrame({name: pd.Series(values.tolist(), dtype="str") for name, values in texts.items()})
    frame.insert(0, "row", np.arange(shard.num_samples, dtype=np.int64))
    frame.insert(0, "shard", pd.Series([relative] * shard.num_samples, dtype="str"))
    return frame.rename(columns={"sample_key": "key"})


def _limits(sources: Sequence[MergeSource], available: Sequence[int]) -> list[int]:
    """Returns how many faces to take of each source: the largest set with the wanted ratios."""
    most = [min(source.max_count or count, count) for source, count in zip(sources, available, strict=True)]
    ratios = [source.ratio for source in sources if source.ratio is not None]
    if not ratios:
        return most
    total = min(count / ratio for count, ratio in zip(most, ratios, strict=True))
    # The source that limits the set must not lose a face to the rounding of its own quotient.
    return [min(count, int(total * ratio + 1e-9)) for count, ratio in zip(most, ratios, strict=True)]


def _chosen(table: pd.DataFrame, limit: int, seed: int) -> pd.DataFrame:
    """Returns whole families in the order of their hashes, as long as they fit into ``limit`` faces."""
    if limit >= len(table):
        return table
    family = _families(table)
    sizes = family.value_counts()
    order = sorted(sizes.index, key=lambda key: _hash(f"choice\0{seed}\0{key}"))
    kept, taken = set(), 0
    for key in order:
        if taken + int(sizes[key]) <= limit:
            kept.add(key)
            taken += int(sizes[key])
    return table[family.isin(kept)]


def _families(table: pd.DataFrame) -> "pd.Series[str]":
    """Returns for each face the key at the end of its chain of ``twin_of``."""
    parent = {key: twin for key, twin in zip(table["key"], table["twin_of"], strict=True) if twin}
    return pd.Series([_root(key, parent) for key in table["key"]], index=table.index, dtype="str")


def _root(key: str, parent: Mapping[str, str]) -> str:
    passed = {key}
    while key in parent:
        key = parent[key]
        if key in passed:
            raise ShardError(
                f"twin_of leads from {key!r} back to itself; expected it to end at a face without a twin_of"
            )
        passed.add(key)
    return key


def _check_unique(path: Path, frame: pd.DataFrame) -> None:
    repeated = frame.loc[frame["key"].duplicated(), "key"]
    if len(repeated):
        raise ShardError(
            f"{path}: expected every sample key once, found {len(repeated)} again, such as {repeated.iloc[0]!r}; "
            "is one folder a copy of another?"
        )


def _hash(text: str) -> bytes:
    return hashlib.blake2b(text.encode("utf-8"), digest_size=16).digest()
