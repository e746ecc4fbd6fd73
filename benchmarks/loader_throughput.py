"""Random training batches of labelled faces: facsmith's shards against the usual ways, on the same images.

    python -m benchmarks.loader_throughput [--num-images 20000] [--size 128] [--batch-size 256] [--only webdataset ...]

Every way gives uint8 images with their AUs, and its first batch is compared with what was written. The files are in the
page cache, so that software is measured and not the disk. Families of ways are written one after another into a
temporary folder (4 GB at most at 20,000 images); within each, its ways and ours take turns for several rounds, and the
median counts. The last line is ``ratio <number>``: the lowest of ours over a peer, each in its own rounds.
"""

import argparse
import os
import statistics
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import torch

from benchmarks.peers.loading import FAMILIES, INSTALL, Batch, Faces, Way
from faceset.loading import ShardSet
from faceset.sample import Sample
from faceset.shards import write_shard
from facs.action_units import OPENFACE17
from gan.labelled import LabelledBatches
from gan.loader import Loader

SHARD_SIZE = 1000
JPEG_ERROR = 8.0
"""Mean difference, of 255, that JPEG may make of what was written."""


def made_faces(count: int, size: int, batch_size: int) -> Faces:
    """Returns images that compress about as well as photographs: soft blobs with a little noise."""
    rng = np.random.default_rng(0)
    blobs = rng.integers(40, 216, (count, size // 16, size // 16, 3), dtype=np.uint8)
    images = np.repeat(np.repeat(blobs, 16, axis=1), 16, axis=2)
    for some in np.array_split(images, max(1, count // 1000)):
        some += rng.integers(0, 16, some.shape, dtype=np.uint8)
    return Faces(images, np.random.default_rng(1).random((count, len(OPENFACE17)), dtype=np.float32), batch_size)


def ours(folder: Path, faces: Faces) -> list[Way]:
    """Writes the faces as shards and returns our ways; the first is the one that the others are compared with."""
    for start in range(0, len(faces.images), SHARD_SIZE):
        rows = range(start, min(start + SHARD_SIZE, len(faces.images)))
        write_shard(folder / f"{start:08d}.h5", [_sample(faces, row) for row in rows], au_codes=OPENFACE17)
    shards = ShardSet.from_folder(folder)

    def plain(start: int) -> Iterator[Batch]:
        known = shards.labels("au")
        return ((shards.images(indices), known[indices]) for indices in faces.stream(start))

    def torch_loader(start: int) -> Iterator[Batch]:
        batches = LabelledBatches(shards, faces.batch_size, labels=("au",))
        with Loader(batches, start) as loader:
            yield from ((batch.image, batch.labels["au"]) for batch in loader)

    def memory(start: int) -> Iterator[Batch]:
        out = np.empty((faces.batch_size, *faces.images.shape[1:]), np.uint8)
        for indices in faces.stream(start):
            yield np.take(faces.images, indices, axis=0, out=out, mode="clip"), faces.aus[indices]

    return [
        Way("facsmith shards", plain, faces.batch_size, is_peer=False),
        Way("facsmith shards, torch loader", torch_loader, faces.batch_size, is_peer=False),
        Way("(one array in memory, np.take)", memory, faces.batch_size, is_peer=False),
    ]


@dataclass(frozen=True)
class Row:
    """One line of the table: a way's speeds, and those of ours in the same rounds."""

    way: Way
    ours: list[float]

    @property
    def speed(self) -> float:
        """Images per second, median."""
        return statistics.median(self.way.speeds)

    @property
    def ratio(self) -> float:
        """Ours over this way."""
        return statistics.median(self.ours) / self.speed


def compared(table: list[Way], reference: Way, rounds: int, seconds: float) -> list[Row]:
    """Returns the rows of ways that took turns with the reference."""
    turn = replace(reference, speeds=[])
    for number in range(rounds):
        for way in [turn, *table]:
            measure(way, seconds, number * 1000)
    return [Row(way, turn.speeds) for way in table]


def measure(way: Way, seconds: float, start: int) -> None:
    """Adds one round: whole batches until the time is over, after those that workers had ready."""
    batches = way.batches(start)
    for _ in range(1 + 2 * way.workers):
        next(batches)
    count, began = 0, time.perf_counter()
    while count == 0 or time.perf_counter() - began < seconds:
        images, aus = next(batches)
        assert len(images) == len(aus) == way.batch_size
        count += way.batch_size
    way.speeds.append(count / (time.perf_counter() - began))


def check(way: Way, faces: Faces, rows: dict[bytes, int]) -> None:
    """Checks that a way's first batch holds what was written: the faces, their AUs, and if it can, in our order."""
    images, aus = (np.asarray(part) for part in next(way.batches(0)))
    assert images.dtype == np.uint8, f"{way.name}: {images.dtype}"
    found = np.array([rows[np.ascontiguousarray(au, np.float32).tobytes()] for au in aus])
    difference = np.abs(images.astype(np.int16) - faces.images[found])
    assert difference.mean() < JPEG_ERROR, way.name
    assert not (way.exact and difference.any()), way.name
    if way.ordered and way.batch_size == faces.batch_size:
        assert np.array_equal(found, faces.stream(0).batch(0)), way.name


def main() -> None:
    """Prints the table and the ratio."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--num-images", type=int, default=20_000)
    parser.add_argument("--size", type=int, default=128)
    parser.add_argument("--batch-size", type=int, default=256)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=0.5, help="per way and round")
    parser.add_argument("--only", nargs="+", choices=FAMILIES, default=list(FAMILIES))
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    faces = made_faces(arguments.num_images, arguments.size, arguments.batch_size)
    places = {au.tobytes(): row for row, au in enumerate(faces.aus)}
    print(
        f"{arguments.num_images} images of {arguments.size}x{arguments.size}x3 bytes, batches of "
        f"{arguments.batch_size}, page cache warm, {os.cpu_count()} cores, median of {arguments.rounds} rounds\n"
    )
    print(f"{'way':50} {'images/s':>10} {'lowest':>10} {'highest':>10} {'GB/s':>6} {'ours is':>9}")
    rows: list[Row] = []
    with tempfile.TemporaryDirectory() as folder:
        table = ours(Path(folder) / "ours", faces)
        for name, family in {"": lambda *_: table, **{name: FAMILIES[name] for name in arguments.only}}.items():
            with tempfile.TemporaryDirectory(dir=folder) as place:
                try:
                    others = family(Path(place), faces)
                except ImportError as error:
                    print(f"{name}: not installed ({error}); {INSTALL}")
                    continue
                for way in others:
                    check(way, faces, places)
                found = compared(others, table[0], arguments.rounds, arguments.seconds)
            for row in found:
                _print_row(row, arguments.size)
            rows += found
    print(f"\nratio {min(row.ratio for row in rows if row.way.is_peer):.2f}")


def _print_row(row: Row, size: int) -> None:
    speeds = row.way.speeds
    spread = f"{min(speeds):10,.0f} {max(speeds):10,.0f} {row.speed * size * size * 3 / 1e9:6.2f}"
    print(f"{row.way.name:50} {row.speed:10,.0f} {spread} {row.ratio:8.1f}x", flush=True)


def _sample(faces: Faces, row: int) -> Sample:
    texts = {"identity": f"person {row % 100}", "sample_key": f"face {row}", "source": "made", "twin_of": ""}
    au, known = faces.aus[row], np.ones(faces.aus.shape[1], np.uint8)
    return Sample({"image": faces.images[row], "au": au, "au_left": au, "au_right": au, "au_known": known, **texts})


if __name__ == "__main__":
    main()
