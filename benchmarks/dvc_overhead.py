"""What DVC costs this project when there is nothing to do, and for each experiment of a sweep.

The repository is cloned with its history, every output of every stage gets a stand-in of as many files as the real
one has, and `dvc commit` records them, so that the whole pipeline is up to date. Then, in turns with a pipeline of one
stage that depends on one file (what DVC itself costs):

* `dvc repro` and `dvc status` with nothing to do; promised: at most 1.5 s more than DVC itself. Time of the clock
  decides; processor time is told beside it, for machines that do other things too;
* a sweep as docs/sweeps.md says, with `facsmith sweep`, its start and its end included; promised: at most 2.5 s for
  each experiment. The stage writes two files at once, so that all of the time is overhead. Beside it, the same by a
  loop of `dvc exp run` and through DVC's queue.

The last line is what was promised for an experiment over what was measured: 1 or more keeps the promise.

    python benchmarks/dvc_overhead.py [--runs 5] [--experiments 6] [--jobs 2] [--profile]
"""

import argparse
import os
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from ruamel.yaml import YAML

ROOT = Path(__file__).resolve().parents[1]
DVC = str(Path(sys.executable).parent / "dvc")
PROMISE_S = 1.5
PROMISE_EACH_S = 2.5
FILES_IN_A_FOLDER = 6
"""A folder of shards has some shards, a manifest and specifications; a training has its networks, a log and a state."""
STAND_IN = "stand_in.py"
STAND_IN_SWEEP = ("report.contact_sheet", "write_report")


@dataclass(frozen=True)
class Cost:
    """Seconds by the clock, and of the processor in the command and its children."""

    wall: float
    processor: float


def run(folder: Path, *words: str) -> Cost:
    """Returns what a command took.

    Raises:
        SystemExit: it failed.
    """
    environment = {**os.environ, "DVC_NO_ANALYTICS": "1", "PYTHONPATH": str(folder), "PATH": _path()}
    began, before = time.perf_counter(), resource.getrusage(resource.RUSAGE_CHILDREN)
    done = subprocess.run(list(words), cwd=folder, env=environment, capture_output=True, text=True, check=False)
    wall, after = time.perf_counter() - began, resource.getrusage(resource.RUSAGE_CHILDREN)
    if done.returncode:
        raise SystemExit(f"{' '.join(words)} failed:\n{done.stdout[-3000:]}\n{done.stderr[-3000:]}")
    return Cost(wall, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)


def _path() -> str:
    return f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', '')}"


def tracked(root: Path) -> list[str]:
    """Returns the files that git knows."""
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=root, capture_output=True, check=True).stdout
    return [name for name in listed.decode().split("\0") if name]


def name_committer(folder: Path) -> None:
    """Lets git commit in a repository."""
    run(folder, "git", "config", "user.name", "bench")
    run(folder, "git", "config", "user.email", "bench@invalid")


def copy_of_ours(folder: Path) -> Path:
    """Returns a clone of this repository, as it lies here, in which the whole pipeline is up to date."""
    run(folder, "git", "clone", "-q", "--no-hardlinks", str(ROOT), ".")
    name_committer(folder)
    for name in tracked(ROOT):
        target = folder / name
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(ROOT / name, target)
    _replace_report(folder)
    for out in outs_of(folder):
        make_stand_in(folder / out)
    run(folder, DVC, "commit", "-f", "-q")
    _commit_lock(folder)
    return folder


def _commit_lock(folder: Path) -> None:
    run(folder, "git", "add", "-A")
    run(folder, "git", "commit", "-qm", "up to date", "--allow-empty")


