"""The fault campaign, short: a few of every fault. ``make faults`` makes them all."""

from pathlib import Path
from random import Random

from faults import fuzzing, pickles, small
from faults.bit_flips import bit_flips
from faults.forks import HUNG, in_child, start
from faults.full_disk import at_every_call, small_files
from faults.injection import Injection, disk_full
from faults.kills import JOBS, every_call, prepared, random_kills, results, undisturbed
from faults.outcome import Outcome


def _passed(outcome: Outcome, tried: int) -> None:
    assert outcome.failures == []
    assert outcome.tried >= tried


def test_killed_at_calls_to_the_file_system(tmp_path: Path) -> None:
    _passed(every_call(JOBS["storing"], tmp_path, step=47), 3)


def test_killed_at_calls_while_photographs_are_imported(tmp_path: Path) -> None:
    _passed(every_call(JOBS["importing"], tmp_path, step=43), 2)


def test_the_clock_jumps_after_a_kill(tmp_path: Path) -> None:
    _passed(every_call(JOBS["storing"], tmp_path, step=59, clock=Random(1)), 1)


def test_killed_while_merging_at_random_times(tmp_path: Path) -> None:
    _passed(random_kills(JOBS["merging"], 2, 1, tmp_path), 2)


def test_killed_while_training_at_random_times(tmp_path: Path) -> None:
    _passed(random_kills(JOBS["training"], 1, 1, tmp_path), 1)


def test_two_runs_at_once(tmp_path: Path) -> None:
    """One of them does the work; the other says who does, or comes so late that it does it again."""
    job = JOBS["storing"]
    folder = prepared(job, tmp_path / "work")
    runs = [start(small.in_folder(folder, job.action)) for _ in range(3)]
    ended = [run.finish(100.0) for run in runs]
    assert any(run.code == 0 for run in ended)
    for refused in (run for run in ended if run.code != 0):
        assert refused.code == 1
        assert "another run is using it: process" in refused.said and "Traceback" not in refused.said
    assert small.half_written(folder) == [] and small.leftovers(folder) == []
    _, expected = undisturbed(job, folder)
    assert results(job, folder) == expected and len(expected) == 5


def test_the_disk_is_full_at_calls(tmp_path: Path) -> None:
    _passed(at_every_call(JOBS["storing"], tmp_path, "full", step=67), 2)


def test_files_may_not_grow(tmp_path: Path) -> None:
    _passed(small_files(JOBS["storing"], tmp_path, 3), 3)


def test_flipped_bits(tmp_path: Path) -> None:
    _passed(bit_flips(28, 1, tmp_path, rendered=False), 28)


def test_damaged_and_hostile_inputs(tmp_path: Path) -> None:
    for outcome in fuzzing.fuzz(40, 3, tmp_path):
        _passed(outcome, 5)


def test_attacks_would_succeed_on_who_loads_them(tmp_path: Path) -> None:
    """The campaign can fail: the canary is made, and heard of, where a pickle is loaded."""

    def load(path: Path) -> object:
        import pickle

        return pickle.loads(path.read_bytes())  # noqa: S301 what nobody should do

    for number, raw in enumerate(pickles.attacks(tmp_path / "canary")[:3]):
        path = tmp_path / f"{number}.pkl"
        path.write_bytes(raw)
        outcome = Outcome("loaded")
        kind = fuzzing.Input("loaded", lambda chance, canary: iter([]), load, path.name)
        fuzzing._read_one(kind, path, tmp_path / "canary", outcome)
        assert outcome.failures


def test_a_child_that_hangs_or_crashes_is_told_apart() -> None:
    def hang() -> int:
        while True:
            pass

    def crash() -> int:
        import os
        import signal

        os.kill(os.getpid(), signal.SIGSEGV)
        return 0

    assert in_child(hang, 0.2).code == HUNG
    assert in_child(crash).code == -11
    assert in_child(lambda: 1 // 0).code == 70


def test_the_fault_strikes_at_its_call(tmp_path: Path) -> None:
    def write() -> int:
        injection = Injection(tmp_path, disk_full, 3, 3)
        made = 0
        for number in range(5):
            try:
                (tmp_path / f"{number}").write_text("x")
                made += 1
            except OSError as error:
                assert error.errno == 28 and number == 2
        return 10 * injection.calls + made

    assert in_child(write).code == 54
