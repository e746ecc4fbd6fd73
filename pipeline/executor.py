"""Spreads samples over worker processes that may crash, hang or meet a sample that kills them.

The unit of work is a chunk: a range of samples that one fresh process renders and stores. A process that ends early,
for whatever reason, costs what it had not stored: the next one goes on from there. A chunk that comes no further in
two attempts is halved until the sample at fault stands alone, is tried once more and is set apart, so that one
poisonous sample costs one sample. What is finished is kept by the ``Work`` (a content-addressed folder), so an
interrupted run goes on where it stopped.

Threads wait for operating-system processes: process pools deadlock (``max_tasks_per_child``) or lose the task of a
killed worker on Python 3.11, and a renderer such as Blender is global to its process.
"""

from collections.abc import Callable, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from typing import Protocol

from pipeline.children import Children, Exit
from pipeline.errors import ExecutorError

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
        """Returns how many samples of the chunk are not stored; any thread may ask."""
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


class Executor(Protocol):
    """Computes chunks somewhere: on this machine, on a cluster."""

    def run(self, work: Work, chunks: Sequence[Chunk], progress: Callable[[int], None]) -> Outcome:
        """Returns what came of the chunks; ``progress`` takes the number of samples that are settled.

        Raises:
            ExecutorError: too many samples were lost, or workers cannot start at all.
        """
        ...


@dataclass(frozen=True)
class LocalExecutor:
    """Computes chunks in processes of this machine.

    Attributes:
        workers: how many run at once.
        deadline_s: seconds after which a process is killed; what it has stored stays.
        max_lost: how many samples may be lost before the run is given up.
        backoff_s: the wait before a second attempt, and twice as long before each further one.
        environment: variables that the processes see beside those of this one.
        notice: told about each process that failed; any thread may call it.
    """

    workers: int
    deadline_s: float
    max_lost: int
    backoff_s: float = 0.5
    environment: tuple[tuple[str, str], ...] = ()
    notice: Callable[[str], None] = field(default=lambda text: None)

    def run(self, work: Work, chunks: Sequence[Chunk], progress: Callable[[int], None]) -> Outcome:
        """Returns what came of the chunks; see ``Executor.run``. However it ends, no process is left behind."""
        children = Children(dict(self.environment))
        with ThreadPoolExecutor(max_workers=self.workers, thread_name_prefix="chunk") as threads:
            try:
                return _Run(self, work, children, threads, progress).finish(chunks)
            finally:
                children.end()
                threads.shutdown(wait=True, cancel_futures=True)


class _Run:
    """One run's books; only the thread that called ``finish`` touches them."""

    def __init__(
        self,
        settings: LocalExecutor,
        work: Work,
        children: Children,
        threads: ThreadPoolExecutor,
        progress: Callable[[int], None],
    ) -> None:
        self._settings, self._work, self._children = settings, work, children
        self._threads, self._progress = threads, progress
        self._pending: dict[Future[Exit | None], Chunk] = {}
        self._done: list[Chunk] = []
        self._lost: list[Lost] = []

    def finish(self, chunks: Sequence[Chunk]) -> Outcome:
        for chunk in chunks:
            self._submit(chunk, tries=2)
        self._report()
        while self._pending:
            finished, _ = wait(self._pending, return_when=FIRST_COMPLETED)
            for future in finished:
                self._settle(self._pending.pop(future), future.result())
            self._report()
        return Outcome(tuple(sorted(self._done)), tuple(sorted(self._lost, key=lambda lost: lost.index)))

    def _submit(self, chunk: Chunk, tries: int) -> None:
        if not self._work.missing(chunk):
            self._done.append(chunk)
        elif len(chunk) > 1 and not all(self._work.missing(half) for half in chunk.halves()):
            for half in chunk.halves():  # an interrupted run had come this far
                self._submit(half, tries=2)
        else:
            self._pending[self._threads.submit(self._attempts, chunk, tries)] = chunk

    def _halve(self, chunk: Chunk) -> None:
        for half in chunk.halves():
            # a part of a chunk that failed twice fails again: straight on to the sample at fault
            self._submit(half, tries=1 if len(half) > 1 else 2)

    def _attempts(self, chunk: Chunk, tries: int) -> Exit | None:
        """Runs in a thread: returns None where the chunk's result is stored, else how the last attempt ended.

        Only attempts that store nothing count, so that this ends.
        """
        fruitless = 0
        while True:
            missing = self._work.missing(chunk)
            ended = self._children.run(self._work.command(chunk), self._settings.deadline_s)
            left = self._work.missing(chunk)
            if not left:
                return None
            fruitless += left == missing
            if fruitless == tries or ended.code == USER_ERROR or self._children.ended:
                return ended
            self._go_on(chunk, left, ended, fruitless)

    def _go_on(self, chunk: Chunk, left: int, ended: Exit, fruitless: int) -> None:
        if ended.code != OUTGROWN:
            place = f"samples {chunk.start} to {chunk.stop}"
            self._settings.notice(f"{place}: {ended.reason}; {left} are missing, trying again")
        if fruitless:
            self._children.wait(self._settings.backoff_s * 2 ** (fruitless - 1))

    def _settle(self, chunk: Chunk, ended: Exit | None) -> None:
        if ended is None:
            self._done.append(chunk)
        elif ended.code == USER_ERROR:
            raise ExecutorError(ended.said.strip() or ended.reason)
        elif len(chunk) > 1:
            self._settings.notice(f"samples {chunk.start} to {chunk.stop}: {ended.reason}; trying them in halves")
            self._halve(chunk)
        else:
            self._lose(Lost(chunk.start, ended.reason))

    def _lose(self, lost: Lost) -> None:
        self._lost.append(lost)
        if len(self._lost) > self._settings.max_lost:
            raise ExecutorError(
                f"{len(self._lost)} samples failed to render, expected at most {self._settings.max_lost}; "
                f"sample {lost.index}: {lost.reason}"
            )

    def _report(self) -> None:
        self._progress(sum(len(chunk) for chunk in self._done) + len(self._lost))
