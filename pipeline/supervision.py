"""Keeps a crew of workers busy until the books are closed."""

import time
from collections.abc import Callable, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, wait
from typing import Protocol

from pipeline.books import Attempt, Books, Rules
from pipeline.children import Exit
from pipeline.chunks import Chunk, Outcome, Standing, Work

REPORT_EVERY_S = 1.0
"""Seconds between two looks at what unfinished chunks have stored."""


class Crew(Protocol):
    """Runs commands somewhere."""

    @property
    def workers(self) -> int:
        """How many commands can run at once, now."""
        ...

    @property
    def places(self) -> int:
        """How many commands it should hold, running or waiting for a worker."""
        ...

    def start(self, command: Sequence[str]) -> "Future[Exit]":
        """Returns how the command ended, once it has; an ``ExecutorError`` where the whole crew is lost."""
        ...


def supervise(
    work: Work, chunks: Sequence[Chunk], crew: Crew, rules: Rules, progress: Callable[[Standing], None]
) -> Outcome:
    """Returns what came of the chunks.

    Raises:
        ExecutorError: too many samples were lost, workers cannot start at all, or the crew is lost.
    """
    return _Supervisor(work, crew, Books(work, chunks, rules), progress).finish()


class _Supervisor:
    def __init__(self, work: Work, crew: Crew, books: Books, progress: Callable[[Standing], None]) -> None:
        self._work, self._crew, self._books, self._progress = work, crew, books, progress
        self._running: dict[Future[Exit], Attempt] = {}
        self._reported = 0.0

    def finish(self) -> Outcome:
        self._report()
        while self._books.open:
            self._fill()
            self._settle()
            self._report_now_and_then()
        self._report()
        return self._books.outcome()

    def _fill(self) -> None:
        while self._books.ready and len(self._running) < self._crew.places:
            attempt = self._books.take()
            if attempt is not None:
                self._running[self._crew.start(self._work.command(attempt.chunk))] = attempt
            self._report_now_and_then()

    def _settle(self) -> None:
        seconds = min(REPORT_EVERY_S, self._books.wait_s)
        if not self._running:
            if self._books.open and not self._books.ready:
                time.sleep(seconds)
            return
        finished, _ = wait(self._running, timeout=seconds, return_when=FIRST_COMPLETED)
        for future in finished:
            self._books.settle(self._running.pop(future), future.result())

    def _report_now_and_then(self) -> None:
        if time.monotonic() - self._reported >= REPORT_EVERY_S:
            self._report()

    def _report(self) -> None:
        books = self._books
        stored = books.stored_in_done + sum(self._work.promised(chunk) for chunk in books.unfinished)
        self._progress(Standing(stored, books.found, books.lost, books.retried, self._crew.workers))
        self._reported = time.monotonic()
