"""Renders specifications into pieces of a folder: ``python -m render.worker --specs A --out B``.

One call is one fresh process: what a renderer leaks or breaks dies with it. What is finished is stored every few
seconds, and also when something goes wrong, so that the next process goes on from there.

Exit status: 0 done; 1 these specifications cannot be rendered; 2 nothing can be rendered here, a library, a GPU or a
face model is missing, or what is rendered cannot be stored; 3 not done, this process has grown too large, or is an
orphan, and a fresh one is to go on. A message on standard error says what the user can do. Any other status is a fault
of the renderer.
"""

import argparse
import json
import math
import os
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from faceset.errors import BusyError, StorageError
from faceset.sample import Sample
from faceset.shards import write_shard
from faceset.spec import SampleSpec, read_specs
from render.face_model import face_model
from render.memory import resident_mb
from render.pieces import block_end, piece_path
from render.sample import SampleRenderer

DONE, IMPOSSIBLE, UNEQUIPPED, OUTGROWN = 0, 1, 2, 3
"""Exit statuses."""

STORED_EVERY = 5.0
"""Seconds after which finished samples are stored: what a killed process costs at most, beside one sample."""


class PieceWriter:
    """Collects samples and stores them, a piece at a time.

    Args:
        folder: of the pieces.
        first: number of the first sample.
        backend: who renders; stored with each piece.
    """

    def __init__(self, folder: Path, first: int, backend: str) -> None:
        self._folder, self._first, self._backend = folder, first, backend
        self._waiting: list[Sample] = []
        self._stored = time.monotonic()

    def add(self, sample: Sample) -> None:
        """Takes the next sample, and stores those that wait where the last piece is old or their block is full."""
        self._waiting.append(sample)
        full = self._first + len(self._waiting) == block_end(self._first)
        if full or time.monotonic() - self._stored >= STORED_EVERY:
            self.store()

    def store(self) -> None:
        """Stores the samples that wait, if any."""
        if self._waiting:
            stop = self._first + len(self._waiting)
            write_shard(piece_path(self._folder, self._first, stop), self._waiting, {"backend": self._backend})
            self._first, self._waiting = stop, []
        self._stored = time.monotonic()


def main(arguments: list[str] | None = None) -> int:
    """Renders the specifications and returns the exit status."""
    options = _parser().parse_args(arguments)
    channels = tuple(name for name in options.channels.split(",") if name)
    try:
        specs = read_specs(options.specs)
        for model in sorted({spec.face_model for spec in specs}):
            face_model(model)
        renderer = SampleRenderer(options.backend, channels, options.options)
    except (ValueError, OSError) as error:
        return _told(f"{options.backend}: {error}", UNEQUIPPED)
    try:
        return _render(renderer, specs, PieceWriter(options.out, options.first, options.backend), options.max_memory_mb)
    except (StorageError, BusyError, OSError) as error:
        # No sample is at fault, and none must be set apart for it.
        return _told(str(error), UNEQUIPPED)
    except ValueError as error:
        return _told(f"{options.specs}: {error}", IMPOSSIBLE)
    finally:
        renderer.close()


def _render(renderer: SampleRenderer, specs: Sequence[SampleSpec], writer: PieceWriter, max_memory_mb: float) -> int:
    try:
        for left, spec in zip(range(len(specs) - 1, -1, -1), specs, strict=True):
            writer.add(renderer.render(spec))
            if left and (resident_mb() > max_memory_mb or _orphaned()):
                return OUTGROWN
    finally:
        writer.store()
    return DONE


def _orphaned() -> bool:
    """Returns True where the process that asked for these samples is no more: nobody waits for them."""
    return os.environ.get("FACSMITH_PARENT", str(os.getppid())) != str(os.getppid())


def _told(message: str, status: int) -> int:
    sys.stderr.write(f"{message}\n")
    return status


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m render.worker", description=__doc__.splitlines()[0])
    parser.add_argument("--specs", type=Path, required=True, help="parquet file of specifications")
    parser.add_argument("--out", type=Path, required=True, help="folder of the pieces")
    parser.add_argument("--first", type=int, default=0, help="number of the first specification")
    parser.add_argument("--backend", default="raster", help="raster, pyrender or blender")
    parser.add_argument("--options", type=json.loads, default={}, help="of the backend, JSON")
    parser.add_argument("--channels", default="", help="per-pixel labels to store, separated by commas")
    parser.add_argument("--max-memory-mb", type=float, default=math.inf, help="resident memory after which to end")
    return parser


if __name__ == "__main__":
    sys.exit(main())
