"""The campaign's command: ``python -m faults [--kills 300] [--flips 1000] [--fuzz 2000] [--jobs 2]``.

Each part runs in a process of its own. The table tells what was tried and what failed; the exit status is 0 where
nothing did. The same seed makes the same faults; only the moment of a kill depends on the machine.
"""

import argparse
import json
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

from faults.outcome import HEADING, Outcome

SHOWN = 5
Part = Callable[[argparse.Namespace, Path], list[Outcome]]


def _random_kills(job: str, options: argparse.Namespace, home: Path) -> list[Outcome]:
    from faults import kills

    return [kills.random_kills(kills.JOBS[job], options.kills // 3, options.seed, home)]


def _kill_at_call(job: str, options: argparse.Namespace, home: Path) -> list[Outcome]:
    from faults import kills

    return [kills.every_call(kills.JOBS[job], home, step=options.step)]


def _clock_jumps(job: str, options: argparse.Namespace, home: Path) -> list[Outcome]:
    from faults import kills

    return [kills.every_call(kills.JOBS[job], home, step=options.step, clock=random.Random(options.seed))]


def _fails_at_call(job: str, kind: str, options: argparse.Namespace, home: Path) -> list[Outcome]:
    from faults import full_disk, kills

    return [full_disk.at_every_call(kills.JOBS[job], home, kind, options.step)]


def _small_files(job: str, options: argparse.Namespace, home: Path) -> list[Outcome]:
    from faults import full_disk, kills

    return [full_disk.small_files(kills.JOBS[job], home, options.sizes)]


def _small_disks(job: str, options: argparse.Namespace, home: Path) -> list[Outcome]:
    from faults import full_disk, kills

    return [full_disk.small_disks(kills.JOBS[job], home, options.sizes)]


def _bit_flips(options: argparse.Namespace, home: Path) -> list[Outcome]:
    from faults.bit_flips import bit_flips

    return [bit_flips(options.flips, options.seed, home)]


def _fuzz(options: argparse.Namespace, home: Path) -> list[Outcome]:
    from faults.fuzzing import fuzz

    return fuzz(options.fuzz, options.seed, home)


_BY_CALL = ("storing", "importing", "merging", "training")
PARTS: dict[str, Part] = {
    **{f"kills-{job}": partial(_random_kills, job) for job in ("rendering", "merging", "training")},
    **{f"kill-at-call-{job}": partial(_kill_at_call, job) for job in _BY_CALL},
    **{f"clock-jumps-{job}": partial(_clock_jumps, job) for job in _BY_CALL},
    **{f"full-at-call-{job}": partial(_fails_at_call, job, "full") for job in _BY_CALL},
    **{f"read-only-at-call-{job}": partial(_fails_at_call, job, "read-only") for job in _BY_CALL},
    **{f"file-limits-{job}": partial(_small_files, job) for job in _BY_CALL},
    **{f"small-disks-{job}": partial(_small_disks, job) for job in (*_BY_CALL, "rendering")},
    "bit-flips": _bit_flips,
    "fuzzing": _fuzz,
}


def main(arguments: list[str] | None = None) -> int:
    """Runs the campaign, prints its table and returns the exit status."""
    options = _parser().parse_args(arguments)
    if options.part:
        return _run_part(options)
    chosen = [name for name in PARTS if name.startswith(tuple(options.only))]
    began = time.monotonic()
    print(HEADING, flush=True)
    with ThreadPoolExecutor(options.jobs) as threads:
        outcomes = [outcome for found in threads.map(partial(_in_process, options), chosen) for outcome in found]
    failed = sum(len(outcome.failures) for outcome in outcomes)
    print(f"{sum(outcome.tried for outcome in outcomes)} faults in {time.monotonic() - began:.0f} s, {failed} failures")
    return 1 if failed or not outcomes else 0


def _in_process(options: argparse.Namespace, name: str) -> list[Outcome]:
    """Runs one part in a process of its own, prints its lines and returns its outcomes."""
    numbers = [f"--{key}={getattr(options, key)}" for key in ("kills", "flips", "fuzz", "sizes", "step", "seed")]
    command = [sys.executable, "-m", "faults", "--part", name, *numbers]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    lines = [line for line in done.stdout.splitlines() if line.startswith("{")]
    outcomes = [Outcome(**json.loads(line)) for line in lines]
    if not outcomes:
        outcomes = [Outcome(name, failures=[f"exit code {done.returncode}: {done.stderr[-2000:]}"])]
    for outcome in outcomes:
        print(outcome.line(), *(f"    {text}" for text in outcome.failures[:SHOWN]), sep="\n", flush=True)
    return outcomes


def _run_part(options: argparse.Namespace) -> int:
    with tempfile.TemporaryDirectory(prefix="facsmith-faults-", ignore_cleanup_errors=True) as home:
        for outcome in PARTS[options.part](options, Path(home)):
            print(outcome.to_json(), flush=True)
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m faults", description="The fault campaign.")
    parser.add_argument("--kills", type=int, default=300, help="random kills over rendering, merging and training")
    parser.add_argument("--flips", type=int, default=1000, help="flipped bits")
    parser.add_argument("--fuzz", type=int, default=2000, help="damaged and hostile inputs")
    parser.add_argument("--sizes", type=int, default=12, help="limits of files and sizes of disks that are tried")
    parser.add_argument("--step", type=int, default=1, help="fail at every so-manieth call to the file system")
    parser.add_argument("--seed", type=int, default=0, help="of everything that is drawn")
    parser.add_argument("--jobs", type=int, default=2, help="parts that run at once")
    parser.add_argument("--only", nargs="*", default=[""], metavar="PART", help=f"beginnings of {', '.join(PARTS)}")
    parser.add_argument("--part", choices=PARTS, help=argparse.SUPPRESS)
    return parser


if __name__ == "__main__":
    sys.exit(main())
