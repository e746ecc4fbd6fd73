"""Streams of faces from and into folders of shards."""

from collections.abc import Iterable, Iterator, Mapping
from itertools import islice
from pathlib import Path

from faceset.sample import Sample
from faceset.shards import Shard, shard_paths, write_shard
from pipeline.progress import Progress

SPECS = "specs.parquet"
"""Name of the specifications beside the shards of a rendered set."""

Attrs = Mapping[str, str | float | int | list[str]]


def store(samples: Iterable[Sample], folder: Path, shard_size: int, attrs: Attrs) -> int:
    """Writes faces as shards of ``shard_size`` into ``folder`` and returns how many there were."""
    stream = iter(samples)
    count, number = 0, 0
    while batch := list(islice(stream, shard_size)):
        write_shard(folder / f"{number:05d}.h5", batch, attrs)
        count, number = count + len(batch), number + 1
    return count


def stored(folder: Path) -> Iterator[Sample]:
    """Yields every face of a folder of shards, in order.

    Raises:
        ShardError: the folder or a shard cannot be read.
    """
    for path in shard_paths(folder):
        shard = Shard.open(path)
        yield from (shard.sample(row) for row in range(shard.num_samples))


def count(folder: Path) -> int:
    """Returns how many faces a folder of shards holds."""
    return sum(Shard.open(path).num_samples for path in shard_paths(folder))


def counted(samples: Iterable[Sample], progress: Progress) -> Iterator[Sample]:
    """Yields the samples and tells how many have passed."""
    for number, sample in enumerate(samples, start=1):
        yield sample
        progress(number)
