"""The dask executor against nodes that are lost, schedulers that die and folders that nobody shares."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, suppress
from functools import partial
from pathlib import Path

import pytest
from distributed import Client

from facs import CODES
from pipeline import clusters, node
from pipeline.books import Rules
from pipeline.children import worker_environment
from pipeline.chunks import USER_ERROR, Chunk, Standing
from pipeline.dask_executor import DaskExecutor
from pipeline.errors import ExecutorError
from pipeline.executor import LocalExecutor
from pipeline.rendering import RenderWork, render
from pipeline.storing import store
from render.config import SamplingConfig
from render.sampling import sample_specs

ROOT = Path(__file__).parents[2]
SLOW_WORKER = """
import os, sys, time, pathlib
folder, start, stop = pathlib.Path(sys.argv[1]), *map(int, sys.argv[2:4])
for number in range(start, stop):
    if (folder / f"{number}.done").exists():
        continue
    if os.environ["FACSMITH_PARENT"] != str(os.getppid()):
        sys.exit(3)
    if str(number) == sys.argv[4]:
        sys.exit("poisoned")
    with (folder / "log").open("a") as log:
        log.write(f"{number}\\n")
    time.sleep(float(sys.argv[5]))
    (folder / f"{number}.done").write_text(str(number * number))
"""


class SlowWork:
    """Stores one sample after the other, each in a file of its own."""

    def __init__(self, folder: Path, poison: str = "", seconds: float = 0.02) -> None:
        self.folder, self.poison, self.seconds = folder, poison, seconds
        folder.mkdir(exist_ok=True)

    def missing(self, chunk: Chunk) -> int:
        return sum(not (self.folder / f"{number}.done").exists() for number in range(chunk.start, chunk.stop))

    def promised(self, chunk: Chunk) -> int:
        return len(chunk) - self.missing(chunk)

    def command(self, chunk: Chunk) -> Sequence[str]:
        where = [str(self.folder), str(chunk.start), str(chunk.stop)]
        return [sys.executable, "-S", "-c", SLOW_WORKER, *where, self.poison, str(self.seconds)]

    @property
    def stored(self) -> int:
        return len(list(self.folder.glob("*.done")))

    @property
    def computed(self) -> list[int]:
        return [int(line) for line in (self.folder / "log").read_text().splitlines()]


@contextmanager
def started(*arguments: str) -> Iterator["subprocess.Popen[bytes]"]:
    """Yields a process of the dask command line; it and what it started are ended at the end."""
    command = [sys.executable, "-W", "ignore", "-m", "dask", *arguments]
    with subprocess.Popen(command, cwd=ROOT, stderr=subprocess.DEVNULL, start_new_session=True) as process:
        try:
            yield process
        finally:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)


@contextmanager
def scheduler(folder: Path) -> Iterator[tuple[str, "subprocess.Popen[bytes]"]]:
    """Yields the file of a scheduler, and its process."""
    file = folder / "scheduler.json"
    where = ["--host", "127.0.0.1", "--port", "0", "--no-dashboard", "--scheduler-file", str(file)]
    with started("scheduler", *where) as process:
        wait_for(file.exists)
        yield str(file), process


def worker(file: str, *more: str) -> AbstractContextManager["subprocess.Popen[bytes]"]:
    where = ["--scheduler-file", file, "--nthreads", "1", "--memory-limit", "0", "--no-dashboard", *more]
    return started("worker", *where)


def executor(file: str, folder: Path, *, deadline_s: float = 60.0, max_lost: int = 1, **rules: object) -> DaskExecutor:
    settings = Rules(max_lost, backoff_s=0.01, **rules)  # type: ignore[arg-type]
    return DaskExecutor(partial(clusters.scheduler, file), folder, deadline_s, settings)


def children_of(pid: int) -> list[int]:
    """Returns the processes that a process started, and those that they started."""
    found: list[int] = []
    for path in Path(f"/proc/{pid}/task").glob("*/children"):
        for each in map(int, path.read_text().split()):
            found += [each, *children_of(each)]
    return found


def wait_for(condition: Callable[[], object], seconds: float = 60.0) -> None:
    until = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < until, "waited in vain"
        time.sleep(0.02)


def chunks(count: int, size: int) -> list[Chunk]:
    return [Chunk(start, min(start + size, count)) for start in range(0, count, size)]


def covered(done: Sequence[Chunk]) -> list[int]:
    return [number for chunk in done for number in range(chunk.start, chunk.stop)]


@pytest.fixture(scope="module")
def farm(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The file of a scheduler with two dask workers, which tests leave alive."""
    folder = tmp_path_factory.mktemp("farm")
    with scheduler(folder) as (file, _), worker(file, "--no-nanny"), worker(file, "--no-nanny"):
        with Client(scheduler_file=file, set_as_default=False) as client:
            client.wait_for_workers(2, timeout=60)
        yield file


