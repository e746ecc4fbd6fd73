"""What has been rendered so far of one list of samples: pieces of any length in one folder.

A worker stores what it has finished every few seconds, so that whoever kills it destroys seconds of work, not a chunk.
A piece counts only where every checksum in it is right. Each ``BLOCK`` of samples has a folder of its own, into which
no piece of another block reaches: listing it, and its manifest, stay small however many samples there are.
"""

from collections.abc import Iterator
from pathlib import Path

from faceset.errors import ShardError
from faceset.sample import Sample
from faceset.shards import Shard

BLOCK = 4096
"""Samples whose pieces share a folder."""


def piece_path(folder: Path, start: int, stop: int) -> Path:
    """Returns where the samples from ``start`` to before ``stop`` are stored; they are of one block."""
    return folder / f"{start // BLOCK:05d}" / f"{start:08d}-{stop:08d}.h5"


def block_end(number: int) -> int:
    """Returns the number of the first sample of the block that follows that of sample ``number``."""
    return (number // BLOCK + 1) * BLOCK


class Pieces:
    """Reads the pieces of a folder while workers add to them; any thread may ask.

    Args:
        folder: where the pieces lie; it may be absent.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._whole: dict[tuple[str, int, int, int], Shard] = {}

    def missing(self, start: int, stop: int) -> list[int]:
        """Returns the numbers from ``start`` to before ``stop`` that no piece holds, in order."""
        held = {number for first, shard in self._reaching(start, stop) for number in _numbers(first, shard)}
        return [number for number in range(start, stop) if number not in held]

    def promised(self, start: int, stop: int) -> int:
        """Returns how many of the samples from ``start`` to before ``stop`` the names of the pieces promise.

        Cheap, for a person who waits: no piece is read.
        """
        ranges = [range(max(first, start), min(last, stop)) for first, last, _ in self._named(start, stop)]
        return len({number for each in ranges for number in each})

    def samples(self, start: int, stop: int) -> Iterator[Sample]:
        """Yields the samples from ``start`` to before ``stop``, each once and in order.

        Raises:
            ShardError: one of them is missing.
        """
        following = start
        for first, shard in self._reaching(start, stop):
            while following < stop and following in _numbers(first, shard):
                yield shard.sample(following - first)
                following += 1
        if following < stop:
            raise ShardError(f"{self._folder}: holds no sample {following}; run the stage again")

    def _reaching(self, start: int, stop: int) -> Iterator[tuple[int, Shard]]:
        """Yields the whole pieces that reach into a range, each with its first number, in their order."""
        for first, last, path in self._named(start, stop):
            shard = self._checked(path)
            if shard is not None and shard.num_samples == last - first:
                yield first, shard

    def _named(self, start: int, stop: int) -> Iterator[tuple[int, int, Path]]:
        """Yields the pieces whose names reach into a range, each with its range, in their order."""
        for block in range(start - start % BLOCK, stop, BLOCK):
            folder = piece_path(self._folder, block, stop).parent
            for first, last, path in sorted(_range_and_path(path) for path in folder.glob("*-*.h5")):
                if first < stop and start < last:
                    yield first, last, path

    def _checked(self, path: Path) -> Shard | None:
        """Returns a piece, None where a byte of it is wrong; each file is read once."""
        try:
            status = path.stat()
            # A piece that is written again is another file, whatever the clock says.
            key = (path.name, status.st_ino, status.st_size, status.st_mtime_ns)
            if key not in self._whole:
                self._whole[key] = Shard.open(path, verify=True)
        except (ShardError, OSError):
            return None
        return self._whole[key]


def _numbers(first: int, shard: Shard) -> range:
    return range(first, first + shard.num_samples)


def _range_and_path(path: Path) -> tuple[int, int, Path]:
    first, last = path.stem.split("-")
    return int(first), int(last), path
