"""Random training batches from HDF5: facsmith's shards against the usual ways, side by side on the same images.

    python -m benchmarks.loader_throughput [--num-images 8000] [--size 128] [--batch-size 256]

Every way gives the same batches of images (uint8) with their AUs; the first batch of each is compared with ours. The
files are in the page cache, so that software is measured and not the disk. The ways take turns for several rounds and
the median round counts. The last line is ``ratio <number>``: ours over the best peer (higher is better).
"""

import argparse
import os
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import torch

from faceset.loading import BatchStream, Prefetcher, ShardSet
from faceset.sample import Sample
from faceset.shards import write_shard
from facs.action_units import OPENFACE17

SHARD_SIZE = 1000
SLOW_BATCH = 64
GZIP_IMAGES, GZIP_BATCH = 1000, 8
"""Chunks that cut through many images make a batch take seconds: few images and small batches suffice."""

Batch = tuple[Any, Any]
Indices = Any


@dataclass
class Way:
    """One way of loading.

    Attributes:
        name: in the table.
        batches: from a start step, endless batches of (images, AUs).
        batch_size: images per batch.
        is_peer: counts for the ratio.
        speeds: images per second, one per round.
    """

    name: str
    batches: Callable[[int], Iterator[Batch]]
    batch_size: int
    is_peer: bool = True
    speeds: list[float] = field(default_factory=list)

    def measure(self, seconds: float, start: int) -> None:
        """Adds one round: whole batches until the time is over, after one that is not counted."""
        batches = self.batches(start)
        next(batches)
        count, began = 0, time.perf_counter()
        while count == 0 or time.perf_counter() - began < seconds:
            images, aus = next(batches)
            assert len(images) == len(aus) == self.batch_size
            count += self.batch_size
        self.speeds.append(count / (time.perf_counter() - began))


class Items(torch.utils.data.Dataset[Batch]):
    """The dataset of most tutorials: one face per call, the file opened on first use."""

    def __init__(self, path: Path, count: int) -> None:
        """Remembers the file."""
        self.path, self.count, self.file = path, count, None

    def __len__(self) -> int:
        """Returns the number of faces."""
        return self.count

    def __getitem__(self, index: int) -> Batch:
        """Returns one face."""
        if self.file is None:
            self.file = h5py.File(self.path, "r")
        return self.file["image"][index], self.file["au"][index]


class Order:
    """A batch sampler that gives the batches of a stream, so that every way loads the same faces."""

    def __init__(self, stream: BatchStream) -> None:
        """Remembers the stream."""
        self.stream = stream

    def __iter__(self) -> Iterator[list[int]]:
        """Yields lists of indices without end."""
        for indices in self.stream:
            yield indices.tolist()