def test_a_poisonous_sample_is_isolated_as_on_this_machine(farm: str, tmp_path: Path) -> None:
    told: dict[str, list[str]] = {"here": [], "there": []}
    works = {place: SlowWork(tmp_path / place, poison="5", seconds=0.0) for place in told}
    seen: list[Standing] = []
    there = executor(farm, tmp_path, notice=told["there"].append).run(works["there"], chunks(16, 8), seen.append)
    local = LocalExecutor(1, 60.0, max_lost=1, backoff_s=0.01, notice=told["here"].append)
    here = local.run(works["here"], chunks(16, 8), lambda standing: None)
    assert there == here and told["there"] == told["here"] != []
    assert covered(there.done) == [number for number in range(16) if number != 5]
    assert [(lost.index, lost.reason) for lost in there.lost] == [(5, "exit code 1: poisoned")]
    assert (seen[-1].stored, seen[-1].lost, seen[-1].workers) == (15, 1, 2)
    assert not list((tmp_path / "orders").iterdir()), "nothing is left of the orders"


def test_a_stuck_command_is_killed_on_its_node(farm: str, tmp_path: Path) -> None:
    work = SlowWork(tmp_path, seconds=60.0)
    outcome = executor(farm, tmp_path, deadline_s=0.3).run(work, [Chunk(0, 1)], lambda standing: None)
    assert [lost.reason for lost in outcome.lost] == ["passed its deadline"]


def test_an_interrupted_run_leaves_no_command_behind(farm: str, tmp_path: Path) -> None:
    work = SlowWork(tmp_path, seconds=60.0)

    def interrupt(standing: Standing) -> None:
        if (tmp_path / "log").exists():
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        executor(farm, tmp_path).run(work, chunks(4, 2), interrupt)
    wait_for(lambda: not running(str(tmp_path)), seconds=20.0)
    again = SlowWork(tmp_path, seconds=0.0)
    outcome = executor(farm, tmp_path).run(again, chunks(4, 2), lambda standing: None)
    assert covered(outcome.done) == list(range(4)), "the workers are free for another run"


def running(argument: str) -> list[int]:
    """Returns the processes that have ``argument`` on their command line."""
    found = []
    for entry in Path("/proc").iterdir():
        with suppress(OSError):
            if entry.name.isdigit() and argument in (entry / "cmdline").read_bytes().decode(errors="replace"):
                found.append(int(entry.name))
    return found


def test_lost_workers_cost_what_they_had_not_stored(tmp_path: Path) -> None:
    work, told = SlowWork(tmp_path, seconds=0.02), list[str]()
    kills = 0
    with scheduler(tmp_path) as (file, _), worker(file) as nursed, worker(file, "--no-nanny") as bare:
        plan = iter([(lambda: children_of(nursed.pid)[-1], 1), (lambda: bare.pid, 50), (lambda: nursed.pid, 100)])
        due = next(plan, None)
        with worker(file, "--no-nanny"):

            def sabotage(standing: Standing) -> None:
                nonlocal due, kills
                if due is not None and standing.stored >= due[1]:
                    os.kill(due[0](), signal.SIGKILL)
                    due, kills = next(plan, None), kills + 1

            outcome = executor(file, tmp_path, notice=told.append, max_lost=0).run(work, chunks(400, 25), sabotage)
    assert kills == 3, "a worker under its nanny, a bare worker, a nanny"
    assert covered(outcome.done) == list(range(400)) and outcome.lost == ()
    assert all((tmp_path / f"{number}.done").read_text() == str(number**2) for number in range(400))
    assert len(work.computed) <= 400 + kills, "each kill costs the sample in hand, what is stored is not computed again"


def test_the_death_of_the_scheduler_is_one_message_and_a_rerun_goes_on(tmp_path: Path) -> None:
    work = SlowWork(tmp_path, seconds=0.05)
    with scheduler(tmp_path) as (file, process), worker(file, "--no-nanny"):

        def sabotage(standing: Standing) -> None:
            if standing.stored:
                process.kill()

        with pytest.raises(ExecutorError, match=r"^farm: the dask scheduler at tcp://127.* is gone") as caught:
            executor(file, tmp_path).run(work, chunks(2000, 500), sabotage)
    assert len(str(caught.value).splitlines()) == 1
    wait_for(lambda: not running(str(tmp_path)), seconds=20.0)  # the dask worker gives up, its command is an orphan
    before = work.stored
    assert 0 < before < 2000
    (tmp_path / "log").unlink()
    again = SlowWork(tmp_path, seconds=0.0)
    outcome = LocalExecutor(2, 60.0, max_lost=0).run(again, chunks(2000, 500), lambda standing: None)
    assert covered(outcome.done) == list(range(2000)) and len(again.computed) == 2000 - before


