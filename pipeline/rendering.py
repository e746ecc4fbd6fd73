"""Rendering spread over worker processes: chunks in a scratch folder that outlives the stage, shards at the end.

The scratch folder's name is a digest of the specifications, the settings and the renderer's own source, so that what
lies there can be taken up after an interruption and never after a change.
"""

import json
import os
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from faceset.errors import ShardError
from faceset.sample import Sample
from faceset.shards import Shard
from faceset.spec import SampleSpec, write_specs
from pipeline.digest import digest, source_digest
from pipeline.executor import Chunk, Executor, Lost, Outcome
from pipeline.progress import Progress

SOURCES = ("facs", "faceset", "render")
SPECS = "specs.parquet"
SPECS_DIGEST = "specs"
"""Attribute of a shard: digest of all specifications beside it, so that one that was altered is noticed."""


@dataclass(frozen=True)
class RenderWork:
    """The chunks of one list of specifications, for an ``Executor``.

    Attributes:
        specs: what to render.
        backend: who renders it.
        channels: the per-pixel channels to store beside the image.
        folder: where specifications and results of the chunks lie.
    """

    specs: Sequence[SampleSpec]
    backend: str
    channels: tuple[str, ...]
    folder: Path

    def result(self, chunk: Chunk) -> Path:
        """Returns where a chunk's faces are stored."""
        return self.folder / f"{chunk.start:08d}-{chunk.stop:08d}.h5"

    def is_done(self, chunk: Chunk) -> bool:
        """Returns True where the chunk's faces are stored whole."""
        path = self.result(chunk)
        try:
            return path.is_file() and Shard.open(path).num_samples == len(chunk)
        except ShardError:
            return False

    def command(self, chunk: Chunk) -> Sequence[str]:
        """Writes the chunk's specifications and returns the worker's command."""
        specs = self.result(chunk).with_suffix(".parquet")
        write_specs(specs, self.specs[chunk.start : chunk.stop])
        command = [sys.executable, "-m", "render.worker", "--specs", str(specs), "--out", str(self.result(chunk))]
        return [*command, "--backend", self.backend, "--channels", ",".join(self.channels)]

    def samples(self, outcome: Outcome) -> Iterator[Sample]:
        """Yields the rendered faces in the order of the specifications."""
        for chunk in outcome.done:
            shard = Shard.open(self.result(chunk))
            yield from (shard.sample(row) for row in range(shard.num_samples))


def scratch_folder(root: Path, specs: Sequence[SampleSpec], backend: str, channels: Sequence[str]) -> Path:
    """Returns the folder for this work and no other."""
    name = digest(*(spec.to_json() for spec in specs), backend, json.dumps(list(channels)), source_digest(SOURCES))
    return root / "render" / name


def render(work: RenderWork, executor: Executor, chunk_size: int, progress: Progress) -> Outcome:
    """Returns what came of all chunks.

    Raises:
        ExecutorError: too many samples were lost, or a worker cannot start at all.
    """
    work.folder.mkdir(parents=True, exist_ok=True)
    count = len(work.specs)
    chunks = [Chunk(start, min(start + chunk_size, count)) for start in range(0, count, chunk_size)]
    return executor.run(work, chunks, progress)


def store_companions(work: RenderWork, outcome: Outcome, folder: Path) -> None:
    """Writes what lies beside the shards: the specifications of the faces, and the lost ones with their reasons."""
    write_specs(folder / SPECS, kept_specs(work, outcome))
    lines = [json.dumps({"key": work.specs[lost.index].key, "reason": lost.reason}) for lost in outcome.lost]
    (folder / "lost.jsonl").write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")


def kept_specs(work: RenderWork, outcome: Outcome) -> list[SampleSpec]:
    """Returns the specifications of the faces that were rendered, in the order of the shards."""
    return [spec for chunk in outcome.done for spec in work.specs[chunk.start : chunk.stop]]


def specs_digest(specs: Sequence[SampleSpec]) -> str:
    """Returns the digest of specifications that each of their shards carries."""
    return digest(*(spec.to_json() for spec in specs))


def worker_environment(workers: int, cores: int | None = None) -> tuple[tuple[str, str], ...]:
    """Returns the variables that keep ``workers`` processes from fighting over the cores."""
    threads = str(max(1, (cores or os.cpu_count() or 1) // workers))
    names = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "LP_NUM_THREADS")
    return tuple((name, threads) for name in names)


def lost_lines(specs: Sequence[SampleSpec], lost: Sequence[Lost]) -> list[str]:
    """Returns one line for each lost sample, for a person."""
    return [f"{specs[entry.index].key}: {entry.reason}" for entry in lost]
