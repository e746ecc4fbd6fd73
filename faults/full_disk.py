"""A full disk, a read-only disk and files that may not grow, at every write there is.

Each time: one message that says what happened and what to do, nothing half-written, and, once there is room again, the
same bytes as without the fault.
"""

import os
import resource
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

from faults import small
from faults.forks import Ended, in_child
from faults.injection import REMOVALS, Injection, disk_full, read_only
from faults.kills import DEADLINE_S, Job, prepared, results, undisturbed
from faults.outcome import Outcome

MESSAGES = ("the disk is full", "could not be written", "read-only", "larger than allowed")
STRIKES: dict[str, Callable[[], None]] = {"full": disk_full, "read-only": read_only}


def at_every_call(job: Job, home: Path, kind: str, step: int = 1) -> Outcome:
    """Returns what came of a failure at every call to the file system: that one alone, and all from there on."""
    began, outcome = time.monotonic(), Outcome(f"{kind} at call: {job.name}")
    base = prepared(job, home / "base")
    _, expected = undisturbed(job, small.fresh(base, home / "whole"))
    call, reached = 1, True
    while reached:
        reached = False
        for last in (call, 10**9):
            folder = small.fresh(base, home / "work")
            ended = in_child(small.in_folder(folder, _struck(job, folder, kind, call, last)), DEADLINE_S)
            reached |= ended.code != UNTOUCHED
            if ended.code != UNTOUCHED:
                _judge(job, folder, ended, expected, outcome, f"call {call} to {last}")
        call += step
    outcome.seconds = time.monotonic() - began
    return outcome


UNTOUCHED = 99
"""Exit code of a run that ended before the fault was due."""


def _struck(job: Job, folder: Path, kind: str, first: int, last: int) -> Callable[[], int]:
    def run() -> int:
        injection = Injection(folder, STRIKES[kind], first, last, REMOVALS if kind == "full" else frozenset())
        code = job.action()
        return UNTOUCHED if code == 0 and injection.calls < first else code

    return run


def small_files(job: Job, home: Path, limits: int) -> Outcome:
    """Returns what came of files that may not grow beyond a limit, which also stops what C libraries write."""
    began, outcome = time.monotonic(), Outcome(f"file limits: {job.name}")
    base = prepared(job, home / "base")
    _, expected = undisturbed(job, small.fresh(base, home / "whole"))
    largest = max(path.stat().st_size for path in (home / "whole").rglob("*") if path.is_file())
    for number in range(limits):
        folder, limit = small.fresh(base, home / "work"), largest * number // limits
        ended = in_child(small.in_folder(folder, _limited(job, limit)), DEADLINE_S)
        _judge(job, folder, ended, expected, outcome, f"limit {limit}")
    outcome.seconds = time.monotonic() - began
    return outcome


def _limited(job: Job, limit: int) -> Callable[[], int]:
    def run() -> int:
        # The file that this child's words go to is bounded, too: they are few.
        resource.setrlimit(resource.RLIMIT_FSIZE, (max(limit, 4096), resource.RLIM_INFINITY))
        return job.action()

    return run


def small_disks(job: Job, home: Path, sizes: int) -> Outcome:
    """Returns what came of real file systems that are too small (tmpfs; needs root)."""
    began, outcome = time.monotonic(), Outcome(f"small disks: {job.name}")
    base = prepared(job, home / "base")
    _, expected = undisturbed(job, small.fresh(base, home / "whole"))
    for number in range(sizes):
        disk = home / "disk"
        disk.mkdir(exist_ok=True)
        if not _mounted(disk):
            outcome.count("not tried: mounting needs root")
            break
        try:
            _on_disk(job, base, disk / "work", number / sizes, home / "whole", expected, outcome)
        finally:
            subprocess.run(["umount", "--lazy", str(disk)], check=False)
    outcome.seconds = time.monotonic() - began
    return outcome


def _on_disk(
    job: Job, base: Path, folder: Path, share: float, whole: Path, expected: dict[str, str], outcome: Outcome
) -> None:
    """Leaves a share of the room that the job needs, runs it, makes room, and runs it again."""
    small.fresh(base, folder)
    needed = 3 * (_size(whole) - _size(base))
    ballast = folder.parent / "ballast"
    with ballast.open("wb") as file:
        free = os.statvfs(folder).f_bavail * os.statvfs(folder).f_frsize
        file.write(b"\0" * max(0, free - int(share * needed)))
    ended = in_child(small.in_folder(folder, job.action), DEADLINE_S)
    ballast.unlink()
    _judge(job, folder, ended, expected, outcome, f"{share:.0%} of the room")


def _mounted(disk: Path) -> bool:
    command = ["mount", "-t", "tmpfs", "-o", "size=24m", "facsmith-faults", str(disk)]
    return os.geteuid() == 0 and subprocess.run(command, check=False, capture_output=True).returncode == 0


def _size(folder: Path) -> int:
    return sum(path.stat().st_blocks * 512 for path in folder.rglob("*"))


def _judge(job: Job, folder: Path, ended: Ended, expected: dict[str, str], outcome: Outcome, when: str) -> None:
    outcome.tried += 1
    outcome.count("refused" if ended.code else "went through")
    lines = [line for line in ended.said.splitlines() if line.startswith("facsmith: ")]
    told = ended.code == 0 or (ended.code == 1 and any(text in lines[-1] for text in MESSAGES if lines))
    if not told or "Traceback" in ended.said:
        outcome.failures.append(f"{job.name}, {when}: {ended.code}: {ended.said[-700:]}")
    outcome.failures += [f"{job.name}, {when}: {each}" for each in small.half_written(folder)]
    ended = in_child(small.in_folder(folder, job.action), DEADLINE_S)
    if ended.code or results(job, folder) != expected or small.leftovers(folder):
        left = small.leftovers(folder)
        outcome.failures.append(f"{job.name}, {when}: once there is room: {ended.code} {left} {ended.said[-300:]}")
