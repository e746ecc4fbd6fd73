"""Images per second for one and two workers, by the local and the dask executor, and what a chunk costs beside them.

    python benchmarks/farm_scaling.py [--count 1024] [--chunk-size 128] [--repeats 2]

Nobody else may be busy on the machine. All runs render the same specifications into empty folders; the times leave
out the start of the dask cluster, which is its own column. The overhead of a chunk is measured with commands that
render nothing: what process start, orders and books cost beside the renderer's own start. The last line is `ratio
<number>`: images per second of two workers over those of one, by the local executor.
"""

import argparse
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from faceset.spec import SampleSpec
from facs import CODES
from pipeline import clusters
from pipeline.books import Rules
from pipeline.children import worker_environment
from pipeline.chunks import Chunk
from pipeline.dask_executor import DaskExecutor
from pipeline.executor import Executor, LocalExecutor
from pipeline.rendering import RenderWork, render
from render.config import SamplingConfig
from render.sampling import sample_specs


class Nothing:
    """Work whose command stores an empty file for each chunk."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def missing(self, chunk: Chunk) -> int:
        """Returns 0 once the chunk's file is there."""
        return 0 if self._file(chunk).exists() else len(chunk)

    def promised(self, chunk: Chunk) -> int:
        """Returns the same as what is stored."""
        return len(chunk) - self.missing(chunk)

    def command(self, chunk: Chunk) -> Sequence[str]:
        """Returns the command that creates the file."""
        return ["touch", str(self._file(chunk))]

    def _file(self, chunk: Chunk) -> Path:
        return self._folder / f"{chunk.start}.done"


@contextmanager
def started(name: str, workers: int, folder: Path) -> Iterator[tuple[Executor, float]]:
    """Yields an executor whose cluster runs already, and the seconds its start took."""
    began = time.perf_counter()
    if name == "local":
        yield LocalExecutor(workers, 600.0, 0, environment=worker_environment(workers)), 0.0
        return
    with clusters.machine(workers) as address:
        seconds = time.perf_counter() - began
        yield DaskExecutor(lambda: clusters.scheduler(address), folder, 600.0, Rules(0)), seconds


def rate(name: str, workers: int, specs: Sequence[SampleSpec], chunk_size: int) -> tuple[float, float]:
    """Returns images per second, and the seconds that the cluster took to start."""
    with tempfile.TemporaryDirectory() as folder, started(name, workers, Path(folder)) as (executor, start):
        work = RenderWork(specs, "raster", (), Path(folder))
        began = time.perf_counter()
        render(work, executor, chunk_size, lambda standing: None)
        return len(specs) / (time.perf_counter() - began), start


def overhead(name: str, workers: int, chunks: int) -> float:
    """Returns the seconds of a chunk in which nothing is rendered, for one worker."""
    with tempfile.TemporaryDirectory() as folder, started(name, workers, Path(folder)) as (executor, _):
        began = time.perf_counter()
        executor.run(Nothing(Path(folder)), [Chunk(n, n + 1) for n in range(chunks)], lambda standing: None)
        return (time.perf_counter() - began) / chunks * workers


def main() -> None:
    """Prints a row for each executor and number of workers, and the ratio."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--count", type=int, default=1024, help="images of each run")
    parser.add_argument("--size", type=int, default=128, help="width and height, pixels")
    parser.add_argument("--chunk-size", type=int, default=128, help="images of each process")
    parser.add_argument("--chunks", type=int, default=200, help="empty chunks for the overhead")
    parser.add_argument("--repeats", type=int, default=2, help="runs of each row; the best counts")
    arguments = parser.parse_args()
    config = SamplingConfig(action_units=CODES, identities=max(1, arguments.count // 8), size=arguments.size)
    specs = sample_specs(config, 5, arguments.count, "scaling")
    rows = [(name, workers) for name in ("local", "dask") for workers in (1, 2)]
    found: dict[tuple[str, int], float] = {}
    print(f"{'executor':<10}{'workers':>8}{'images/s':>10}{'cluster s':>11}{'ms/chunk':>10}")
    for name, workers in rows:
        runs = [rate(name, workers, specs, arguments.chunk_size) for _ in range(arguments.repeats)]
        found[name, workers] = max(each for each, _ in runs)
        cost = overhead(name, workers, arguments.chunks)
        start = min(seconds for _, seconds in runs)
        print(f"{name:<10}{workers:>8}{found[name, workers]:>10.1f}{start:>11.1f}{cost * 1e3:>10.1f}", flush=True)
    print(f"dask over local, two workers: {found['dask', 2] / found['local', 2]:.2f}")
    print(f"ratio {found['local', 2] / found['local', 1]:.2f}")


if __name__ == "__main__":
    sys.exit(main())
