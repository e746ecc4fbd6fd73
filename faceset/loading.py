"""Loading: many shards as one set, random batches gathered through memory maps, and a thread that works ahead.

A contiguous array in a memory map is gathered at the speed of memory (``faceset.gathering``); HDF5 chunks, fancy
indexing and worker processes cost between one and four decimal powers (``benchmarks/loader_throughput.py``). Labels
sit in memory.
"""

import os
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from faceset.channels import IMAGE, Array
from faceset.errors import ShardError
from faceset.gathering import RowTable
from faceset.index import read_index
from faceset.shards import Shard, shard_paths
from faceset.streaming import BatchStream, Prefetcher

__all__ = ["BatchStream", "Prefetcher", "ShardSet", "check_alike", "open_folder"]

Indices = npt.NDArray[np.int64]


class ShardSet:
    """Faces of many shards under one index from 0 to ``len(self) - 1``.

    It may be used from several threads, pickled, and used after a fork.
    """

    def __init__(self, shards: Iterable[Shard | Path | str], rows: Sequence[tuple[int, int]] | Indices | None = None):
        """Opens the shards.

        Args:
            shards: opened shards or paths.
            rows: (number of the shard, row in it) per face, (N, 2); all rows of all shards if absent.

        Raises:
            ShardError: no shard, a shard that cannot be read, shards that differ in image size or AUs, a row that
                is not there.
        """
        self.shards = tuple(shard if isinstance(shard, Shard) else Shard.open(shard) for shard in shards)
        check_alike(self.shards)
        pairs = _all_rows(self.shards) if rows is None else np.asarray(rows, dtype=np.int64).reshape(-1, 2)
        self._shard, self._row = _checked_rows(self.shards, pairs)
        self._labels: dict[str, Array] = {}
        self._tables: dict[str, RowTable] = {}
        self._pid = os.getpid()

    @classmethod
    def from_folder(cls, folder: Path | str) -> "ShardSet":
        """Returns every face of a folder of shards, in the order of the shards' names.

        Raises:
            ShardError: the folder lists no shard, or one cannot be read.
        """
        return cls(open_folder(Path(folder)))

    @classmethod
    def from_index(cls, path: Path | str, split: str | None = None) -> "ShardSet":
        """Returns the faces of one split of a merge index (``faceset.merge``), in the index's order.

        Their identities are named as in the index, which may put a source's name before those of its shards.

        Args:
            path: of the parquet file; the shards' paths are relative to its folder.
            split: "train", "val" or "test"; None for all.

        Raises:
            ShardError: the index cannot be read, has no such face, or no longer fits its shards.
        """
        frame = _split_of_index(Path(path), split)
        names = sorted(frame["shard"].unique())
        number = {name: position for position, name in enumerate(names)}
        rows = np.stack([frame["shard"].map(number).to_numpy(np.int64), frame["row"].to_numpy(np.int64)], axis=1)
        loaded = cls([Path(path).parent / name for name in names], rows)
        if not np.array_equal(loaded.labels("sample_key"), frame["key"].to_numpy(dtype=np.str_)):
            raise ShardError(f"{path}: its sample keys are not those of the shards; merge the shards again")
        loaded._keep("identity", frame["identity"].to_numpy(dtype=np.str_))
        return loaded

    def __len__(self) -> int:
        """Returns the number of faces."""
        return len(self._row)

    def __getstate__(self) -> dict[str, Any]:
        """Leaves the maps behind."""
        return {**self.__dict__, "_tables": {}}

    @property
    def au_codes(self) -> tuple[str, ...]:
        """The K Action Units, in the order of the columns."""
        return self.shards[0].au_codes

    @property
    def image_shape(self) -> tuple[int, int, int]:
        """Shape of one image, (H, W, 3)."""
        return self.shards[0].image_shape

    @property
    def channels(self) -> tuple[str, ...]:
        """Names of the channels that every face has."""
        return tuple(name for name in self.shards[0].channels if all(name in shard.channels for shard in self.shards))

    def has(self, name: str) -> npt.NDArray[np.bool_]:
        """Returns which faces have the channel, (N,)."""
        return np.array([name in shard.channels for shard in self.shards])[self._shard]

    def labels(self, name: str) -> Array:
        """Returns a channel that is not per pixel: (N, ...), read-only, kept in memory; texts as ``str``.

        Raises:
            ShardError: a shard has no such channel (see ``has`` and ``subset``), or it is per pixel.
        """
        if name not in self._labels:
            stacked = np.concatenate([shard.labels(name) for shard in self.shards])
            starts = np.cumsum([0, *(shard.num_samples for shard in self.shards[:-1])])
            self._keep(name, stacked[starts[self._shard] + self._row])
        return self._labels[name]

    def _keep(self, name: str, values: Array) -> None:
        values.setflags(write=False)
        self._labels[name] = values

    def images(self, indices: npt.ArrayLike, out: Array | None = None) -> npt.NDArray[np.uint8]:
        """Returns the images at ``indices``, (B, H, W, 3) uint8, in the order of the indices."""
        return self.pixels(IMAGE, indices, out)

    def pixels(self, channel: str, indices: npt.ArrayLike, out: Array | None = None) -> Array:
        """Returns a per-pixel channel at ``indices``, (B, H, W, ...), in the order of the indices.

        The bytes are read in the order in which they lie in the files.

        Args:
            channel: its name.
            indices: (B,) whole numbers from 0 to N - 1.
            out: array to fill, of the result's shape and type.

        Raises:
            ShardError: a shard has no such channel, or it is not per pixel.
            IndexError: an index is out of range.
            ValueError: ``out`` does not fit.
        """
        wanted = np.asarray(indices, dtype=np.int64)
        if wanted.size and (wanted.min() < 0 or wanted.max() >= len(self)):
            raise IndexError(f"expected indices from 0 to {len(self) - 1}, found {wanted.min()} to {wanted.max()}")
        table = self._table(channel)
        shape = (len(wanted), *table.row_shape)
        batch = np.empty(shape, table.dtype) if out is None else out
        if (batch.shape, batch.dtype) != (shape, table.dtype) or not batch.flags.carray:
            raise ValueError(
                f"out: expected a contiguous {table.dtype} array of {shape} that may be written to, "
                f"found {batch.dtype} {batch.shape}"
            )
        table.gather(self._shard[wanted], self._row[wanted], batch)
        return batch

    def subset(self, chosen: npt.ArrayLike) -> "ShardSet":
        """Returns the faces at ``chosen``: indices (M,) or a mask (N,)."""
        pick = np.asarray(chosen)
        pairs = np.stack([self._shard[pick], self._row[pick]], axis=1)
        used = np.unique(pairs[:, 0])
        renumbered = np.stack([np.searchsorted(used, pairs[:, 0]), pairs[:, 1]], axis=1)
        chosen_set = ShardSet([self.shards[number] for number in used], renumbered)
        if "identity" in self._labels:  # an index may name people otherwise than their shards do
            chosen_set._keep("identity", self._labels["identity"][pick])
        return chosen_set

    def release(self) -> None:
        """Gives the memory of pages that were read back to the system, which counts them as this process's until then.

        For those who read everything once; the system's own cache still holds the pages.
        """
        for shard in self.shards:
            shard.release()

    def twins(self) -> Indices:
        """Returns the index of the face that each face is a twin of, (N,); -1 where it has none in this set."""
        position = {key: index for index, key in enumerate(self.labels("sample_key"))}
        return np.array([position.get(key, -1) if key else -1 for key in self.labels("twin_of")], dtype=np.int64)

    def _table(self, channel: str) -> RowTable:
        """Returns the maps of a channel; every process makes its own."""
        if self._pid != os.getpid():
            self._tables, self._pid = {}, os.getpid()
        if channel not in self._tables:
            self._tables[channel] = RowTable([shard.pixels(channel) for shard in self.shards])
        return self._tables[channel]


