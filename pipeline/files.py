"""Outputs that appear whole or not at all."""

import hashlib
import json
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from faceset.atomic import fsync_folder, fsync_tree, make_folder
from faceset.locking import held

SEAL = "sha256"
"""The key under which a sealed text keeps its own digest."""


def sealed(content: Mapping[str, object]) -> str:
    """Returns plain values as JSON that a person may read, with the sha256 of the rest at its end."""
    return _text({**content, SEAL: _digest(content)})


def unsealed(text: str) -> dict[str, Any]:
    """Returns the values of a text that ``sealed`` wrote.

    Raises:
        ValueError: it is no such text, or not a byte of it may differ and one does.
    """
    try:
        content: dict[str, Any] = json.loads(text)
        seal = content.pop(SEAL)
    except (KeyError, TypeError, AttributeError, RecursionError) as error:
        raise ValueError(f"no {SEAL} at its end: {error!r}") from error
    if seal != _digest(content) or text != sealed(content):
        raise ValueError("it was altered since it was written")
    return content


def _text(content: Mapping[str, object]) -> str:
    return json.dumps(content, indent=1) + "\n"


def _digest(content: Mapping[str, object]) -> str:
    return hashlib.sha256(_text(content).encode()).hexdigest()


def remove(path: Path) -> None:
    """Removes a file or a folder with all it holds; an absent path is fine.

    A folder loses its name first, so that one that was half removed when this process was killed is not taken for a
    whole one.
    """
    if path.is_dir() and not path.is_symlink():
        gone = path.with_name(f".{path.name}.gone")
        _erase(gone)
        path.rename(gone)
        fsync_folder(path.parent)
        _erase(gone)
    else:
        path.unlink(missing_ok=True)


@contextmanager
def whole(path: Path) -> Iterator[Path]:
    """Yields a path beside ``path`` to write to; it becomes ``path`` when the block ends without an error.

    The block may create a file or a folder there. What a killed run left behind is removed first, what a failing
    block wrote is removed at once, and then the former ``path`` is left as it was. A power cut leaves the former or
    the new one, all of whose bytes are on the disk before it has its name.

    Raises:
        BusyError: another run is writing it.
        OSError: the disk is full, or the folder cannot be written.
    """
    part, former = (path.with_name(f".{path.name}.{end}") for end in ("part", "former"))
    make_folder(path.parent)
    with held(path):
        _restore(former, path)
        _erase(part)
        try:
            yield part
            fsync_tree(part)
            _replace(part, path, former)
        finally:
            with suppress(OSError):
                _erase(part)


@contextmanager
def whole_folder(path: Path) -> Iterator[Path]:
    """Yields an empty folder beside ``path``; it becomes ``path`` when the block ends without an error."""
    with whole(path) as part:
        part.mkdir()
        yield part


def _replace(part: Path, path: Path, former: Path) -> None:
    if path.is_dir():  # a folder cannot be renamed over another: the old one waits beside it
        path.rename(former)
    try:
        part.replace(path)
    except OSError:
        _restore(former, path)
        raise
    fsync_folder(path.parent)
    _erase(former)


def _restore(former: Path, path: Path) -> None:
    """Gives the former folder its name back where a run was killed between the two renames."""
    if former.is_dir() and not path.exists():
        former.rename(path)
    _erase(former)


def _erase(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)
