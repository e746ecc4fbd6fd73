"""Locks that end with their holder, so that a killed run blocks nobody.

They are the kernel's (``flock``); over NFS and other network file systems that know locks, they hold between machines.
Where a file system knows none (Lustre mounted without ``flock``), work goes on unlocked.
"""

import errno
import fcntl
import os
import socket
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO

from faceset.atomic import make_folder
from faceset.errors import BusyError

PATIENCE_S = 60.0
"""How long a writer waits for another one to end a step that takes milliseconds."""

_POLL_S = 0.005
_UNKNOWN = frozenset({errno.ENOLCK, errno.ENOTSUP, errno.EOPNOTSUPP, errno.ENOSYS, errno.EINVAL})
_TAKEN = frozenset({errno.EAGAIN, errno.EACCES})


@contextmanager
def held(path: Path) -> Iterator[None]:
    """Holds a file or folder, which may be absent, against other runs; the lock lies beside it: ``.<name>.lock``.

    Raises:
        BusyError: another run holds it; the message says who.
        OSError: the lock cannot be made.
    """
    lock = path.with_name(f".{path.name}.lock")
    make_folder(path.parent)
    file = _open_locked(lock)
    if file is None:
        raise BusyError(_busy(path, lock))
    try:
        _sign(file)
        yield
    finally:
        # Removed while it is held: who waits for the removed file notices that it is no longer this one.
        with suppress(OSError):
            lock.unlink(missing_ok=True)
        file.close()


@contextmanager
def exclusive(path: Path) -> Iterator[None]:
    """Holds a file that its writers replace, which may be absent, against them, and waits for them in turn.

    Raises:
        BusyError: somebody has held it for a minute.
        OSError: the file cannot be made.
    """
    until = time.monotonic() + PATIENCE_S
    while (file := _open_locked(path)) is None:
        if time.monotonic() > until:
            raise BusyError(f"{path}: another process has held it for {PATIENCE_S:.0f} s; `lslocks` shows which")
        time.sleep(_POLL_S)
    try:
        yield
    finally:
        file.close()


def _open_locked(path: Path) -> IO[bytes] | None:
    """Returns the file with its lock, None where somebody else has it."""
    while True:
        file = path.open("ab")
        try:
            if not _locked(file):
                file.close()
                return None
        except OSError:
            file.close()
            raise
        # It may have been replaced or removed meanwhile: then our lock is on the old one and excludes nobody.
        if _same_file(os.fstat(file.fileno()), path):
            return file
        file.close()


def _locked(file: IO[bytes]) -> bool:
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        if error.errno in _TAKEN:
            return False
        if error.errno not in _UNKNOWN:
            raise
    return True


def _same_file(found: os.stat_result, path: Path) -> bool:
    try:
        return os.path.samestat(found, path.stat())
    except FileNotFoundError:
        return False


def _sign(file: IO[bytes]) -> None:
    """Writes who holds the lock, for a person; the lock does not depend on it, so a full disk does not matter."""
    command = " ".join(sys.argv)[:200]
    with suppress(OSError):
        file.truncate(0)
        file.write(f"process {os.getpid()} on {socket.gethostname()} ({command})".encode("utf-8", "replace"))
        file.flush()


def _busy(path: Path, lock: Path) -> str:
    try:
        holder = lock.read_text(encoding="utf-8", errors="replace").strip()
    except OSError:
        holder = ""
    return (
        f"{path}: another run is using it: {holder or 'a process that has just begun'}; wait until it has ended, or "
        "end it, and run again: nothing was changed"
    )
