"""Files that appear whole or not at all: temporary file, fsync, rename, fsync of the folder."""

import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

SUFFIX = ".tmp"
"""Ends the name of every unfinished file; such names also begin with a dot."""


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """Yields a temporary path in the folder of ``path``; on success its file takes the place of ``path``.

    On any error, KeyboardInterrupt included, the temporary file is removed and ``path`` stays as it was. A killed
    process leaves a hidden ``.tmp`` file behind (see ``remove_leftovers``).

    Raises:
        OSError: the disk is full, or the folder cannot be written.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.{os.getpid()}-{secrets.token_hex(4)}{SUFFIX}")
    try:
        yield temporary
        fsync_file(temporary)
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)
    fsync_folder(path.parent)


def write_bytes(path: Path, content: bytes) -> None:
    """Writes a file so that it holds all of ``content`` or what it held before."""
    with replacing(path) as temporary:
        temporary.write_bytes(content)


def remove_leftovers(folder: Path) -> list[Path]:
    """Removes the temporary files of killed writers and returns their paths; call it while nobody writes."""
    leftovers = sorted(folder.glob(f".*{SUFFIX}"))
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
    finally:
        os.close(descriptor)
