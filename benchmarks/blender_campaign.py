"""Many Blender images in one run while its processes are killed: is any lost, doubled or different, does memory grow?

    python benchmarks/blender_campaign.py --folder /tmp/campaign --json campaign.json [--count 2000] [--size 128]

The run is the pipeline's own: chunks, worker processes, pieces, shards. Meanwhile this program kills ``--kills`` of
its workers and ``--parent-kills`` times the run itself (which it starts again), each after a random number of images
and a random delay, and measures the resident memory of every process twice a second. At the end it proves that

- every specification has exactly one image in the shards, in order;
- ``--reference`` images, drawn at random and rendered again in another order by processes that nobody kills, have the
  same bytes in every channel;
- no process held more memory than the bound beyond which workers are replaced.

It prints a table, writes all numbers as JSON and ends with status 1 where a proof fails. An interrupted campaign goes
on where it stopped: give it the same folder.
"""

import argparse
import json
import os
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np

from faceset.spec import SampleSpec, read_specs, write_specs
from facs import CODES
from pipeline.children import worker_environment
from pipeline.executor import LocalExecutor
from pipeline.files import remove, whole_folder
from pipeline.rendering import RenderWork, render
from pipeline.storing import store, stored
from render.config import SamplingConfig
from render.sampling import sample_specs

LOOK_EVERY_S = 0.5
SPEAK_EVERY_S = 30.0
SEED = 4


@dataclass(frozen=True)
class Campaign:
    """What is rendered, by whom, and what goes wrong meanwhile.

    Attributes:
        count: images.
        size: width and height, pixels.
        backend: who renders.
        samples: light paths per pixel, of Blender.
        noise: threshold of its adaptive sampling.
        device: what it computes on.
        workers: processes at once.
        chunk_size: images that one process renders.
        max_memory_mb: the bound of every process, resident.
        kills: workers that are killed.
        parent_kills: how often the run is killed.
        latest: share of the images that are stored, at most, when a kill becomes due.
        delay_s: the longest wait between the image after which a kill is due, and the kill.
        reference: images that are rendered again.
    """

    count: int
    size: int
    backend: str
    samples: int
    noise: float
    device: str
    workers: int
    chunk_size: int
    max_memory_mb: float
    kills: int
    parent_kills: int
    latest: float
    delay_s: float
    reference: int

    @property
    def options(self) -> dict[str, str | int | float]:
        """What the backend is told."""
        blender: dict[str, str | int | float] = {"samples": self.samples, "noise": self.noise, "device": self.device}
        return blender if self.backend == "blender" else {}

    def rendered(self, specs: Sequence[SampleSpec], folder: Path) -> None:
        """Renders specifications with the pipeline's own executor into the shards ``folder/shards``."""
        work = RenderWork(specs, self.backend, (), folder / "pieces", self.options, self.max_memory_mb)
        environment = worker_environment(self.workers)
        executor = LocalExecutor(self.workers, deadline_s=600, max_lost=0, environment=environment, notice=_say)
        outcome = render(work, executor, self.chunk_size, lambda done: None)
        with whole_folder(folder / "shards") as shards:
            store(work.samples(outcome), shards, 4096, {"set": "campaign"})


