"""Which chunk is tried next, tried again, halved or given up; the same books wherever the workers are.

An attempt that ends early, for whatever reason, costs what it had not stored: the next one goes on from there. A chunk
that comes no further in two attempts is halved until the sample at fault stands alone, is tried once more and is set
apart, so that one poisonous sample costs one sample.
"""

import heapq
import time
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

from pipeline.children import Exit
from pipeline.chunks import OUTGROWN, USER_ERROR, Chunk, Lost, Outcome, Work
from pipeline.errors import ExecutorError

LOOK_AGAIN_S = 1.0
"""Seconds between two looks for a result that a worker says it has stored."""


@dataclass(frozen=True)
class Rules:
    """When to try again and when to give up.

    Attributes:
        max_lost: how many samples may be lost before the run is given up.
        backoff_s: the wait before a second attempt, and twice as long before each further one.
        max_nodes: how many nodes may be lost under one chunk, with nothing stored, before that counts as its fault.
        patience_s: how long a result that a worker says it has stored may take to be seen here: on network disks,
            folders are seen as they were up to a minute ago.
        notice: told about each attempt that failed.
    """

    max_lost: int
    backoff_s: float = 0.5
    max_nodes: int = 5
    patience_s: float = 0.0
    notice: Callable[[str], None] = field(default=lambda text: None)


@dataclass(frozen=True)
class Attempt:
    """One attempt at a chunk.

    Attributes:
        chunk: the samples.
        tries: attempts that may store nothing before the chunk is halved or given up.
        fruitless: how many did.
        nodes: how many nodes were lost under it with nothing stored.
        missing: samples that were missing before this attempt; None: not looked at yet.
    """

    chunk: Chunk
    tries: int = 2
    fruitless: int = 0
    nodes: int = 0
    missing: int | None = None


@dataclass(frozen=True)
class _Late:
    """An attempt that has ended well, and whose result is still to be seen."""

    attempt: Attempt
    ended: Exit
    until: float


