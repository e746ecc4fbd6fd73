"""Rendering spread over worker processes: chunks in a scratch folder that outlives the stage, shards at the end.

The scratch folder's name is a digest of the specifications, the settings and the renderer's own source, so that what
lies there can be taken up after an interruption and never after a change.
"""

import json
import math
import os
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from faceset.errors import ShardError
from faceset.manifest import add_companions
from faceset.sample import Sample
from faceset.spec import SampleSpec, write_specs
from pipeline.chunks import Chunk, Lost, Outcome, Standing
from pipeline.digest import digest, source_digest
from pipeline.executor import Executor
from pipeline.params import Params
from pipeline.storing import SPECS
from render.backends import NO_OPTIONS, Options
from render.pieces import Pieces, piece_path

SOURCES = ("facs", "faceset", "render")
SPECS_DIGEST = "specs"
"""Attribute of a shard: digest of all specifications beside it, so that one that was altered is noticed."""

LOST = "lost.jsonl"
"""Name of the list of lost samples beside the shards of a rendered set."""

OPTIONS = "backend_options"
"""Attribute of a shard: what its backend was told, JSON; absent where that is nothing."""


@dataclass(frozen=True)
class RenderWork:
    """The chunks of one list of specifications, for an ``Executor``.

    Attributes:
        specs: what to render.
        backend: who renders it.
        channels: the per-pixel channels to store beside the image.
        folder: where specifications and results of the chunks lie.
        options: of the backend.
        max_memory_mb: resident memory after which a worker ends and a fresh one goes on.
    """

    specs: Sequence[SampleSpec]
    backend: str
    channels: tuple[str, ...]
    folder: Path
    options: Options = field(default_factory=dict)
    max_memory_mb: float = math.inf

    @cached_property
    def pieces(self) -> Pieces:
        """What has been rendered so far."""
        return Pieces(self.folder)

    def missing(self, chunk: Chunk) -> int:
        """Returns how many faces of the chunk are not stored."""
        return len(self.pieces.missing(chunk.start, chunk.stop))

    def promised(self, chunk: Chunk) -> int:
        """Returns how many faces of the chunk seem to be stored."""
        return self.pieces.promised(chunk.start, chunk.stop)

    def command(self, chunk: Chunk) -> Sequence[str]:
        """Writes the specifications of what is missing and returns the worker's command."""
        missing = self.pieces.missing(chunk.start, chunk.stop)
        first, last = missing[0], missing[-1]
        # Named for what it holds: two runs, or a worker whose run was killed, never find other faces under it.
        specs = piece_path(self.folder, first, last + 1).with_suffix(".parquet")
        write_specs(specs, self.specs[first : last + 1])
        command = [sys.executable, "-m", "render.worker", "--specs", str(specs), "--out", str(self.folder)]
        command += ["--first", str(first), "--max-memory-mb", str(self.max_memory_mb)]
        command += ["--backend", self.backend, "--options", json.dumps(dict(self.options))]
        return [*command, "--channels", ",".join(self.channels)]

    def samples(self, outcome: Outcome) -> Iterator[Sample]:
        """Yields the rendered faces in the order of the specifications, each file read and checked anew.

        Raises:
            ShardError: one is missing, or is not the face of its specification.
        """
        pieces = Pieces(self.folder)
        for chunk in outcome.done:
            samples = pieces.samples(chunk.start, chunk.stop)
            for spec, sample in zip(self.specs[chunk.start : chunk.stop], samples, strict=True):
                if sample.key != spec.key:
                    raise ShardError(f"{self.folder}: expected the face {spec.key}, found {sample.key}; remove it")
                yield sample


def backend_options(params: Params, backend: str) -> Options:
    """Returns what params.yaml says to a backend: what decides its pictures, and nothing else."""
    if backend != "blender":
        return NO_OPTIONS
    samples, noise = params.render.blender.samples, params.render.blender.noise
    return {"samples": samples, "noise": noise, "device": params.render.blender.device}


def workers_for(params: Params, backend: str) -> int:
    """Returns how many processes render at once."""
    asked = params.render.blender.workers if backend == "blender" else 0
    return asked or params.render.workers or os.cpu_count() or 1


def chunk_size_for(params: Params, backend: str) -> int:
    """Returns how many faces one process draws before it ends."""
    return params.render.blender.chunk_size if backend == "blender" else params.render.chunk_size


def even_chunk_size(count: int, most: int, workers: int) -> int:
    """Returns how many faces to give to one process, at most ``most``, so that all workers end at the same time."""
    rounds = -(-count // (most * workers))
    return max(1, -(-count // max(1, rounds * workers)))


def scratch_folder(
    root: Path, specs: Sequence[SampleSpec], backend: str, channels: Sequence[str], options: Options = NO_OPTIONS
) -> Path:
    """Returns the folder for this work and no other."""
    how = json.dumps([backend, list(channels), dict(options)], sort_keys=True)
    return root / "render" / digest(*(spec.to_json() for spec in specs), how, source_digest(SOURCES))


def render(work: RenderWork, executor: Executor, chunk_size: int, progress: Callable[[Standing], None]) -> Outcome:
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
    (folder / LOST).write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
    add_companions([folder / SPECS, folder / LOST])


def kept_specs(work: RenderWork, outcome: Outcome) -> list[SampleSpec]:
    """Returns the specifications of the faces that were rendered, in the order of the shards."""
    return [spec for chunk in outcome.done for spec in work.specs[chunk.start : chunk.stop]]


def specs_digest(specs: Sequence[SampleSpec]) -> str:
    """Returns the digest of specifications that each of their shards carries."""
    return digest(*(spec.to_json() for spec in specs))


def lost_lines(specs: Sequence[SampleSpec], lost: Sequence[Lost]) -> list[str]:
    """Returns one line for each lost sample, for a person."""
    return [f"{specs[entry.index].key}: {entry.reason}" for entry in lost]
