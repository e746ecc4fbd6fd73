"""Progress: silent at first, then plain lines, a bar on a terminal."""

import io

import pytest

from pipeline.chunks import Standing
from pipeline.progress import PlainLines, Speed, duration, standing_on, track


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
    lines(60, told="3 workers")
    clock.now += 1
    lines(64)
    clock.now += 9
    lines(100)
    lines.close()
    assert out.getvalue().splitlines() == [
        "render: 60 of 100 (60%), 4.0/s, 10 s left, 3 workers",
        "render: 100 of 100 (100%), 4.0/s, 0 s left",
        "render: 100 in 20 s",
    ]


def test_speed_is_that_of_the_last_minute() -> None:
    clock = Clock()
    speed = Speed(10_000, clock)
    for second in range(201):  # ten each second, later one
        speed.see(10 * second if second < 100 else 1000 + (second - 100))
        clock.now += 1
    assert speed.per_second == pytest.approx(1.0)
    assert str(speed) == "1.0/s, 2.5 h left"


def test_what_is_found_on_the_way_is_no_speed() -> None:
    clock = Clock()
    speed = Speed(1000, clock)
    for done, found in ((0, 0), (510, 500), (920, 900)):
        speed.see(done, found)
        clock.now += 1
    assert speed.per_second == pytest.approx(10.0)


def test_work_slower_than_the_window_has_a_speed() -> None:
    clock = Clock()
    speed = Speed(10, clock)
    for done in range(3):
        speed.see(done)
        clock.now += 300
    assert speed.per_second == pytest.approx(1 / 300)


@pytest.mark.parametrize(
    ("seconds", "text"), [(0, "0 s"), (119, "119 s"), (120, "2 min"), (7200, "2.0 h"), (864000, "10.0 days")]
)
def test_durations_are_for_people(seconds: float, text: str) -> None:
    assert duration(seconds) == text


def test_a_run_of_workers_is_told_in_full() -> None:
    out, clock = io.StringIO(), Clock()
    show = standing_on(PlainLines("render", 100, out, clock))
    show(Standing(stored=40, found=40, lost=0, retried=0, workers=0))
    clock.now += 10
    show(Standing(stored=58, found=40, lost=2, retried=3, workers=4))
    clock.now += 10
    show(Standing(stored=98, found=40, lost=2, retried=3, workers=1))
    assert out.getvalue().splitlines() == [
        "render: 60 of 100 (60%), 2.0/s, 20 s left, 4 workers, 3 tried again, 2 lost",
        "render: 100 of 100 (100%), 3.0/s, 0 s left, 1 worker, 3 tried again, 2 lost",
    ]
    assert str(Standing(0, 0, 0, 0, workers=0)) == "no worker yet"


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
