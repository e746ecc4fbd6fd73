"""What a failed write means: what happened, how much room there is, what to do."""

import errno
import os
from pathlib import Path

import pytest

from faceset.storage import errno_of, explained, free_bytes, is_storage_error, readable


def _error(number: int) -> OSError:
    return OSError(number, os.strerror(number))


def test_a_full_disk_says_what_it_needs_and_what_is_free(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("faceset.storage.free_bytes", lambda path: 3_400_000)
    said = explained(_error(errno.ENOSPC), tmp_path / "a.h5", 2_500_000_000)
    assert said == (
        f"{tmp_path}/a.h5: the disk is full (it needs about 2.5 GB, 3.4 MB are free); make room or choose another "
        "folder, then run again: what was finished is kept"
    )


@pytest.mark.parametrize(
    ("number", "words"),
    [
        (errno.EDQUOT, "quota"),
        (errno.EROFS, "read-only file system"),
        (errno.EACCES, "permissions"),
        (errno.EFBIG, "ulimit -f"),
        (errno.EIO, "dmesg"),
        (errno.EMFILE, "ulimit -n"),
    ],
)
def test_every_fault_of_a_disk_has_its_advice(number: int, words: str) -> None:
    assert words in explained(_error(number), Path("a.h5"))
    assert is_storage_error(_error(number))


def test_what_hdf5_hides_in_its_text_is_found() -> None:
    error = RuntimeError("Can't flush (file write failed: errno = 28, error message = 'No space left on device')")
    assert errno_of(error) == errno.ENOSPC
    assert "the disk is full" in explained(error, Path("a.h5"))
    assert not is_storage_error(RuntimeError("something else"))
    assert not is_storage_error(FileNotFoundError(2, "No such file"))


def test_room_is_that_of_the_folder_that_exists(tmp_path: Path) -> None:
    assert free_bytes(tmp_path / "not" / "there" / "yet") == free_bytes(tmp_path)


@pytest.mark.parametrize(
    ("size", "text"), [(3_200, "3.2 kB"), (41_000_000, "41 MB"), (1_230_000_000, "1.2 GB"), (0, "0.0 kB")]
)
def test_sizes_as_a_person_reads_them(size: int, text: str) -> None:
    assert readable(size) == text