class Log:
    """What happened, one JSON object a line, so that an interrupted campaign keeps its measurements."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self.entries: list[dict[str, Any]] = []
        if path.is_file():
            self.entries = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]

    def add(self, **entry: Any) -> None:
        """Adds an entry."""
        self.entries.append(entry)
        with self._path.open("a", encoding="utf-8") as file:
            file.write(json.dumps(entry) + "\n")

    def of(self, kind: str) -> list[dict[str, Any]]:
        """Returns the entries of one kind."""
        return [entry for entry in self.entries if entry["kind"] == kind]


class Saboteur:
    """Kills processes of a run: each kill is due once a drawn number of images is stored."""

    def __init__(self, campaign: Campaign, log: Log) -> None:
        self._random = np.random.default_rng(SEED)
        kinds = self._random.permutation(["worker"] * campaign.kills + ["run"] * campaign.parent_kills).tolist()
        places = np.sort(self._random.uniform(0.0, campaign.latest * campaign.count, len(kinds))).tolist()
        self._plan = list(zip(places, kinds, strict=True))[len(log.of("kill")) :]
        self._delay_s, self._log, self._due = campaign.delay_s, log, 0.0

    def act(self, run: int, images: int) -> None:
        """Kills what is due now, if there is such a process."""
        if not self._plan or images < self._plan[0][0]:
            return
        self._due = self._due or time.monotonic() + self._random.uniform(0.0, self._delay_s)
        kind = self._plan[0][1]
        targets = [run] if kind == "run" else workers_of(run)
        if time.monotonic() >= self._due and targets:
            target = targets[int(self._random.integers(len(targets)))]
            os.kill(target, signal.SIGKILL)
            self._log.add(kind="kill", what=kind, pid=target, images=images, at=time.time())
            _say(f"after {images} images: killed {kind} {target}")
            self._plan, self._due = self._plan[1:], 0.0


def workers_of(run: int) -> list[int]:
    """Returns the worker processes that a run has started and that have begun to work."""
    found = []
    for path in Path(f"/proc/{run}/task").glob("*/children"):
        found += [int(word) for word in _text(path).split()]
    return [pid for pid in found if "render.worker" in _text(Path(f"/proc/{pid}/cmdline"))]


def peak_mb(pid: int) -> float:
    """Returns the most resident memory that a process has held, MiB; 0 where it is gone."""
    lines = [line for line in _text(Path(f"/proc/{pid}/status")).splitlines() if line.startswith("VmHWM")]
    return int(lines[0].split()[1]) / 1024 if lines else 0.0


def resident_mb(pid: int) -> float:
    """Returns the resident memory of a process, MiB; 0 where it is gone."""
    words = _text(Path(f"/proc/{pid}/statm")).split()
    return int(words[1]) * os.sysconf("SC_PAGE_SIZE") / 2**20 if words else 0.0


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8", errors="replace")
    except OSError:  # the process has ended
        return ""


def images_in(pieces: Path) -> int:
    """Returns how many images the names of the pieces promise."""
    ranges = [path.stem.split("-") for path in pieces.rglob("*-*.h5")]
    return sum(int(stop) - int(start) for start, stop in ranges)


def run_under_fire(campaign: Campaign, folder: Path, log: Log) -> None:
    """Runs the campaign to its end, however often it is killed."""
    saboteur = Saboteur(campaign, log)
    while not (folder / "shards").is_dir():
        with subprocess.Popen([sys.executable, __file__, "--folder", str(folder), "--run"]) as process:
            watch(process, folder / "pieces", saboteur, log)
        if process.returncode not in (0, -signal.SIGKILL):
            raise SystemExit(f"the run ended with status {process.returncode}")


def watch(process: "subprocess.Popen[bytes]", pieces: Path, saboteur: Saboteur, log: Log) -> None:
    """Measures and kills until the run ends."""
    spoken = time.monotonic()
    while process.poll() is None:
        images = images_in(pieces)
        for kind, pid in [("run", process.pid), *(("worker", pid) for pid in workers_of(process.pid))]:
            log.add(
                kind="memory",
                what=kind,
                pid=pid,
                images=images,
                at=round(time.time(), 2),
                mb=round(resident_mb(pid), 1),
                peak_mb=round(peak_mb(pid), 1),
            )
        saboteur.act(process.pid, images)
        if time.monotonic() - spoken > SPEAK_EVERY_S:
            spoken = time.monotonic()
            _say(f"{images} images")
        time.sleep(LOOK_EVERY_S)


def proofs(campaign: Campaign, specs: Sequence[SampleSpec], folder: Path, log: Log) -> dict[str, Any]:
    """Returns every claim with what was found."""
    keys = Counter(sample.key for sample in stored(folder / "shards"))
    in_order = [sample.key for sample in stored(folder / "shards")] == [spec.key for spec in specs]
    different = differing(campaign, specs, folder)
    peaks = [entry["peak_mb"] for entry in log.of("memory")]
    killed = Counter(entry["what"] for entry in log.of("kill"))
    return {
        "lost": sum(spec.key not in keys for spec in specs),
        "doubled": sum(number - 1 for number in keys.values()),
        "in_order": in_order,
        "reference_images": min(campaign.reference, campaign.count),
        "reference_differing": different,
        "worker_kills": killed["worker"],
        "run_kills": killed["run"],
        "bound_mb": campaign.max_memory_mb,
        "peak_mb": max(peaks),
        "passed": not sum(spec.key not in keys for spec in specs)
        and in_order
        and not different
        and killed["worker"] == campaign.kills
        and killed["run"] == campaign.parent_kills
        and max(peaks) <= campaign.max_memory_mb,
    }


def differing(campaign: Campaign, specs: Sequence[SampleSpec], folder: Path) -> list[str]:
    """Renders some specifications again, in another order, undisturbed; returns the keys of those that differ."""
    chosen = np.random.default_rng(SEED).permutation(len(specs))[: campaign.reference]
    again = folder / "reference"
    if not (again / "shards").is_dir():
        campaign.rendered([specs[index] for index in chosen], again)
    found = {sample.key: sample for sample in stored(again / "shards")}
    return [
        sample.key
        for sample in stored(folder / "shards")
        if sample.key in found
        and not all(np.array_equal(value, found[sample.key][name]) for name, value in sample.items())
    ]


def measured(campaign: Campaign, log: Log) -> dict[str, Any]:
    """Returns how long it took and what each process held."""
    memory = log.of("memory")
    workers = [_life(pid, memory) for pid in dict.fromkeys(e["pid"] for e in memory if e["what"] == "worker")]
    runs = [_life(pid, memory) for pid in dict.fromkeys(e["pid"] for e in memory if e["what"] == "run")]
    seconds = sum(life["seconds"] for life in runs)
    return {
        "seconds": seconds,
        "seconds_per_image": seconds / campaign.count,
        "runs": runs,
        "workers": workers,
        "kills": log.of("kill"),
    }


def _life(pid: int, memory: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """Returns what one process held over its life: its peak, and the medians of its second and last quarters."""
    own = [entry for entry in memory if entry["pid"] == pid]
    quarter = max(1, len(own) // 4)
    return {
        "pid": pid,
        "seconds": round(own[-1]["at"] - own[0]["at"], 1),
        "peak_mb": max(entry["peak_mb"] for entry in own),
        "second_quarter_mb": median(entry["mb"] for entry in own[quarter : 2 * quarter] or own),
        "last_quarter_mb": median(entry["mb"] for entry in own[-quarter:]),
    }


def table(campaign: Campaign, found: dict[str, Any], times: dict[str, Any]) -> str:
    """Returns the outcome for a person."""
    growth = [life["last_quarter_mb"] - life["second_quarter_mb"] for life in times["workers"]]
    rows = [
        ("images", f"{campaign.count} at {campaign.size} px by {campaign.backend}"),
        ("seconds per image", f"{times['seconds_per_image']:.2f} on {os.cpu_count()} cores"),
        ("processes killed", f"{found['worker_kills']} workers, the run {found['run_kills']} times"),
        ("lost, doubled, in order", f"{found['lost']}, {found['doubled']}, {found['in_order']}"),
        ("rendered again", f"{found['reference_images']}, {len(found['reference_differing'])} differ"),
        ("workers", f"{len(times['workers'])}, peaks {_spread([life['peak_mb'] for life in times['workers']])} MiB"),
        ("growth within a worker", f"{_spread(growth)} MiB from its second quarter to its last"),
        ("the run itself", f"peak {max(life['peak_mb'] for life in times['runs']):.0f} MiB"),
        ("bound", f"{campaign.max_memory_mb:.0f} MiB"),
        ("passed", str(found["passed"])),
    ]
    width = max(len(name) for name, _ in rows)
    return "\n".join(f"{name:{width}}  {value}" for name, value in rows)


def _spread(values: Sequence[float]) -> str:
    return f"{min(values):.0f} to {max(values):.0f} (median {median(values):.0f})"


def drawn_specs(campaign: Campaign) -> list[SampleSpec]:
    """Returns faces that show anything: expressions, directions, occluders, environments, camera effects."""
    config = SamplingConfig(
        action_units=CODES,
        identities=max(1, campaign.count // 4),
        size=campaign.size,
        max_yaw=0.6,
        occlusion=0.3,
        environments=0.5,
        camera_effects=0.3,
    )
    return sample_specs(config, SEED, campaign.count, "campaign")


def begun(arguments: argparse.Namespace) -> tuple[Campaign, list[SampleSpec]]:
    """Returns the campaign of a folder and its specifications: a new one, or the one that was interrupted."""
    folder: Path = arguments.folder
    settings, specs = folder / "settings.json", folder / "specs.parquet"
    if not settings.is_file():
        names = Campaign.__dataclass_fields__
        campaign = Campaign(**{name: value for name, value in vars(arguments).items() if name in names})
        folder.mkdir(parents=True, exist_ok=True)
        write_specs(specs, drawn_specs(campaign))
        settings.write_text(json.dumps(asdict(campaign)), encoding="utf-8")
    return Campaign(**json.loads(settings.read_text(encoding="utf-8"))), list(read_specs(specs))


def _say(text: str) -> None:
    print(f"campaign: {text}", file=sys.stderr, flush=True)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--folder", type=Path, required=True, help="everything lies there; of a former campaign: go on")
    parser.add_argument("--json", type=Path, help="file for the numbers")
    parser.add_argument("--run", action="store_true", help="internal: be the run that is killed")
    parser.add_argument("--count", type=int, default=2000)
    parser.add_argument("--size", type=int, default=128)
    parser.add_argument("--backend", default="blender")
    parser.add_argument("--samples", type=int, default=16)
    parser.add_argument("--noise", type=float, default=0.05)
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--workers", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--chunk-size", type=int, default=64)
    parser.add_argument("--max-memory-mb", type=float, default=1500.0)
    parser.add_argument("--kills", type=int, default=5)
    parser.add_argument("--parent-kills", type=int, default=1)
    parser.add_argument("--latest", type=float, default=0.8)
    parser.add_argument("--delay-s", type=float, default=10.0)
    parser.add_argument("--reference", type=int, default=40)
    return parser


def main() -> None:
    """Runs the campaign, prints its table and ends with status 1 where a proof fails."""
    arguments = _parser().parse_args()
    campaign, specs = begun(arguments)
    if arguments.run:
        campaign.rendered(specs, arguments.folder)
        return
    log = Log(arguments.folder / "log.jsonl")
    run_under_fire(campaign, arguments.folder, log)
    found, times = proofs(campaign, specs, arguments.folder, log), measured(campaign, log)
    print(table(campaign, found, times))
    if arguments.json:
        arguments.json.write_text(json.dumps(asdict(campaign) | found | times, indent=1) + "\n", encoding="utf-8")
    if found["passed"]:
        remove(arguments.folder / "pieces")
    sys.exit(0 if found["passed"] else 1)


if __name__ == "__main__":
    main()