def _replace_report(folder: Path) -> None:
    """Lets the last stage write its outputs at once."""
    path = folder / "dvc.yaml"
    content = YAML(typ="safe", pure=True).load(path)
    stage = content["stages"]["write_report"]
    outs = " ".join(stage["outs"])
    stage["cmd"] = f"{sys.executable} -S {STAND_IN} {outs}"
    with path.open("w", encoding="utf-8") as file:
        YAML(typ="safe", pure=True).dump(content, file)
    lines = "import pathlib, sys", "for name in sys.argv[1:]: pathlib.Path(name).write_text(open('params.yaml').read())"
    (folder / STAND_IN).write_text("\n".join(lines) + "\n", encoding="utf-8")


def outs_of(folder: Path) -> list[str]:
    """Returns what the stages write, relative to the repository, as DVC resolves it."""
    code = "from dvc.repo import Repo\nfor s in Repo().index.stages:\n for o in s.outs: print(o.def_path)"
    done = subprocess.run([sys.executable, "-c", code], cwd=folder, capture_output=True, text=True, check=True)
    return done.stdout.split()


def make_stand_in(path: Path) -> None:
    """Writes a file, or a folder of a few files where the name has no suffix."""
    targets = [path] if path.suffix else [path / f"{number:05d}.bin" for number in range(FILES_IN_A_FOLDER)]
    for target in targets:
        target.parent.mkdir(parents=True, exist_ok=True)
        content = '{"value": 1}' if target.suffix == ".json" else str(target)
        target.write_text(content, encoding="utf-8")


def copy_of_nothing(folder: Path) -> Path:
    """Returns a repository with one stage that depends on one file: what DVC itself costs."""
    run(folder, "git", "init", "-q")
    run(folder, DVC, "init", "-q")
    shutil.copy2(ROOT / ".dvc/config", folder / ".dvc/config")
    (folder / "in.txt").write_text("1")
    (folder / "params.yaml").write_text("size: 1\n")
    stage = {"cmd": "cp in.txt out.txt", "deps": ["in.txt"], "params": ["size"], "outs": ["out.txt"]}
    with (folder / "dvc.yaml").open("w", encoding="utf-8") as file:
        YAML(typ="safe", pure=True).dump({"stages": {"copy": stage}}, file)
    name_committer(folder)
    run(folder, DVC, "repro", "-q")
    _commit_lock(folder)
    return folder


def no_op(ours: Path, theirs: Path, runs: int) -> dict[str, float]:
    """Prints and returns how much more each command costs here than in a pipeline of one stage, median of pairs."""
    more: dict[str, float] = {}
    print(f"{'with nothing to do':<24}{'all s':>8}{'DVC s':>8}{'ours s':>8}{'of processor':>14}")
    for command in ("repro", "status"):
        pairs = [(run(ours, DVC, command, "-q"), run(theirs, DVC, command, "-q")) for _ in range(runs)]
        whole, base = (statistics.median(each.wall for each in column) for column in zip(*pairs, strict=True))
        more[command] = statistics.median(one.wall - other.wall for one, other in pairs)
        busy = statistics.median(one.processor - other.processor for one, other in pairs)
        print(f"{'dvc ' + command:<24}{whole:>8.2f}{base:>8.2f}{more[command]:>8.2f}{busy:>14.2f}")
    return more


def sweep(folder: Path, parameter: str, target: str, count: int) -> Cost:
    """Returns what one experiment costs where `facsmith sweep` runs them."""
    values = ",".join(str(1002 + number) for number in range(count))
    cost = run(folder, sys.executable, "-m", "pipeline.cli", "sweep", f"{parameter}={values}", "--from", target)
    _check_finished(folder, count)
    run(folder, DVC, "exp", "remove", "-q", "-A")
    return Cost(cost.wall / count, cost.processor / count)


def loop(folder: Path, parameter: str, target: Sequence[str], count: int) -> Cost:
    """Returns what one experiment costs where `dvc exp run` is called for each, in the working tree."""
    costs = [
        run(folder, DVC, "exp", "run", "-q", *target, "-S", f"{parameter}={2 + number}") for number in range(count)
    ]
    _check_finished(folder, count)
    return Cost(sum(cost.wall for cost in costs) / count, sum(cost.processor for cost in costs) / count)