class Books:
    """One run's books; one thread keeps them.

    Args:
        work: what is to be done.
        chunks: on what.
        rules: when to give up.
        clock: seconds.
    """

    def __init__(
        self, work: Work, chunks: Sequence[Chunk], rules: Rules, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._work, self._rules, self._clock = work, rules, clock
        self._queue = deque(Attempt(chunk) for chunk in chunks)
        self._delayed: list[tuple[float, int, Attempt | _Late]] = []
        self._serial = 0
        self._out: set[Chunk] = set()
        self._done: list[Chunk] = []
        self._lost: list[Lost] = []
        self.stored_in_done = 0
        self.found = 0
        self.retried = 0

    @property
    def open(self) -> bool:
        """True while something is to be done, or being done."""
        return bool(self._queue or self._delayed or self._out)

    @property
    def ready(self) -> bool:
        """True while ``take`` has something to look at now."""
        return bool(self._queue) or bool(self._delayed and self._delayed[0][0] <= self._clock())

    @property
    def wait_s(self) -> float:
        """Seconds until something becomes ready of itself; infinite where nothing will."""
        return max(0.0, self._delayed[0][0] - self._clock()) if self._delayed else float("inf")

    @property
    def lost(self) -> int:
        """Number of samples that failed alone."""
        return len(self._lost)

    @property
    def unfinished(self) -> Sequence[Chunk]:
        """The chunks that are out, and those that wait for another attempt."""
        waiting = [each.chunk for _, _, each in self._delayed if isinstance(each, Attempt)]
        return [*self._out, *waiting]

    def outcome(self) -> Outcome:
        """Returns what came of all chunks."""
        return Outcome(tuple(sorted(self._done)), tuple(sorted(self._lost, key=lambda lost: lost.index)))

    def take(self) -> Attempt | None:
        """Returns an attempt to start; None where what was looked at needs none (now)."""
        if self._delayed and self._delayed[0][0] <= self._clock():
            each = heapq.heappop(self._delayed)[2]
            if isinstance(each, Attempt):
                return self._sent(each)
            self._see_again(each)
            return None
        return self._looked_at(self._queue.popleft())

    def settle(self, attempt: Attempt, ended: Exit) -> None:
        """Books how an attempt ended.

        Raises:
            ExecutorError: too many samples are lost, or no worker can work.
        """
        left = self._work.missing(attempt.chunk)
        if left and ended.code == 0 and self._rules.patience_s:
            self._delay(_Late(attempt, ended, self._clock() + self._rules.patience_s), LOOK_AGAIN_S)
        else:
            self._close(attempt, ended, left)

    def _looked_at(self, attempt: Attempt) -> Attempt | None:
        """Returns an attempt at a chunk that nobody has looked at in this run; None where none is needed."""
        chunk, missing = attempt.chunk, self._work.missing(attempt.chunk)
        if not missing:
            self.found += len(chunk) if attempt.missing is None else 0
            self._finish(chunk)
            return None
        if len(chunk) > 1 and not all(self._work.missing(half) for half in chunk.halves()):
            # an interrupted run had come this far
            self._queue.extendleft(replace(attempt, chunk=half, tries=2) for half in reversed(chunk.halves()))
            return None
        self.found += len(chunk) - missing if attempt.missing is None else 0
        return self._sent(replace(attempt, missing=missing))

    def _sent(self, attempt: Attempt) -> Attempt:
        self._out.add(attempt.chunk)
        return attempt

    def _see_again(self, late: _Late) -> None:
        left = self._work.missing(late.attempt.chunk)
        if left and self._clock() < late.until:
            self._delay(late, LOOK_AGAIN_S)
        else:
            self._close(late.attempt, late.ended, left)

    def _delay(self, each: Attempt | _Late, seconds: float) -> None:
        self._serial += 1
        heapq.heappush(self._delayed, (self._clock() + seconds, self._serial, each))

    def _close(self, attempt: Attempt, ended: Exit, left: int) -> None:
        self._out.discard(attempt.chunk)
        attempt = self._counted(attempt, ended, left)
        if not left:
            self._finish(attempt.chunk)
        elif ended.code == USER_ERROR:
            raise ExecutorError(ended.said.strip() or ended.reason)
        elif attempt.fruitless < attempt.tries:
            self._again(attempt, ended)
        elif len(attempt.chunk) > 1:
            self._halve(attempt.chunk, ended)
        else:
            self._lose(Lost(attempt.chunk.start, ended.reason))

    def _counted(self, attempt: Attempt, ended: Exit, left: int) -> Attempt:
        """Returns the attempt with what its end says against its chunk: a lost node says little."""
        if left != attempt.missing:
            return replace(attempt, missing=left)
        if ended.lost and attempt.nodes < self._rules.max_nodes:
            return replace(attempt, nodes=attempt.nodes + 1)
        return replace(attempt, fruitless=attempt.fruitless + 1)

    def _finish(self, chunk: Chunk) -> None:
        self._done.append(chunk)
        self.stored_in_done += len(chunk)

    def _again(self, attempt: Attempt, ended: Exit) -> None:
        self.retried += ended.code != OUTGROWN
        if ended.code != OUTGROWN:
            self._rules.notice(f"{attempt.chunk}: {ended.reason}; {attempt.missing} are missing, trying again")
        wait = self._rules.backoff_s * 2 ** (attempt.fruitless - 1) if attempt.fruitless else 0.0
        self._delay(attempt, wait)

    def _halve(self, chunk: Chunk, ended: Exit) -> None:
        self._rules.notice(f"{chunk}: {ended.reason}; trying them in halves")
        self.retried += 1
        for half in reversed(chunk.halves()):
            # A part of a chunk that failed twice fails again: straight on to the sample at fault. It is looked at
            # before others: too many lost samples are to stop a run early.
            self._queue.appendleft(Attempt(half, tries=1 if len(half) > 1 else 2, missing=len(half)))

    def _lose(self, lost: Lost) -> None:
        self._lost.append(lost)
        if len(self._lost) > self._rules.max_lost:
            raise ExecutorError(
                f"{len(self._lost)} samples failed to render, expected at most {self._rules.max_lost}; "
                f"sample {lost.index}: {lost.reason}"
            )
