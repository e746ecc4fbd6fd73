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
    """

    code: int
    late: bool
    said: str

    @property
    def reason(self) -> str:
        """Why the child failed, in one line."""
        if self.late:
            return "passed its deadline"
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

    def run(self, command: Sequence[str], deadline_s: float) -> Exit:
        """Runs a command to its end or its deadline and returns how it ended."""
        process = self._start(command)
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

    def _start(self, command: Sequence[str]) -> subprocess.Popen[str] | None:
        with self._lock:
            if self._ended.is_set():
                return None
            process = subprocess.Popen(
                command,
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
