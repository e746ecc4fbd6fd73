"""Files that appear whole or not at all: temporary file, fsync, rename, fsync of the folder."""

import errno
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

SUFFIX = ".tmp"
"""Ends the name of every unfinished file; such names also begin with a dot."""

MANY = 256
"""Files of one output, beyond which all are flushed at once."""

_NO_FOLDER_SYNC = frozenset({errno.EINVAL, errno.ENOTSUP, errno.EOPNOTSUPP, errno.ENOSYS, errno.EBADF})
"""How file systems say that they cannot fsync a folder: there the rename is as safe as that system makes it."""


@contextmanager
def unfinished(path: Path) -> Iterator[Path]:
    """Yields a temporary path in the folder of ``path``, which is gone when the block ends, however it ends.

    A killed process leaves a hidden ``.tmp`` file behind (see ``remove_leftovers``). The name is like no other on any
    machine that shares the folder.

    Raises:
        OSError: the folder cannot be made.
    """
    make_folder(path.parent)
    temporary = path.with_name(f".{path.name}.{os.getpid()}-{secrets.token_hex(4)}{SUFFIX}")
    try:
        yield temporary
    finally:
        # What keeps it from being removed must not hide what went wrong before.
        with suppress(OSError):
            temporary.unlink(missing_ok=True)


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """Yields a temporary path in the folder of ``path``; on success its file takes the place of ``path``.

    On any error, KeyboardInterrupt included, the temporary file is removed and ``path`` stays as it was.

    Raises:
        OSError: the disk is full, or the folder cannot be written.
    """
    with unfinished(path) as temporary:
        yield temporary
        fsync_file(temporary)
        temporary.replace(path)
        fsync_folder(path.parent)


def write_bytes(path: Path, content: bytes) -> None:
    """Writes a file so that it holds all of ``content`` or what it held before."""
    with replacing(path) as temporary:
        temporary.write_bytes(content)


def make_folder(folder: Path) -> None:
    """Makes a folder and those above it, so that they outlive a power cut; those that exist are left alone."""
    if folder.is_dir():
        return
    make_folder(folder.parent)
    folder.mkdir(exist_ok=True)
    fsync_folder(folder.parent)


def remove_leftovers(folder: Path, name: str = "") -> list[Path]:
    """Removes the temporary files of killed writers and returns their paths; call it while nobody writes.

    Args:
        folder: where they wrote.
        name: of the file that they wrote; "" for any.
    """
    leftovers = sorted(path for path in folder.glob(f".*{SUFFIX}") if path.name.startswith(f".{name}"))
    for leftover in leftovers:
        leftover.unlink(missing_ok=True)
    return leftovers


def fsync_file(path: Path) -> None:
    """Waits until the file's bytes are on the disk."""
    with path.open("rb") as file:
        os.fsync(file.fileno())


def fsync_folder(folder: Path) -> None:
    """Waits until the folder's entries are on the disk, so that a rename survives a power cut."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    except OSError as error:
        if error.errno not in _NO_FOLDER_SYNC:
            raise
    finally:
        os.close(descriptor)


def fsync_tree(path: Path) -> None:
    """Waits until a file, or a folder with all it holds, is on the disk.

    Many files are flushed with everything else that waits: one by one they would take milliseconds each.
    """
    entries = [path, *path.rglob("*")] if path.is_dir() and not path.is_symlink() else [path]
    files = [entry for entry in entries if entry.is_file() and not entry.is_symlink()]
    if len(files) > MANY:
        os.sync()
        return
    for file in files:
        fsync_file(file)
    for folder in entries:
        if folder.is_dir() and not folder.is_symlink():
            fsync_folder(folder)
