"""Random batches from files that are not in memory: facsmith's shards against h5py and against plain memory maps.

    python -m benchmarks.loader_cold [--num-images 8000] [--batches 4]

Before each round the files are taken out of the page cache (posix_fadvise) and opened again. The first batch, in which
the shards notice that the disk is cold, counts too. Few of the images are asked for: plain maps read megabytes around
each, and a set that is read often enough is soon in memory whoever reads it. The last line is ``ratio <number>``: ours
over the best peer.
"""

import argparse
import os
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import h5py
import numpy as np

from benchmarks.loader_throughput import made_faces, ours
from faceset.loading import ShardSet

Gather = Callable[[np.ndarray], np.ndarray]


def forget(folder: Path) -> None:
    """Takes the files of a folder out of the page cache."""
    for path in folder.glob("*.h5"):
        with path.open("rb") as file:
            os.fsync(file.fileno())
            os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)


def shards(folder: Path) -> Gather:
    """Returns our way."""
    return ShardSet.from_folder(folder).images


def maps(folder: Path) -> Gather:
    """Returns numpy over the same memory maps."""
    opened = ShardSet.from_folder(folder).shards
    size = opened[0].num_samples
    images = [np.asarray(shard.pixels()) for shard in opened]
    return lambda indices: np.stack([images[index // size][index % size] for index in indices.tolist()])


def hdf5(folder: Path) -> Gather:
    """Returns h5py on the same files, image by image."""
    files = [h5py.File(path, locking=False)["image"] for path in sorted(folder.glob("*.h5"))]
    size = len(files[0])
    return lambda indices: np.stack([files[index // size][index % size] for index in indices.tolist()])


def speeds(
    way: Callable[[Path], Gather], folder: Path, order: Iterator[np.ndarray], batches: int
) -> tuple[float, float]:
    """Returns images per second of the first batch, and of all of them."""
    gather = way(folder)
    forget(folder)
    times = [time.perf_counter()]
    count = 0
    for _ in range(batches):
        count += len(gather(next(order)))
        times.append(time.perf_counter())
    return count / batches / (times[1] - times[0]), count / (times[-1] - times[0])


def main() -> None:
    """Prints the table and the ratio."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--num-images", type=int, default=8000)
    parser.add_argument("--batches", type=int, default=4)
    parser.add_argument("--rounds", type=int, default=3)
    arguments = parser.parse_args()
    faces = made_faces(arguments.num_images, 128, 256)
    ways = {"facsmith shards": shards, "h5py, ds[i] per image": hdf5, "numpy over memory maps": maps}
    found: dict[str, list[tuple[float, float]]] = {name: [] for name in ways}
    with tempfile.TemporaryDirectory() as folder:
        ours(Path(folder), faces)
        shards(Path(folder))(np.arange(2))  # what is compiled once is not the disk's doing
        for number in range(arguments.rounds):
            for name, way in ways.items():
                found[name].append(speeds(way, Path(folder), iter(faces.stream(100 * number)), arguments.batches))
    print(f"{arguments.batches} random batches of 256 images of 128x128, not in memory, images/s, median\n")
    print(f"{'way':30}{'first batch':>12}{'all':>12}")
    medians = {name: [statistics.median(column) for column in zip(*rows, strict=True)] for name, rows in found.items()}
    for name, (first, every) in medians.items():
        print(f"{name:30}{first:12,.0f}{every:12,.0f}")
    mine, *peers = (every for _, every in medians.values())
    print(f"\nratio {mine / max(peers):.2f}")


if __name__ == "__main__":
    main()