def open_folder(folder: Path) -> list[Shard]:
    """Returns the opened shards of a folder in the order of their names, at least one.

    Raises:
        ShardError: the folder lists no shard, or one cannot be read.
    """
    shards = [Shard.open(path) for path in shard_paths(folder)]
    if not shards:
        raise ShardError(f"{folder}: expected shards, the manifest lists none; run the stage that writes them")
    return shards


def check_alike(shards: Sequence[Shard]) -> None:
    """Checks that there is a shard, and that all have the same image size and AUs.

    Raises:
        ShardError: they differ.
    """
    if not shards:
        raise ShardError("expected at least one shard, found none")
    first = shards[0]
    for shard in shards:
        if (shard.image_shape, shard.au_codes) != (first.image_shape, first.au_codes):
            raise ShardError(
                f"{shard.path}: images {shard.image_shape} with {shard.au_codes} do not go with {first.path}: "
                f"images {first.image_shape} with {first.au_codes}; make one of them again"
            )


def _all_rows(shards: Sequence[Shard]) -> Indices:
    sizes = [shard.num_samples for shard in shards]
    rows = np.concatenate([np.arange(size, dtype=np.int64) for size in sizes])
    return np.stack([np.repeat(np.arange(len(sizes), dtype=np.int64), sizes), rows], axis=1)


def _checked_rows(shards: Sequence[Shard], pairs: Indices) -> tuple[Indices, Indices]:
    numbers, rows = pairs[:, 0].copy(), pairs[:, 1].copy()
    sizes = np.array([shard.num_samples for shard in shards])
    if not len(pairs) or numbers.min() < 0 or numbers.max() >= len(shards):
        raise ShardError(f"expected rows of shards 0 to {len(shards) - 1}, found {len(pairs)} rows outside them")
    if rows.min() < 0 or np.any(rows >= sizes[numbers]):
        raise ShardError("a row lies beyond the end of its shard; merge the shards again")
    return numbers, rows


def _split_of_index(path: Path, split: str | None) -> pd.DataFrame:
    frame = read_index(path, ("shard", "row", "key", "identity", "split"))
    chosen = frame if split is None else frame[frame["split"] == split]
    if chosen.empty:
        raise ShardError(f"{path}: has no face in the split {split!r}; it has {sorted(set(frame['split']))}")
    return chosen