def made_images(count: int, size: int) -> np.ndarray:
    """Returns images that compress about as well as photographs: soft blobs with a little noise."""
    rng = np.random.default_rng(0)
    blobs = rng.integers(40, 216, (count, size // 16, size // 16, 3), dtype=np.uint8)
    images = np.repeat(np.repeat(blobs, 16, axis=1), 16, axis=2)
    images += rng.integers(0, 16, images.shape, dtype=np.uint8)
    return images


def write_ours(folder: Path, images: np.ndarray, aus: np.ndarray) -> None:
    """Writes the faces as shards."""
    for start in range(0, len(images), SHARD_SIZE):
        rows = range(start, min(start + SHARD_SIZE, len(images)))
        write_shard(folder / f"{start:08d}.h5", [_sample(images[row], aus[row], row) for row in rows])


def write_peer(path: Path, images: np.ndarray, aus: np.ndarray, **options: Any) -> Path:
    """Writes the faces as one HDF5 file, as h5py would be used, and returns its path."""
    with h5py.File(path, "w") as file:
        file.create_dataset("image", data=images, **options)
        file.create_dataset("au", data=aus)
    return path


def ways(folder: Path, images: np.ndarray, aus: np.ndarray, batch_size: int) -> list[Way]:
    """Writes every file and returns the ways of loading, ours first."""
    write_ours(folder / "ours", images, aus)
    faces, labels = ShardSet.from_folder(folder / "ours"), np.array(aus)
    plain = write_peer(folder / "contiguous.h5", images, aus)
    chunked = write_peer(folder / "chunked.h5", images, aus, chunks=True)
    single = write_peer(folder / "single.h5", images, aus, chunks=(1, *images.shape[1:]))
    few = min(GZIP_IMAGES, len(images))
    zipped = write_peer(folder / "gzip.h5", images[:few], aus[:few], chunks=True, compression="gzip")

    def stream(start: int, count: int = len(images), size: int = batch_size) -> BatchStream:
        return BatchStream(count, size, seed=0, start_step=start)

    def ours(start: int) -> Iterator[Batch]:
        known = faces.labels("au")
        return ((faces.images(indices), known[indices]) for indices in stream(start))

    def memory(start: int) -> Iterator[Batch]:
        return ((images[indices], labels[indices]) for indices in stream(start))

    def loader(workers: int) -> Callable[[int], Iterator[Batch]]:
        return lambda start: iter(
            torch.utils.data.DataLoader(
                Items(plain, len(images)), batch_sampler=Order(stream(start)), num_workers=workers
            )
        )

    return [
        Way("facsmith shards", ours, batch_size, is_peer=False),
        Way("facsmith shards, Prefetcher", lambda start: _prefetched(ours(start)), batch_size, is_peer=False),
        Way("(ceiling: images in memory)", memory, batch_size, is_peer=False),
        Way("h5py contiguous, ds[i] per image", lambda start: _one_by_one(plain, stream(start)), batch_size),
        Way("h5py contiguous, ds[sorted]", lambda start: _fancy(plain, stream(start)), batch_size),
        Way("h5py chunks=(1, H, W, 3), ds[i]", lambda start: _one_by_one(single, stream(start)), batch_size),
        Way("h5py + DataLoader, per item", loader(0), batch_size),
        Way("h5py + DataLoader, per item, 2 workers", loader(2), batch_size),
        Way(
            f"h5py chunks=True, ds[sorted] ({SLOW_BATCH} per batch)",
            lambda start: _fancy(chunked, stream(start, size=SLOW_BATCH)),
            SLOW_BATCH,
        ),
        Way(
            f"h5py chunks=True gzip, ds[sorted] ({GZIP_BATCH} per batch)",
            lambda start: _fancy(zipped, stream(start, few, GZIP_BATCH)),
            GZIP_BATCH,
        ),
    ]


def check_same(way: Way, images: np.ndarray, aus: np.ndarray, count: int) -> None:
    """Checks that a way's first batch holds the images and AUs that it should."""
    indices = BatchStream(count, way.batch_size, seed=0).batch(0)
    found_images, found_aus = next(way.batches(0))
    assert np.array_equal(np.asarray(found_images), images[indices]), way.name
    assert np.array_equal(np.asarray(found_aus), aus[indices]), way.name


def main() -> None:
    """Prints the table and the ratio."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--num-images", type=int, default=8000)
    parser.add_argument("--size", type=int, default=128)
    parser.add_argument("--batch-size", type=int, default=256)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=0.5, help="per way and round")
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    images = made_images(arguments.num_images, arguments.size)
    aus = np.random.default_rng(1).random((len(images), len(OPENFACE17)), dtype=np.float32)
    with tempfile.TemporaryDirectory() as folder:
        table = ways(Path(folder), images, aus, arguments.batch_size)
        for way in table:
            check_same(way, images, aus, min(GZIP_IMAGES, len(images)) if way.batch_size == GZIP_BATCH else len(images))
        for start in range(arguments.rounds):
            for way in table:
                way.measure(arguments.seconds, start * 1000)
    _print_table(table, arguments)


def _print_table(table: list[Way], arguments: argparse.Namespace) -> None:
    size, medians = arguments.size, {way.name: statistics.median(way.speeds) for way in table}
    ours = medians[table[0].name]
    print(
        f"{arguments.num_images} images of {size}x{size}x3 bytes, batches of {arguments.batch_size}, page cache warm, "
        f"one process, {os.cpu_count()} cores, median of {arguments.rounds} rounds\n"
    )
    print(f"{'way':50} {'images/s':>10} {'lowest':>10} {'highest':>10} {'GB/s':>6} {'ours is':>9}")
    for way in table:
        speed = medians[way.name]
        spread = f"{min(way.speeds):10,.0f} {max(way.speeds):10,.0f}"
        print(f"{way.name:50} {speed:10,.0f} {spread} {speed * size * size * 3 / 1e9:6.2f} {ours / speed:8.1f}x")
    best = max(medians[way.name] for way in table if way.is_peer)
    print(f"\nratio {ours / best:.2f}")


def _sample(image: np.ndarray, au: np.ndarray, row: int) -> Sample:
    texts = {"identity": f"person {row % 100}", "sample_key": f"face {row}", "source": "made", "twin_of": ""}
    known = np.ones(len(au), np.uint8)
    return Sample({"image": image, "au": au, "au_left": au, "au_right": au, "au_known": known, **texts})


def _prefetched(batches: Iterator[Batch]) -> Iterator[Batch]:
    with Prefetcher(batches) as ahead:
        yield from ahead


def _one_by_one(path: Path, stream: BatchStream) -> Iterator[Batch]:
    with h5py.File(path, "r") as file:
        images, aus = file["image"], file["au"][()]
        for indices in stream:
            yield np.stack([images[index] for index in indices.tolist()]), aus[indices]


def _fancy(path: Path, stream: BatchStream) -> Iterator[Batch]:
    with h5py.File(path, "r") as file:
        images, aus = file["image"], file["au"][()]
        for indices in stream:
            # h5py wants increasing indices without repetition.
            unique, place = np.unique(indices, return_inverse=True)
            yield images[unique][place], aus[indices]


if __name__ == "__main__":
    main()
