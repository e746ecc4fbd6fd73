"""Progress: silent at first, then plain lines, a bar on a terminal."""

import io

import pytest

from pipeline.progress import PlainLines, track


class Clock:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def test_short_work_stays_silent() -> None:
    out, clock = io.StringIO(), Clock()
    lines = PlainLines("render", 10, out, clock)
    for done in range(11):
        clock.now += 0.1
        lines(done)
    lines.close()
    assert out.getvalue() == ""


def test_long_work_says_how_far_how_fast_and_how_long() -> None:
    out, clock = io.StringIO(), Clock()
    lines = PlainLines("render", 100, out, clock)
    lines(20)  # what an earlier run had finished does not count as speed
    clock.now += 10
    lines(60)
    clock.now += 1
    lines(64)
    clock.now += 9
    lines(100)
    lines.close()
    assert out.getvalue().splitlines() == [
        "render: 60 of 100 (60%), 4.0/s, 10 s left",
        "render: 100 of 100 (100%), 4.0/s, 0 s left",
        "render: 100 in 20 s",
    ]


def test_a_log_file_gets_no_control_characters() -> None:
    out = io.StringIO()
    with track("render", 5, out) as progress:
        progress(5)
    assert out.getvalue() == ""


def test_a_failure_is_not_reported_as_done() -> None:
    out = io.StringIO()
    with pytest.raises(RuntimeError), track("render", 5, out):
        raise RuntimeError
    assert out.getvalue() == ""


def test_a_terminal_gets_a_bar() -> None:
    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    out = Terminal()
    with track("render", 5, out) as progress:
        progress(5)
    assert "render" in out.getvalue() and "5/5" in out.getvalue()
