"""Outputs that appear whole or not at all."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


def remove(path: Path) -> None:
    """Removes a file or a folder with all it holds; an absent path is fine."""
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


def _replace(source: Path, target: Path) -> None:
    if target.is_dir():
        shutil.rmtree(target)
    source.replace(target)


@contextmanager
def whole(path: Path) -> Iterator[Path]:
    """Yields a path beside ``path`` to write to; it becomes ``path`` when the block ends without an error.

    The block may create a file or a folder there. What a killed run left behind is removed first, what a failing
    block wrote is removed at once, and then the former ``path`` is left as it was.
    """
    part = path.with_name(f".{path.name}.part")
    path.parent.mkdir(parents=True, exist_ok=True)
    remove(part)
    try:
        yield part
        _replace(part, path)
    finally:
        remove(part)


@contextmanager
def whole_folder(path: Path) -> Iterator[Path]:
    """Yields an empty folder beside ``path``; it becomes ``path`` when the block ends without an error."""
    with whole(path) as part:
        part.mkdir()
        yield part