def queue(folder: Path, parameter: str, target: Sequence[str], count: int, jobs: int) -> float:
    """Returns the seconds that one experiment costs where they are queued and run some at a time."""
    run(folder, DVC, "exp", "remove", "-q", "-A")
    values = ",".join(str(102 + number) for number in range(count))
    queued = run(folder, DVC, "exp", "run", "--queue", "-q", *target, "-S", f"{parameter}={values}").wall
    ran = run(folder, DVC, "exp", "run", "--run-all", "-q", "-j", str(jobs)).wall
    _check_finished(folder, count)
    return (queued + ran) / count


def _check_finished(folder: Path, count: int) -> None:
    done = subprocess.run([DVC, "exp", "list", "--name-only"], cwd=folder, capture_output=True, text=True, check=True)
    found = len(done.stdout.split())
    if found != count:
        raise SystemExit(f"expected {count} finished experiments, found {found}")


def sweeps(ours: Path, theirs: Path, count: int, jobs: int) -> float:
    """Prints what an experiment costs here and in a pipeline of one stage; returns what it costs here."""
    print(f"{'each of ' + str(count) + ' experiments':<24}{'here s':>8}{'DVC s':>8}{'of processor':>22}")
    swept = sweep(ours, *STAND_IN_SWEEP, count)
    print(f"{'facsmith sweep':<24}{swept.wall:>8.2f}{'':>8}{swept.processor:>22.2f}")
    parameter, stage = STAND_IN_SWEEP
    kinds = (ours, parameter, ["--downstream", stage]), (theirs, "size", list[str]())
    here, base = (loop(folder, name, target, count) for folder, name, target in kinds)
    print(f"{'a loop of dvc exp run':<24}{here.wall:>8.2f}{base.wall:>8.2f}{here.processor:>22.2f}")
    if jobs:
        here_queued, base_queued = (queue(folder, name, target, count, jobs) for folder, name, target in kinds)
        print(f"{'queued, ' + str(jobs) + ' at once':<24}{here_queued:>8.2f}{base_queued:>8.2f}")
    return swept.wall


@contextmanager
def repositories() -> Iterator[tuple[Path, Path]]:
    """Yields both repositories and removes them."""
    with tempfile.TemporaryDirectory(prefix="dvc-overhead-") as name:
        folders = [Path(name) / each for each in ("ours", "theirs")]
        for folder in folders:
            folder.mkdir()
        yield copy_of_ours(folders[0]), copy_of_nothing(folders[1])


def profile(ours: Path) -> None:
    """Prints where a `dvc repro` with nothing to do spends its time."""
    stats = ours.parent / "profile"
    run(ours, DVC, "repro", "-q", "--cprofile-dump", str(stats))
    code = f"import pstats; pstats.Stats({str(stats)!r}).sort_stats('cumulative').print_stats(60)"
    print(subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout)


def main(arguments: Sequence[str] | None = None) -> None:
    """Measures, and prints what was found."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--runs", type=int, default=5, help="of each command")
    parser.add_argument("--experiments", type=int, default=6, help="of the sweep")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1, help="of the queue; 0: do not measure it")
    parser.add_argument("--profile", action="store_true", help="also say where the time goes")
    chosen = parser.parse_args(arguments)
    with repositories() as (ours, theirs):
        more = no_op(ours, theirs, chosen.runs)
        if chosen.profile:
            profile(ours)
        each = sweeps(ours, theirs, chosen.experiments, chosen.jobs)
    kept = {"no-op repro": more["repro"] <= PROMISE_S, "sweep": each <= PROMISE_EACH_S}
    print(", ".join(f"promise of the {name}: {'kept' if held else 'broken'}" for name, held in kept.items()))
    print(f"ratio {PROMISE_EACH_S / each:.3f}")


if __name__ == "__main__":
    main()
