"""Folders of unfinished work, which outlive the run that made them and are taken up by the next one."""

import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from faceset.atomic import make_folder, remove_leftovers
from faceset.errors import ShardError
from faceset.locking import held
from faceset.manifest import MANIFEST, read_manifest
from pipeline.files import remove
from pipeline.progress import say


@contextmanager
def scratch(folder: Path, notice: Callable[[str], None] = say) -> Iterator[Path]:
    """Yields a folder for unfinished work, held against other runs; it is removed when the block ends without an error.

    What killed writers left there is removed first. A damaged manifest is, too: what it listed is made again.

    Raises:
        BusyError: another run is doing this work.
        OSError: the disk is full, or the folder cannot be written.
    """
    with held(folder):
        make_folder(folder)
        _tidy(folder, notice)
        yield folder
        remove(folder)


def _tidy(folder: Path, notice: Callable[[str], None]) -> None:
    for gone in folder.parent.glob(".*.gone"):
        shutil.rmtree(gone, ignore_errors=True)
    for each in (folder, *(path for path in folder.iterdir() if path.is_dir())):
        remove_leftovers(each)
        try:
            read_manifest(each)
        except ShardError as error:
            notice(f"facsmith: {error} (what it listed is made again)")
            (each / MANIFEST).unlink()
