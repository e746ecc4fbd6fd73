"""SIGKILL while faces are rendered, sets merged and networks trained; then the work is taken up again.

After every kill nothing half-written may be taken for a shard, and what is published is whole. At the end the bytes
are those of a run that nobody disturbed: none lost, none doubled, no leftovers.
"""

import os
import random
import signal
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path

from faults import small
from faults.clock import jump, with_wild_clock
from faults.forks import Child, in_child, start
from faults.injection import Injection, kill
from faults.outcome import Outcome

DEADLINE_S = 240.0


@dataclass(frozen=True)
class Job:
    """Work that is killed.

    Attributes:
        name: of it.
        action: one whole run.
        results: folders of what it publishes.
    """

    name: str
    action: Callable[[], int]
    results: tuple[str, ...]


JOBS = {
    "rendering": Job("rendering", small.rendering, ("data/shards",)),
    "importing": Job("importing", small.importing, ("data/shards", "data/quarantine")),
    "merging": Job("merging", small.merging, ("data/merged",)),
    "training": Job("training", small.training, ("runs",)),
    "storing": Job("storing", small.rendering_by_stand_in, ("data/shards",)),
}


def prepared(job: Job, folder: Path) -> Path:
    """Returns a folder in which the job can run."""

    def make() -> int:
        small.prepare(folder)
        if job.name in ("merging", "training"):
            small.use_noise(folder)
        if job.name == "importing":
            small.use_photographs(folder)
        return 0

    _require(in_child(make).code == 0, f"{job.name}: cannot be prepared")
    if job.name == "training":
        _require(in_child(small.in_folder(folder, small.merging)).code == 0, "training: cannot be merged")
    return folder


def random_kills(job: Job, kills: int, seed: int, home: Path) -> Outcome:
    """Returns what came of kills at random times, spread over the duration of an undisturbed run."""
    began, outcome = time.monotonic(), Outcome(f"kills: {job.name}")
    chance = random.Random(f"{seed} {job.name}")
    base = prepared(job, home / "base")
    _, expected = undisturbed(job, small.fresh(base, home / "whole"))
    # The first run of all compiles and fills caches; kills are spread over what a run takes afterwards.
    duration, again = undisturbed(job, small.fresh(base, home / "again"))
    _require(again == expected, f"{job.name}: two undisturbed runs differ")
    while outcome.tried < kills:
        folder = small.fresh(base, home / "work")
        orphans = _killed_and_resumed(job, folder, kills, duration, chance, outcome, expected)
        _compare(job, folder, expected, outcome)
        for pid in orphans:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
    outcome.seconds = time.monotonic() - began
    return outcome


def every_call(job: Job, home: Path, most: int = 10_000, step: int = 1, clock: random.Random | None = None) -> Outcome:
    """Returns what came of a kill at every single call that changes the file system, or at every ``step``-th.

    Args:
        job: what is killed.
        home: folder to work in.
        most: calls at most.
        step: between two calls that are struck.
        clock: between kill and resuming, and while it is resumed, the clock jumps; None: it does not.
    """
    began, outcome = time.monotonic(), Outcome(f"{'clock jumps' if clock else 'kill at call'}: {job.name}")
    base = prepared(job, home / "base")
    _, expected = undisturbed(job, small.fresh(base, home / "whole"))
    for call in range(1, most, step):
        folder = small.fresh(base, home / "work")
        ended = in_child(small.in_folder(folder, struck(job.action, folder, call)), DEADLINE_S)
        if ended.code == 0:
            break
        outcome.tried += 1
        if ended.code != -signal.SIGKILL:
            outcome.failures.append(f"{job.name}, call {call}: ended with {ended.code}: {ended.said[-300:]}")
        _check_killed(job, folder, expected, outcome, f"call {call}")
        if clock:
            jump(folder, clock)
        _finish(replace(job, action=with_wild_clock(job.action, clock)) if clock else job, folder, outcome)
        _compare(job, folder, expected, outcome)
    outcome.seconds = time.monotonic() - began
    return outcome


