"""What is handed to workers, and what comes of it: chunks of samples, the work to do on them, the outcome."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

USER_ERROR = 2
"""The exit code by which a worker says that every other worker would fail too: a library is missing."""

OUTGROWN = 3
"""The exit code by which a worker says that it has grown too large and that a fresh one is to go on."""


@dataclass(frozen=True, order=True)
class Chunk:
    """The samples from ``start`` to before ``stop``."""

    start: int
    stop: int

    def __len__(self) -> int:
        """Number of samples."""
        return self.stop - self.start

    def __str__(self) -> str:
        """Returns the chunk for a person."""
        return f"samples {self.start} to {self.stop}"

    def halves(self) -> tuple["Chunk", "Chunk"]:
        """Returns the chunk in two parts."""
        middle = (self.start + self.stop) // 2
        return Chunk(self.start, middle), Chunk(middle, self.stop)


@dataclass(frozen=True)
class Lost:
    """A sample that could not be rendered, and why."""

    index: int
    reason: str


class Work(Protocol):
    """What is to be done for one chunk."""

    def missing(self, chunk: Chunk) -> int:
        """Returns how many samples of the chunk are not stored, from what is stored and whole."""
        ...

    def promised(self, chunk: Chunk) -> int:
        """Returns how many samples of the chunk seem to be stored; cheap, for a person who waits."""
        ...

    def command(self, chunk: Chunk) -> Sequence[str]:
        """Returns the command that computes and stores what is missing of the chunk; called before each attempt."""
        ...


@dataclass(frozen=True)
class Outcome:
    """What came of all chunks.

    Attributes:
        done: the chunks whose results are stored, in order; a halved chunk appears as its parts.
        lost: the samples that failed alone.
    """

    done: tuple[Chunk, ...]
    lost: tuple[Lost, ...]


@dataclass(frozen=True)
class Standing:
    """Where a run stands.

    Attributes:
        stored: samples that are stored, those of unfinished chunks too.
        found: of these, the samples that an earlier run had stored.
        lost: samples that failed alone.
        retried: attempts beyond the first, of chunks and of their parts.
        workers: commands that can run at once, now.
    """

    stored: int
    found: int
    lost: int
    retried: int
    workers: int

    @property
    def settled(self) -> int:
        """Samples that nobody will compute any more."""
        return self.stored + self.lost

    def __str__(self) -> str:
        """Returns what is worth telling beside the numbers of samples."""
        workers = f"{self.workers} worker{'s' * (self.workers != 1)}" if self.workers else "no worker yet"
        counts = [f"{self.retried} tried again"] * bool(self.retried) + [f"{self.lost} lost"] * bool(self.lost)
        return ", ".join([workers, *counts])
