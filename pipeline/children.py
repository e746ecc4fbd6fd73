"""Child processes that never outlive their parent's wish: a deadline, a tail of what they said, one kill for all."""

import os
import signal
import subprocess
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

TAIL_CHARACTERS = 2000
"""How much of a child's error output is kept for the message."""

PARENT = "FACSMITH_PARENT"
"""Variable by which children know this process: when it is killed it cannot end them, so they look for it."""


@dataclass(frozen=True)
class Exit:
    """How a child process ended.

    Attributes:
        code: the exit code; negative: the number of the signal that killed it.
        late: True where it was killed because its deadline had passed.
        said: the last lines of its error output.
        lost: True where nobody knows, because the machine it ran on is no more.
    """

    code: int
    late: bool
    said: str
    lost: bool = False

    @property
    def reason(self) -> str:
        """Why the child failed, in one line."""
        if self.late:
            return "passed its deadline"
        if self.lost:
            return "its node or dask worker was lost"
        last = self.said.strip().splitlines()[-1:] or ["said nothing"]
        return f"exit code {self.code}: {last[0]}"


class Children:
    """The running children of this process; any thread may start one, any thread may end them all."""

    def __init__(self, environment: Mapping[str, str] | None = None) -> None:
        """Takes the variables that children see beside those of this process."""
        self._environment = {**os.environ, **(environment or {}), PARENT: str(os.getpid())}
        self._lock = threading.Lock()
        self._running: set[subprocess.Popen[str]] = set()
        self._ended = threading.Event()

    def run(self, command: Sequence[str], deadline_s: float, folder: str | None = None) -> Exit:
        """Runs a command in a folder (this process's) to its end or its deadline and returns how it ended."""
        process = self._start(command, folder)
        if process is None:
            return Exit(-signal.SIGKILL, late=False, said="not started: the run was stopped")
        late = False
        try:
            _, said = process.communicate(timeout=deadline_s)
        except subprocess.TimeoutExpired:
            late = True
            _kill(process)
            _, said = process.communicate()
        finally:
            with self._lock:
                self._running.discard(process)
        return Exit(process.returncode, late, said[-TAIL_CHARACTERS:])

    def wait(self, seconds: float) -> bool:
        """Sleeps, but not beyond the end of all children; returns True where they were ended meanwhile."""
        return self._ended.wait(seconds)

    @property
    def ended(self) -> bool:
        """True once ``end`` was called."""
        return self._ended.is_set()

    def end(self) -> None:
        """Kills every running child with all it started, and starts no more."""
        with self._lock:
            self._ended.set()
            for process in self._running:
                _kill(process)

    def _start(self, command: Sequence[str], folder: str | None) -> subprocess.Popen[str] | None:
        with self._lock:
            if self._ended.is_set():
                return None
            process = subprocess.Popen(
                command,
                cwd=folder,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.PIPE,
                text=True,
                errors="replace",
                env=self._environment,
                process_group=0,
            )
            self._running.add(process)
            return process


def _kill(process: subprocess.Popen[str]) -> None:
    """Kills a child's process group; it leads its own group, so that what it started dies with it."""
    if process.poll() is None:
        os.killpg(process.pid, signal.SIGKILL)


def worker_environment(workers: int, cores: int | None = None) -> tuple[tuple[str, str], ...]:
    """Returns the variables that keep ``workers`` processes from fighting over the cores.

    OpenBLAS takes one thread wherever it runs: its sums depend on how many share them, in their last bit, and the
    bytes of a label are to be the same on every node.
    """
    threads = str(max(1, (cores or os.cpu_count() or 1) // workers))
    shared = tuple((name, threads) for name in ("OMP_NUM_THREADS", "LP_NUM_THREADS"))
    return (*shared, ("OPENBLAS_NUM_THREADS", "1"), ("MKL_NUM_THREADS", "1"))