def test_nobody_answers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pipeline.dask_executor.CONNECT_S", 0.5)
    for address, message in [
        ("tcp://127.0.0.1:9", "no dask scheduler answers at tcp://127.0.0.1:9"),
        (str(tmp_path / "none.json"), "farm.scheduler: expected tcp://host:port or the file of a running scheduler"),
    ]:
        with pytest.raises(ExecutorError, match=message):
            executor(address, tmp_path).run(SlowWork(tmp_path), [Chunk(0, 1)], lambda standing: None)


def order(shared: Path, *command: str) -> node.Order:
    return node.Order("run", 1, command, str(shared), str(shared), 10.0, (("FACSMITH_TEST", "told"),))


@pytest.fixture
def _on_a_node(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(node, "_slots", lambda: 1)
    monkeypatch.setattr(node, "_children", {})
    monkeypatch.setattr(node, "SEEN_WITHIN_S", 0.0)


@pytest.mark.usefixtures("_on_a_node")
def test_a_stale_order_is_not_obeyed(tmp_path: Path) -> None:
    telling = order(tmp_path, sys.executable, "-S", "-c", "import os, sys; sys.exit(os.environ['FACSMITH_TEST'])")
    assert node.obey(telling).reason == "exit code 1: told"
    assert node.obey(telling) == node.LOST_WORKER, "a scheduler repeats it after it has lost a worker"


@pytest.mark.usefixtures("_on_a_node")
def test_a_node_that_cannot_work_says_why(tmp_path: Path) -> None:
    apart = node.obey(order(tmp_path / "elsewhere", "true"))
    assert apart.code == USER_ERROR and "every node must share the folder" in apart.said
    without = node.obey(order(tmp_path, "/no/such/python"))
    assert without.code == USER_ERROR and "cannot start /no/such/python: No such file" in without.said


@pytest.mark.usefixtures("_on_a_node")
def test_an_ended_run_starts_nothing(tmp_path: Path) -> None:
    node.end("run")
    assert node.obey(order(tmp_path, "true")).code == -signal.SIGKILL


def test_the_renderer_draws_the_same_bytes_while_a_worker_is_killed(tmp_path: Path) -> None:
    config = SamplingConfig(action_units=CODES, identities=2, size=32, max_yaw=0.1)
    specs = sample_specs(config, seed=1, count=4, prefix="face")
    work = RenderWork(specs, "raster", (), tmp_path / "pieces")
    rules, killed, loaded = Rules(0, backoff_s=0.01), list[int](), list[str]()

    def sabotage(standing: Standing) -> None:
        # Of this run: other tests render at the same time.
        busy = set(running("render.worker")) & set(running(str(tmp_path)))
        if not killed and standing.workers == 2 and busy:
            killed.append(parent_of(min(busy)))
            os.kill(killed[0], signal.SIGKILL)

    @contextmanager
    def machine() -> Iterator[str]:
        with clusters.machine(2) as address:
            yield address
            with Client(address, set_as_default=False) as client:
                loaded.extend(client.submit(heavy_modules).result())

    dask = DaskExecutor(machine, tmp_path / "pieces", 120.0, rules)
    outcome = render(work, dask, chunk_size=2, progress=sabotage)
    assert killed and loaded == [], "a dask worker was killed; none imports what renders"
    store(work.samples(outcome), tmp_path / "there", 4, {"set": "test"})
    work_here = RenderWork(specs, "raster", (), tmp_path / "pieces here")
    local = LocalExecutor(1, 120.0, max_lost=0, environment=worker_environment(1))
    outcome_here = render(work_here, local, chunk_size=4, progress=lambda standing: None)
    store(work_here.samples(outcome_here), tmp_path / "here", 4, {"set": "test"})
    written = {path.name: path.read_bytes() for path in (tmp_path / "there").iterdir()}
    assert written == {path.name: path.read_bytes() for path in (tmp_path / "here").iterdir()}


def heavy_modules() -> list[str]:
    """Returns which renderers a process has imported."""
    return sorted({"bpy", "moderngl", "OpenGL", "torch", "anny", "pyrender"} & set(sys.modules))


def parent_of(pid: int) -> int:
    return int(Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[1])