def struck(action: Callable[[], int], folder: Path, call: int) -> Callable[[], int]:
    """Returns the action, killed at one call to the file system."""

    def run() -> int:
        Injection(folder, kill, call, call)
        return action()

    return run


def undisturbed(job: Job, folder: Path) -> tuple[float, dict[str, str]]:
    """Returns how long a run takes that nobody disturbs, and the digests of what it makes."""
    began = time.monotonic()
    ended = in_child(small.in_folder(folder, job.action), DEADLINE_S)
    _require(ended.code == 0, f"{job.name}: {ended.said}")
    return time.monotonic() - began, results(job, folder)


def results(job: Job, folder: Path) -> dict[str, str]:
    """Returns the digests of what a job has published."""
    found: dict[str, str] = {}
    for name in job.results:
        found |= {f"{name}/{path}": digest for path, digest in small.contents(folder / name).items()}
    return found


def _killed_and_resumed(
    job: Job,
    folder: Path,
    kills: int,
    duration: float,
    chance: random.Random,
    outcome: Outcome,
    expected: dict[str, str],
) -> set[int]:
    """Kills and resumes until the job is done; returns the workers that outlived their run."""
    orphans: set[int] = set()
    more = True
    while more and outcome.tried < kills:
        child = start(small.in_folder(folder, job.action))
        if child.wait(duration * chance.random()):
            ended = child.finish(DEADLINE_S)
            outcome.count("runs were over before the kill")
            if ended.code:
                outcome.failures.append(f"{job.name}: ended with {ended.code}: {ended.said[-300:]}")
            return orphans
        outcome.tried += 1
        orphans |= _strike(child, chance, outcome)
        _check_killed(job, folder, expected, outcome, f"kill {outcome.tried}")
        more = chance.random() < 0.7
    _finish(job, folder, outcome)
    return orphans


def _strike(child: Child, chance: random.Random, outcome: Outcome) -> set[int]:
    """Kills the run, one of its workers, or all at once; returns the workers that were left."""
    workers = set(child.workers())
    victim = chance.choice(("run", "run", "worker", "all")) if workers else "run"
    for pid in {"run": set(), "worker": {chance.choice(sorted(workers or {0}))}, "all": workers}[victim] - {0}:
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    outcome.count(f"of {victim}")
    if victim == "worker":  # its run goes on by itself
        ended = child.finish(DEADLINE_S)
        if ended.code:
            outcome.failures.append(f"a worker was killed: {ended.code}: {ended.said[-300:]}")
        return workers
    child.kill()
    child.finish(DEADLINE_S)
    return workers


def _check_killed(job: Job, folder: Path, expected: dict[str, str], outcome: Outcome, when: str) -> None:
    wrong = small.half_written(folder)
    found = results(job, folder)
    wrong += [f"{name} is not the whole result" for name, digest in found.items() if expected.get(name) != digest]
    outcome.failures += [f"{job.name}, {when}: {each}" for each in wrong]


def _finish(job: Job, folder: Path, outcome: Outcome) -> None:
    ended = in_child(small.in_folder(folder, job.action), DEADLINE_S)
    if ended.code:
        outcome.failures.append(f"{job.name}: taken up, ended with {ended.code}: {ended.said[-500:]}")


def _compare(job: Job, folder: Path, expected: dict[str, str], outcome: Outcome) -> None:
    found = results(job, folder)
    if found != expected:
        differ = sorted(name for name in found.keys() | expected.keys() if found.get(name) != expected.get(name))
        outcome.failures.append(f"{job.name}: other bytes than undisturbed: {', '.join(differ)[:300]}")
    outcome.failures += [f"{job.name}: left behind: {name}" for name in _left(folder)]
    outcome.count("results compared")


def _left(folder: Path) -> list[str]:
    """Returns unfinished work that nobody will take up; workers whose run was killed may still hold theirs."""
    return [name for name in small.leftovers(folder) if not name.startswith(".cache")]


def _require(condition: bool, otherwise: str) -> None:
    if not condition:
        raise RuntimeError(otherwise)
