"""The local executor against workers that crash, hang, lie, and are killed."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from pipeline.chunks import Chunk, Lost, Standing
from pipeline.errors import ExecutorError
from pipeline.executor import LocalExecutor

WORKER = """
import sys, time, os, pathlib
folder, (start, stop), (poison, mood) = pathlib.Path(sys.argv[1]), map(int, sys.argv[2:4]), sys.argv[4:]
tries = folder / f"tries-{start}-{stop}"
tries.write_text(tries.read_text() + "x" if tries.exists() else "x")
if mood == "piecemeal":
    done = folder / f"done-{start}-{stop}"
    done.write_text(done.read_text() + "x" if done.exists() else "x")
    if len(done.read_text()) < stop - start:
        sys.exit(os.kill(os.getpid(), 9) if len(done.read_text()) % 2 else 3)
if mood == "hang":
    time.sleep(60)
if mood == "first-fails" and tries.read_text() == "x":
    sys.exit("not this time")
if mood == "user":
    print("libEGL is missing", file=sys.stderr)
    sys.exit(2)
if mood == "lie":
    sys.exit(0)
if poison and start <= int(poison) < stop:
    os.abort() if mood == "abort" else sys.exit("poisoned")
(folder / f"{start}-{stop}.part").write_text(",".join(map(str, range(start, stop))))
(folder / f"{start}-{stop}.part").rename(folder / f"{start}-{stop}")
"""


@dataclass
class FakeWork:
    folder: Path
    poison: str = ""
    mood: str = "well"
    commands: list[Chunk] = field(default_factory=list)

    def missing(self, chunk: Chunk) -> int:
        if (self.folder / f"{chunk.start}-{chunk.stop}").exists():
            return 0
        done = self.folder / f"done-{chunk.start}-{chunk.stop}"
        return len(chunk) - (len(done.read_text()) if done.exists() else 0)

    def promised(self, chunk: Chunk) -> int:
        return len(chunk) - self.missing(chunk)

    def command(self, chunk: Chunk) -> Sequence[str]:
        self.commands.append(chunk)
        where = [str(self.folder), str(chunk.start), str(chunk.stop)]
        return [sys.executable, "-S", "-c", WORKER, *where, self.poison, self.mood]


def executor(**changes: object) -> LocalExecutor:
    settings: dict[str, object] = {"workers": 2, "deadline_s": 30.0, "max_lost": 1, "backoff_s": 0.01, **changes}
    return LocalExecutor(**settings)  # type: ignore[arg-type]


def chunks(count: int, size: int) -> list[Chunk]:
    return [Chunk(start, min(start + size, count)) for start in range(0, count, size)]


def samples(folder: Path, done: Sequence[Chunk]) -> list[int]:
    return [int(text) for chunk in done for text in (folder / f"{chunk.start}-{chunk.stop}").read_text().split(",")]


def test_all_samples_are_computed_in_order_and_reported(tmp_path: Path) -> None:
    seen: list[Standing] = []
    outcome = executor().run(FakeWork(tmp_path), chunks(10, 4), seen.append)
    assert samples(tmp_path, outcome.done) == list(range(10))
    assert outcome.lost == ()
    stored = [standing.stored for standing in seen]
    assert stored[0] == 0 and stored[-1] == 10 and stored == sorted(stored)
    assert seen[-1] == Standing(stored=10, found=0, lost=0, retried=0, workers=2)


def test_samples_of_unfinished_chunks_are_reported(tmp_path: Path) -> None:
    (tmp_path / "done-0-4").write_text("xx")
    seen: list[Standing] = []

    def look(standing: Standing) -> None:
        seen.append(standing)
        if len(seen) == 2:
            raise InterruptedError

    with pytest.raises(InterruptedError):
        executor().run(FakeWork(tmp_path, mood="hang"), [Chunk(0, 4)], look)
    assert seen[1] == Standing(stored=2, found=2, lost=0, retried=0, workers=2)


@pytest.mark.parametrize("mood", ["well", "abort"])
def test_a_poisonous_sample_is_isolated_by_halving(tmp_path: Path, mood: str) -> None:
    work, told = FakeWork(tmp_path, poison="5", mood=mood), list[str]()
    outcome = executor(notice=told.append).run(work, chunks(16, 8), lambda done: None)
    assert samples(tmp_path, outcome.done) == [number for number in range(16) if number != 5]
    assert [lost.index for lost in outcome.lost] == [5]
    assert ("poisoned" if mood == "well" else f"exit code {-signal.SIGABRT}") in outcome.lost[0].reason
    halved = [text.split(":")[0] for text in told if "halves" in text]
    assert halved == ["samples 0 to 8", "samples 4 to 8", "samples 4 to 6"]
    whole, alone = Chunk(0, 8), Chunk(5, 6)
    assert work.commands.count(whole) == 2, "a failing chunk is tried once more before it is halved"
    assert work.commands.count(alone) == 2, "and so is the sample at fault"
    assert work.commands.count(Chunk(4, 8)) == 1, "but not the parts between"


def test_a_passing_fault_is_forgiven(tmp_path: Path) -> None:
    work = FakeWork(tmp_path, mood="first-fails")
    outcome = executor().run(work, [Chunk(0, 3)], lambda done: None)
    assert outcome.done == (Chunk(0, 3),) and outcome.lost == ()
    assert work.commands == [Chunk(0, 3)] * 2


def test_processes_that_die_cost_no_more_than_they_held(tmp_path: Path) -> None:
    work, told = FakeWork(tmp_path, mood="piecemeal"), list[str]()
    outcome = executor(notice=told.append).run(work, [Chunk(0, 7)], lambda done: None)
    assert outcome.done == (Chunk(0, 7),) and outcome.lost == ()
    assert work.commands == [Chunk(0, 7)] * 7, "each came one sample further, so that none counts as a failure"
    missing = [text.split("; ")[1].split()[0] for text in told]
    assert missing == ["6", "4", "2"], "three were killed; the others had grown too large, which is no news"


def test_too_many_lost_samples_stop_the_run(tmp_path: Path) -> None:
    with pytest.raises(ExecutorError, match=r"1 samples failed to render, expected at most 0; sample 2: .*poisoned"):
        executor(max_lost=0).run(FakeWork(tmp_path, poison="2"), [Chunk(0, 4)], lambda done: None)


def test_a_worker_that_says_so_stops_the_run_at_once(tmp_path: Path) -> None:
    work = FakeWork(tmp_path, mood="user")
    with pytest.raises(ExecutorError, match=r"^libEGL is missing$"):
        executor(workers=1).run(work, [Chunk(0, 512)], lambda done: None)
    assert len(work.commands) == 1


def test_success_without_a_result_counts_as_failure(tmp_path: Path) -> None:
    outcome = executor().run(FakeWork(tmp_path, mood="lie"), [Chunk(0, 1)], lambda done: None)
    assert outcome.lost == (Lost(0, "exit code 0: said nothing"),)


def test_a_stuck_worker_is_killed_at_its_deadline(tmp_path: Path) -> None:
    began = time.monotonic()
    outcome = executor(deadline_s=0.3).run(FakeWork(tmp_path, mood="hang"), [Chunk(0, 1)], lambda done: None)
    assert outcome.lost == (Lost(0, "passed its deadline"),)
    assert time.monotonic() - began < 20


def test_finished_chunks_are_not_computed_again(tmp_path: Path) -> None:
    executor().run(FakeWork(tmp_path), chunks(8, 4)[:1], lambda done: None)
    again = FakeWork(tmp_path)
    outcome = executor().run(again, chunks(8, 4), lambda done: None)
    assert again.commands == [Chunk(4, 8)]
    assert samples(tmp_path, outcome.done) == list(range(8))
    seen: list[Standing] = []
    executor().run(again, chunks(8, 4), seen.append)
    assert (seen[-1].stored, seen[-1].found) == (8, 8)


def test_a_halved_chunk_is_taken_up_in_its_parts(tmp_path: Path) -> None:
    with pytest.raises(ExecutorError):
        executor(max_lost=0, workers=1).run(FakeWork(tmp_path, poison="7"), [Chunk(0, 8)], lambda done: None)
    again = FakeWork(tmp_path)
    outcome = executor().run(again, [Chunk(0, 8)], lambda done: None)
    assert Chunk(0, 8) not in again.commands
    assert samples(tmp_path, outcome.done) == list(range(8))


def test_a_command_that_does_not_exist_is_an_error_of_the_system(tmp_path: Path) -> None:
    class Nothing(FakeWork):
        def command(self, chunk: Chunk) -> Sequence[str]:
            return ["/nonexistent/program"]

    with pytest.raises(FileNotFoundError):
        executor().run(Nothing(tmp_path), [Chunk(0, 4)], lambda done: None)


PARENT = """
import signal
import sys
from pathlib import Path
# A job in the background of a shell inherits an ignored SIGINT; a person at a terminal sends one that is not.
signal.signal(signal.SIGINT, signal.default_int_handler)
sys.path.insert(0, sys.argv[2])
from test_executor_parts import FakeWork, Chunk, executor
from pipeline import stage
def run():
    executor().run(FakeWork(Path(sys.argv[1]), mood="hang"), [Chunk(0, 4), Chunk(4, 8)], lambda done: None)
