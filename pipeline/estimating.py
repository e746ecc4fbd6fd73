"""How long rendering all sets will take on this machine and how large they will be, measured on a few of their faces.

The faces are taken from the middle of a set, as its stage would hand them to workers: a person's faces together,
several workers at once. Two lengths of chunk give what a worker's start costs and what a face costs; the stage's own
work (reading specifications, writing shards) is measured on the same faces; the rest is arithmetic.
"""

import heapq
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np

from faceset.channels import CHANNELS
from faceset.spec import SampleSpec, read_specs, write_specs
from facs.action_units import CODES
from pipeline.children import worker_environment
from pipeline.chunks import Outcome
from pipeline.errors import StageError
from pipeline.executor import LocalExecutor
from pipeline.farm import places_of
from pipeline.params import FaceSet, Params
from pipeline.progress import answer, say
from pipeline.rendering import (
    RenderWork,
    backend_options,
    chunk_size_for,
    even_chunk_size,
    render,
    scratch_folder,
    specs_digest,
    workers_for,
)
from pipeline.sample_specs import rendered_sets, sampling_config
from pipeline.storing import store
from render.labels import LABELS_ON_REQUEST
from render.sampling import sample_specs

SHORT = 4
"""Faces of the shortest chunk that is measured."""
GROWTH = 8
"""How much longer the second one is."""
ENOUGH = 1.5
"""How many starts the faces of the longest chunk should take, so that both are known."""


@dataclass(frozen=True)
class Estimate:
    """What rendering a set will take.

    Attributes:
        name: of the set.
        samples: faces, twins included.
        workers: processes that draw at once.
        start_s: seconds that a process takes to start.
        sample_s: seconds that one process takes for one face, while the others draw too.
        stage_s: seconds of the stage besides: its own start, reading specifications, writing shards.
        seconds: in all.
        gigabytes: size of the set's folder, 10^9 bytes.
    """

    name: str
    samples: int
    workers: int
    start_s: float
    sample_s: float
    stage_s: float
    seconds: float
    gigabytes: float

    @property
    def per_second(self) -> float:
        """Faces per second over the whole stage."""
        return self.samples / self.seconds


def estimates(params: Params, names: Sequence[str] | None = None) -> Iterator[Estimate]:
    """Yields the estimate of each set (of ``names``), measured by rendering some faces of it on this machine."""
    for name, entry in rendered_sets(params).items():
        if entry is not None and (names is None or name in names):
            say(f"facsmith: estimate: measuring {name}")
            with tempfile.TemporaryDirectory() as folder:
                yield _Trial(params, name, entry, Path(folder)).estimate()


def answer_estimates(params: Params, names: Sequence[str] = ()) -> None:
    """Prints the estimates of the sets, their sum, and what they do not cover.

    Raises:
        StageError: there is no set of some name.
    """
    known = [name for name, entry in rendered_sets(params).items() if entry is not None]
    if unknown := [name for name in names if name not in known]:
        raise StageError(f"expected sets of {', '.join(known)}, found {', '.join(unknown)}")
    answer(f"{'set':<16}{'images':>10}{'workers':>9}{'start s':>9}{'images/s':>10}{'minutes':>9}{'GB':>9}")
    found = []
    for each in estimates(params, names or None):
        found.append(each)
        counts = f"{each.samples:>10}{each.workers:>9}{each.start_s:>9.1f}{each.per_second:>10.1f}"
        answer(f"{each.name:<16}{counts}{each.seconds / 60:>9.1f}{each.gigabytes:>9.3f}")
    minutes, size = sum(each.seconds for each in found) / 60, sum(each.gigabytes for each in found)
    answer(f"{'all':<16}{sum(each.samples for each in found):>10}{'':>28}{minutes:>9.1f}{size:>9.3f}")
    answer("while a set is rendered, its scratch folder holds as much again; DVC's cache keeps a copy of each set,")
    answer("unless the disk can share blocks. Not counted: sample_specs, photographs, checks, training.")


def makespan(count: int, chunk_size: int, workers: int, start_s: float, sample_s: float) -> float:
    """Returns the seconds until the last of some workers has drawn the last chunk, each taken up in turn."""
    free = [0.0] * workers
    for start in range(0, count, chunk_size):
        size = min(chunk_size, count - start)
        heapq.heapreplace(free, free[0] + start_s + size * sample_s)
    return max(free)


def line(times: Mapping[int, float]) -> tuple[float, float]:
    """Returns the seconds that chunks take whatever their length, and those of each face, from two lengths."""
    (few, first), (many, last) = min(times.items()), max(times.items())
    each = max((last - first) / max(1, many - few), 1e-4)
    return max(0.0, first - few * each), each


def sample_bytes(size: int, extra_labels: Sequence[str]) -> int:
    """Returns how many bytes a shard needs for one face: its image, its labels and the larger labels asked for."""
    bounds = {"H": size, "W": size, "K": len(CODES)}
    stored = [CHANNELS[name] for name in CHANNELS if name in extra_labels or name not in LABELS_ON_REQUEST]
    return sum(
        int(np.prod(channel.bound(bounds), dtype=np.int64)) * np.dtype(channel.dtype).itemsize for channel in stored
    )


@cache
def stage_start_s() -> float:
    """Returns the seconds that the stage takes before it does anything; the first start warms the disk's cache."""
    times = []
    for _ in range(2):
        began = time.perf_counter()
        subprocess.run([sys.executable, "-c", "import pipeline.render_shards"], check=True)
        times.append(time.perf_counter() - began)
    return times[-1]


