"""What a person sees while something runs for longer than two seconds.

A bar on a terminal; elsewhere (a log file, a CI job) one plain line every few seconds. Nothing is printed for work
that ends sooner.
"""

import sys
import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Protocol, TextIO

from pipeline.chunks import Standing

QUIET_S = 2.0
"""Work that ends within this many seconds stays silent."""
LINE_EVERY_S = 10.0
"""Seconds between two plain lines."""
WINDOW_S = 60.0
"""Seconds over which speed is measured."""


class Progress(Protocol):
    """Receives how much has been done."""

    def __call__(self, done: int, *, found: int | None = None, told: str = "") -> None:
        """Takes where the work stands.

        Args:
            done: number of units that are done in all.
            found: those that an earlier run had done, which say nothing of speed; None: those of the first call.
            told: what else a person wants to know.
        """


def standing_on(progress: Progress) -> Callable[[Standing], None]:
    """Returns what takes the standing of a run of workers and shows it on ``progress``."""
    return lambda standing: progress(standing.settled, found=standing.found, told=str(standing))


class Speed:
    """Units per second over the last minute, and how long the rest will take at that.

    Args:
        total: units in all.
        clock: seconds.
    """

    def __init__(self, total: int, clock: Callable[[], float] = time.monotonic) -> None:
        self._total, self._clock = total, clock
        self._seen: deque[tuple[float, int]] = deque()
        self._done = 0
        self._found: int | None = None

    def see(self, done: int, found: int | None = None) -> None:
        """Takes how many units are done, and how many of them an earlier run had done."""
        self._done = done
        if found is None:
            found = self._found = done if self._found is None else self._found
        now = self._clock()
        self._seen.append((now, done - found))
        # one from before the window stays, so that slow work is measured over its last step at least
        while len(self._seen) > 2 and self._seen[1][0] <= now - WINDOW_S:
            self._seen.popleft()

    @property
    def per_second(self) -> float:
        """Units per second; 0 where nothing is known."""
        if len(self._seen) < 2:
            return 0.0
        (began, first), (now, last) = self._seen[0], self._seen[-1]
        return max(0.0, (last - first) / max(now - began, 1e-9))

    def __str__(self) -> str:
        """Returns "98.1/s, 4 min left"; nothing where nothing is known."""
        rate = self.per_second
        return f"{rate:.1f}/s, {duration((self._total - self._done) / rate)} left" if rate else ""


def duration(seconds: float) -> str:
    """Returns seconds for a person: 45 s, 12 min, 3.4 h, 2.1 days."""
    for unit, size, least in (("days", 86400.0, 2 * 86400.0), ("h", 3600.0, 2 * 3600.0), ("min", 60.0, 120.0)):
        if seconds >= least:
            return f"{seconds / size:.0f} {unit}" if unit == "min" else f"{seconds / size:.1f} {unit}"
    return f"{seconds:.0f} s"


class PlainLines:
    """Progress as lines: ``render synthetic: 512 of 3000 (17%), 98.1/s, 25 s left, 2 workers``."""

    def __init__(self, label: str, total: int, stream: TextIO, clock: Callable[[], float] = time.monotonic) -> None:
        self._label, self._total, self._stream, self._clock = label, total, stream, clock
        self._began = clock()
        self._next = self._began + QUIET_S
        self._speed = Speed(total, clock)

    def __call__(self, done: int, *, found: int | None = None, told: str = "") -> None:
        """Prints a line where the last one lies long enough back."""
        self._speed.see(done, found)
        now = self._clock()
        if now >= self._next:
            self._next = now + LINE_EVERY_S
            parts = [f"{done} of {self._total} ({done / self._total:.0%})", str(self._speed), told]
            self._print(", ".join(part for part in parts if part))

    def close(self) -> None:
        """Prints the last line of work that was long enough for a first one."""
        seconds = self._clock() - self._began
        if seconds >= QUIET_S:
            self._print(f"{self._total} in {duration(seconds)}")

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
        progress.TextColumn("{task.fields[told]}"),
    )
    speed = Speed(total)
    with progress.Progress(*columns, console=Console(file=stream)) as bar:
        task = bar.add_task(label, total=total, told="")

        def show(done: int, *, found: int | None = None, told: str = "") -> None:
            speed.see(done, found)
            bar.update(task, completed=done, told=", ".join(part for part in (str(speed), told) if part))

        yield show


def say(text: str) -> None:
    """Prints one plain line for a person to stderr."""
    print(text, file=sys.stderr, flush=True)  # noqa: T201


def answer(text: str) -> None:
    """Prints what was asked for to stdout, where it can be piped on."""
    print(text, flush=True)  # noqa: T201
