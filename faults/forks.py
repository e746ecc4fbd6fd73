"""Work in a forked child: it may be killed, hang or crash, and this process sees how it ended.

A fork has everything imported already, so that a kill strikes work and not the reading of libraries.
"""

import faulthandler
import os
import signal
import sys
import tempfile
import time
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

HUNG = -999
"""Exit code of a child that passed its deadline."""


@dataclass(frozen=True)
class Ended:
    """How a child ended.

    Attributes:
        code: what the action returned; negative: the number of the signal that killed it; ``HUNG``.
        said: what it wrote to stdout and stderr.
    """

    code: int
    said: str


@dataclass
class Child:
    """A forked child.

    Attributes:
        pid: its process.
        output: file with what it says.
    """

    pid: int
    output: Path
    _code: int | None = None

    def ended(self) -> bool:
        """Returns True once it has ended."""
        if self._code is None:
            pid, status = os.waitpid(self.pid, os.WNOHANG)
            self._code = os.waitstatus_to_exitcode(status) if pid else None
        return self._code is not None

    def wait(self, seconds: float) -> bool:
        """Waits at most so long; returns True where it has ended."""
        until = time.monotonic() + seconds
        while not self.ended():
            if time.monotonic() >= until:
                return False
            time.sleep(0.001)
        return True

    def kill(self) -> None:
        """Kills it, and nothing that it started."""
        if not self.ended():
            os.kill(self.pid, signal.SIGKILL)

    def finish(self, deadline_s: float) -> Ended:
        """Waits for its end, kills it where that takes too long, and returns how it ended."""
        hung = not self.wait(deadline_s)
        if hung:
            self.kill()
            self.wait(60.0)
        said = self.output.read_text(encoding="utf-8", errors="replace")
        self.output.unlink(missing_ok=True)
        return Ended(HUNG if hung or self._code is None else self._code, said)

    def workers(self) -> list[int]:
        """Returns the processes that it has started."""
        return [int(path.name) for path in Path("/proc").glob("[0-9]*") if _parent(path) == self.pid]


def start(action: Callable[[], int]) -> Child:
    """Starts ``action`` in a child; what it returns becomes the exit code, an exception 70 with its traceback."""
    handle, name = tempfile.mkstemp(prefix="facsmith-faults-")
    sys.stdout.flush()
    sys.stderr.flush()
    pid = os.fork()
    if pid:
        os.close(handle)
        return Child(pid, Path(name))
    code = 70
    faulthandler.disable()
    try:
        os.dup2(handle, 1)
        os.dup2(handle, 2)
        sys.stdout = sys.stderr = os.fdopen(handle, "w", buffering=1, encoding="utf-8", errors="replace")
        code = action()
    except SystemExit as error:
        code = error.code if isinstance(error.code, int) else 1
    except BaseException:
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        os._exit(code)


def in_child(action: Callable[[], int], deadline_s: float = 120.0) -> Ended:
    """Runs ``action`` in a child to its end and returns how it ended."""
    return start(action).finish(deadline_s)


def _parent(process: Path) -> int:
    try:
        return int((process / "stat").read_text().rpartition(")")[2].split()[1])
    except (OSError, IndexError, ValueError):
        return -1