def block_of(params: Params, name: str, entry: FaceSet, wanted: int) -> list[SampleSpec]:
    """Returns at least ``wanted`` faces of neighbouring people from the middle of a set, or the whole set."""
    config = sampling_config(entry, params.action_units, params.image.size, params.paths.natural)
    of_one = max(1.0, entry.count * (1 + entry.twins_per_sample) / entry.identities)
    people = min(entry.identities, int(wanted / of_one) + 1)
    first = (entry.identities - people) // 2
    return sample_specs(config, params.seed, entry.count, name, range(first, first + people))


class _Trial:
    """Measures one set."""

    def __init__(self, params: Params, name: str, entry: FaceSet, folder: Path) -> None:
        self._params, self._name, self._entry, self._folder = params, name, entry, folder
        self._workers = workers_for(params, entry.backend)
        self._places = places_of(params.farm, self._workers)
        self._specs: list[SampleSpec] = []
        self._times: dict[int, float] = {}
        self._last: tuple[RenderWork, Outcome]

    def estimate(self) -> Estimate:
        start_s, sample_s = self._worker_costs()
        specs, outcome = self._last[0].specs, self._last[1]
        samples = self._samples()
        shard_bytes, beside_bytes, store_s = self._stored(len(specs))
        read_s = self._read_s(specs)
        stage_s = stage_start_s() + samples * (store_s + read_s)
        seconds = stage_s + makespan(samples, self._chunk, self._places, start_s, sample_s)
        size = self._params.render.shard_size
        files = -(-samples // size)
        drawn = sum(len(chunk) for chunk in outcome.done)
        overhead = max(0.0, shard_bytes - drawn * self._sample_bytes())
        gigabytes = (samples * (self._sample_bytes() + beside_bytes) + files * overhead) / 1e9
        return Estimate(self._name, samples, self._places, start_s, sample_s, stage_s, seconds, gigabytes)

    @property
    def _chunk(self) -> int:
        return even_chunk_size(self._samples(), chunk_size_for(self._params, self._entry.backend), self._places)

    def _worker_costs(self) -> tuple[float, float]:
        """Returns the seconds of a worker's start and of a face: of chunks that grow until both can be told apart."""
        limit = min(self._chunk, -(-self._samples() // self._workers))
        short = SHORT if limit > SHORT else 1
        self._timed(1)  # the first start compiles, and reads what then is in memory
        self._times.clear()
        longer = min(short * GROWTH, limit)
        start_s, sample_s = line({size: self._timed(size) for size in (short, longer)})
        enough = min(limit, int(ENOUGH * start_s / sample_s))
        if enough > longer:
            start_s, sample_s = line({size: self._timed(size) for size in (short, enough)})
        return start_s, sample_s

    def _timed(self, size: int) -> float:
        """Returns the seconds of one chunk of ``size`` faces on each worker."""
        if size not in self._times:
            count = size * self._workers
            if count > len(self._specs):
                self._specs = block_of(self._params, self._name, self._entry, count)
            work = self._work(self._specs[:count], Path(tempfile.mkdtemp(dir=self._folder)))
            executor = LocalExecutor(
                self._workers, self._params.render.deadline_s, 0, environment=worker_environment(self._workers)
            )
            began = time.perf_counter()
            outcome = render(work, executor, size, lambda standing: None)
            self._times[size] = time.perf_counter() - began
            self._last = work, outcome
        return self._times[size]

    def _work(self, specs: Sequence[SampleSpec], folder: Path) -> RenderWork:
        options = backend_options(self._params, self._entry.backend)
        memory = self._params.render.max_memory_mb
        return RenderWork(specs, self._entry.backend, self._params.render.extra_labels, folder, options, memory)

    def _stored(self, count: int) -> tuple[int, float, float]:
        """Returns the bytes of a shard of the faces drawn last, and of each face beside it; the seconds to write one.

        A shard's fixed part is small beside what it holds, so that one of few faces tells it.
        """
        work, outcome = self._last
        shards, beside = self._folder / "shards", self._folder / "specs.parquet"
        began = time.perf_counter()
        store(work.samples(outcome), shards, self._params.render.shard_size, {"set": self._name})
        seconds = time.perf_counter() - began
        write_specs(beside, work.specs)
        size = sum(path.stat().st_size for path in shards.iterdir())
        return size, beside.stat().st_size / count, seconds / count

    def _read_s(self, specs: Sequence[SampleSpec]) -> float:
        """Returns the seconds to read one specification, digest it twice and write it twice, as the stage does."""
        began = time.perf_counter()
        read = read_specs(self._folder / "specs.parquet")
        scratch_folder(self._folder, read, self._entry.backend, ())
        specs_digest(read)
        write_specs(self._folder / "again.parquet", read)
        return (time.perf_counter() - began) / len(specs)

    def _samples(self) -> int:
        """Returns how many faces the set has; where faces that do not rest have neutral twins, by those drawn."""
        entry = self._entry
        if entry.neutral != "sample" or not self._specs:
            return entry.count * (1 + entry.twins_per_sample)
        apart = sum(not spec.twin_of for spec in self._specs)
        return round(entry.count * len(self._specs) / max(1, apart))

    def _sample_bytes(self) -> int:
        return sample_bytes(self._params.image.size, self._params.render.extra_labels)
