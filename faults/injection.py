"""A fault at the k-th call to the file system: this process is killed there, or told that the disk is full.

Python announces opening for writing, making, renaming and removing to audit hooks, and an exception there is the
call's failure; ``os.fsync`` is wrapped. What C libraries write by themselves is not seen here: for that the campaign
uses limits of the file size and a small file system.
"""

import errno
import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

_CHANGES = frozenset({"os.mkdir", "os.rename", "os.remove", "os.rmdir", "os.truncate", "os.link", "os.symlink"})
_WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND


def kill() -> None:
    """Ends this process as the kernel would."""
    os.kill(os.getpid(), signal.SIGKILL)


def disk_full() -> None:
    """Fails as on a full disk."""
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def read_only() -> None:
    """Fails as on a read-only file system."""
    raise OSError(errno.EROFS, os.strerror(errno.EROFS))


class Injection:
    """Counts the calls that change a folder, and strikes at some of them. For a child process: it cannot be undone.

    Args:
        folder: calls that name a path elsewhere are not counted.
        strike: what happens.
        first: number of the first call at which it happens, from 1.
        last: number of the last such call.
        spare: calls of these names are never struck: a full disk lets files be removed.
    """

    def __init__(
        self, folder: Path, strike: Callable[[], None], first: int, last: int, spare: frozenset[str] = frozenset()
    ) -> None:
        self._folder, self._strike, self._range, self._spare = str(folder), strike, range(first, last + 1), spare
        self.calls = 0
        fsync = os.fsync

        def counted(descriptor: Any) -> None:
            self._call("os.fsync")
            fsync(descriptor)

        os.fsync = counted  # type: ignore[assignment]
        sys.addaudithook(self._hear)

    def _hear(self, event: str, arguments: tuple[Any, ...]) -> None:
        changes = event in _CHANGES or (event == "open" and isinstance(arguments[2], int) and arguments[2] & _WRITING)
        if changes and self._inside(arguments[0]):
            self._call(event)

    def _inside(self, path: object) -> bool:
        return isinstance(path, str | os.PathLike) and os.path.abspath(os.fspath(path)).startswith(self._folder)  # noqa: PTH100

    def _call(self, name: str) -> None:
        if name in self._spare:
            return
        self.calls += 1
        if self.calls in self._range:
            self._strike()


REMOVALS = frozenset({"os.remove", "os.rmdir"})
