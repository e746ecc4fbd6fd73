"""The books alone: what is tried again, halved and given up, with ends that no process had to die for."""

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.books import Attempt, Books, Rules
from pipeline.children import Exit
from pipeline.chunks import OUTGROWN, Chunk, Lost
from pipeline.errors import ExecutorError

WELL, FAILED = Exit(0, late=False, said=""), Exit(1, late=False, said="no")
GONE = Exit(-9, late=False, said="", lost=True)


class Table:
    """Work whose results are the numbers in a set."""

    def __init__(self, *stored: int) -> None:
        self.stored = set(stored)

    def missing(self, chunk: Chunk) -> int:
        return len(set(range(chunk.start, chunk.stop)) - self.stored)

    def promised(self, chunk: Chunk) -> int:
        return len(chunk) - self.missing(chunk)

    def command(self, chunk: Chunk) -> Sequence[str]:
        raise AssertionError("the books start nothing")


class Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def taken(books: Books, clock: Clock) -> Attempt:
    """Returns the next attempt, however long the books want to wait for it."""
    while True:
        if not books.ready:
            clock.now += books.wait_s
        attempt = books.take()
        if attempt is not None:
            return attempt


def test_what_is_stored_is_not_tried() -> None:
    clock = Clock()
    books = Books(Table(0, 1, 2, 3, 6, 7), [Chunk(0, 4), Chunk(4, 8)], Rules(0), clock)
    attempt = taken(books, clock)
    assert (attempt.chunk, attempt.missing) == (Chunk(4, 6), 2), "the half that a former run had not finished"
    assert not books.ready or books.take() is None
    assert books.found == 6 and books.stored_in_done == 6
    assert books.unfinished == [Chunk(4, 6)]


def test_a_lost_node_is_not_held_against_the_samples() -> None:
    clock, table = Clock(), Table()
    books = Books(table, [Chunk(0, 4)], Rules(0, max_nodes=5), clock)
    for _ in range(6):
        books.settle(taken(books, clock), GONE)
        assert books.unfinished == [Chunk(0, 4)], "it is tried again whole"
    books.settle(taken(books, clock), GONE)
    assert [taken(books, clock).chunk, taken(books, clock).chunk] == [Chunk(0, 2), Chunk(2, 4)]
    assert books.retried == 7


def test_progress_wipes_the_slate() -> None:
    clock, table = Clock(), Table()
    books = Books(table, [Chunk(0, 4)], Rules(0), clock)
    for number in range(3):
        attempt = taken(books, clock)
        table.stored.add(number)
        books.settle(attempt, FAILED)
        assert clock.now == 0.0, "what came further is tried again at once"
    books.settle(taken(books, clock), Exit(OUTGROWN, late=False, said=""))
    assert books.retried == 3, "a worker that has grown too large did not fail"
    attempt = taken(books, clock)
    assert clock.now > 0.0 and attempt.missing == 1


def test_a_result_may_be_seen_late() -> None:
    clock, table = Clock(), Table()
    books = Books(table, [Chunk(0, 2)], Rules(0, patience_s=60.0), clock)
    books.settle(taken(books, clock), WELL)
    assert books.open
    clock.now += 30.0
    assert books.take() is None and books.open
    table.stored |= {0, 1}
    clock.now += 30.0
    assert books.take() is None
    assert not books.open and books.outcome().done == (Chunk(0, 2),)
    assert books.retried == 0


def test_a_result_that_never_comes_counts_as_failure() -> None:
    clock = Clock()
    books = Books(Table(), [Chunk(0, 1)], Rules(1, patience_s=60.0), clock)
    for _ in range(2):
        books.settle(taken(books, clock), WELL)
        for _ in range(70):
            clock.now += 1.0
            if books.ready and books.lost == 0 and not isinstance(books._delayed[0][2], Attempt):
                books.take()
    assert books.lost == 1 and books.outcome().lost == (Lost(0, "exit code 0: said nothing"),)


def test_a_user_error_ends_the_run() -> None:
    clock = Clock()
    books = Books(Table(), [Chunk(0, 9)], Rules(9), clock)
    with pytest.raises(ExecutorError, match=r"^no GPU$"):
        books.settle(taken(books, clock), Exit(2, late=False, said="no GPU\n"))


@given(
    count=st.integers(1, 40),
    size=st.integers(1, 12),
    poison=st.sets(st.integers(0, 39), max_size=3),
    ends=st.lists(st.tuples(st.integers(0, 12), st.sampled_from([FAILED, GONE, Exit(3, False, "")])), max_size=30),
)
def test_whatever_happens_each_sample_is_stored_or_lost_once(
    count: int, size: int, poison: set[int], ends: list[tuple[int, Exit]]
) -> None:
    clock, table = Clock(), Table()
    chunks = [Chunk(start, min(start + size, count)) for start in range(0, count, size)]
    books = Books(table, chunks, Rules(max_lost=count), clock)
    troubles = iter(ends)
    while books.open:
        if not books.ready:
            clock.now += books.wait_s
        attempt = books.take()
        if attempt is None:
            continue
        left = [n for n in range(attempt.chunk.start, attempt.chunk.stop) if n not in table.stored]
        upto, end = next(troubles, (len(left), FAILED))
        healthy = next((place for place, number in enumerate(left) if number in poison), len(left))
        table.stored |= set(left[: min(upto, healthy)])
        books.settle(attempt, end)
    outcome = books.outcome()
    settled = [n for chunk in outcome.done for n in range(chunk.start, chunk.stop)] + [
        each.index for each in outcome.lost
    ]
    assert sorted(settled) == list(range(count))
    assert poison & set(range(count)) <= {each.index for each in outcome.lost}
