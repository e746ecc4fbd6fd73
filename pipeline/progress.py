"""What a person sees while something runs for longer than two seconds.

A bar on a terminal; elsewhere (a log file, a CI job) one plain line every few seconds. Nothing is printed for work
that ends sooner.
"""

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Protocol, TextIO

QUIET_S = 2.0
"""Work that ends within this many seconds stays silent."""
LINE_EVERY_S = 10.0
"""Seconds between two plain lines."""


class Progress(Protocol):
    """Receives how much has been done."""

    def __call__(self, done: int) -> None:
        """Takes the number of units that are done in all."""


class PlainLines:
    """Progress as lines: ``render synthetic: 512 of 3000 (17 %), 98.1/s, 25 s left``."""

    def __init__(self, label: str, total: int, stream: TextIO, clock: Callable[[], float] = time.monotonic) -> None:
        self._label, self._total, self._stream, self._clock = label, total, stream, clock
        self._began = clock()
        self._next = self._began + QUIET_S
        self._resumed: int | None = None

    def __call__(self, done: int) -> None:
        """Prints a line where the last one lies long enough back."""
        now = self._clock()
        if self._resumed is None:
            self._resumed = done
        if now >= self._next:
            self._next = now + LINE_EVERY_S
            self._print(f"{done} of {self._total} ({done / self._total:.0%}){self._speed(done, now)}")

    def close(self) -> None:
        """Prints the last line of work that was long enough for a first one."""
        seconds = self._clock() - self._began
        if seconds >= QUIET_S:
            self._print(f"{self._total} in {seconds:.0f} s")

    def _speed(self, done: int, now: float) -> str:
        fresh = done - (self._resumed or 0)
        if fresh <= 0:
            return ""
        rate = fresh / max(now - self._began, 1e-9)
        return f", {rate:.1f}/s, {(self._total - done) / rate:.0f} s left"

    def _print(self, text: str) -> None:
        print(f"{self._label}: {text}", file=self._stream, flush=True)


@contextmanager
def track(label: str, total: int, stream: TextIO | None = None) -> Iterator[Progress]:
    """Yields a callback that takes how many of ``total`` units are done, and shows it on ``stream`` (stderr)."""
    stream = sys.stderr if stream is None else stream
    if stream.isatty():
        with _bar(label, total, stream) as bar:
            yield bar
        return
    lines = PlainLines(label, max(total, 1), stream)
    yield lines
    lines.close()


@contextmanager
def _bar(label: str, total: int, stream: TextIO) -> Iterator[Progress]:
    from rich import progress
    from rich.console import Console

    columns = (
        progress.TextColumn("{task.description}"),
        progress.BarColumn(),
        progress.MofNCompleteColumn(),
        progress.TimeRemainingColumn(elapsed_when_finished=True),
    )
    with progress.Progress(*columns, console=Console(file=stream)) as bar:
        task = bar.add_task(label, total=total)
        yield lambda done: bar.update(task, completed=done)


def say(text: str) -> None:
    """Prints one plain line for a person to stderr."""
    print(text, file=sys.stderr, flush=True)  # noqa: T201


def answer(text: str) -> None:
    """Prints what was asked for to stdout, where it can be piped on."""
    print(text, flush=True)  # noqa: T201