sys.exit(stage.guarded("test", run))
"""


@pytest.mark.parametrize(("number", "code"), [(signal.SIGTERM, 143), (signal.SIGINT, 130)])
def test_a_signal_leaves_no_worker_behind(tmp_path: Path, number: int, code: int) -> None:
    (tmp_path / "test_executor_parts.py").write_text(Path(__file__).read_text(encoding="utf-8"), encoding="utf-8")
    arguments = [sys.executable, "-c", PARENT, str(tmp_path), str(tmp_path)]
    with subprocess.Popen(arguments, stderr=subprocess.PIPE, text=True, cwd=Path(__file__).parents[2]) as parent:
        _wait_for(lambda: len(list(tmp_path.glob("tries-*"))) == 2)
        parent.send_signal(number)
        _, said = parent.communicate(timeout=30)
    assert parent.returncode == code
    assert "Traceback" not in said
    _wait_for(lambda: not _alive(str(tmp_path)))


def _wait_for(condition: object, seconds: float = 20.0) -> None:
    until = time.monotonic() + seconds
    while not condition():  # type: ignore[operator]
        assert time.monotonic() < until, "waited in vain"
        time.sleep(0.02)


def _alive(argument: str) -> list[int]:
    """Returns the processes that have ``argument`` on their command line."""
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit() and int(entry.name) != os.getpid():
            try:
                command = (entry / "cmdline").read_bytes().decode(errors="replace")
            except OSError:
                continue
            if argument in command:
                found.append(int(entry.name))
    return found
