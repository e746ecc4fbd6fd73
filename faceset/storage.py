"""What a failed write means, in words: what happened, how much room there is, and what to do."""

import errno
import os
import re
import shutil
from pathlib import Path

FULL = frozenset({errno.ENOSPC, errno.EDQUOT})
_ADVICE = {
    errno.EROFS: "it lies on a read-only file system; choose another folder, or mount it for writing",
    errno.EACCES: "this user may not write there; choose another folder, or change its permissions",
    errno.EPERM: "this user may not write there; choose another folder, or change its permissions",
    errno.EFBIG: "the file is larger than allowed here; see `ulimit -f` and the limits of the file system",
    errno.EIO: "the disk reports errors; look at `dmesg`, and do not trust it with data",
    errno.ESTALE: "the network file system has lost it; mount it again",
    errno.EMFILE: "too many files are open; raise `ulimit -n`",
    errno.ENFILE: "too many files are open on this machine",
}
_HDF5_ERRNO = re.compile(r"errno = (\d+)")


def errno_of(error: BaseException) -> int | None:
    """Returns the system's error number, also where HDF5 hides it in its text; None where there is none."""
    if isinstance(error, OSError) and error.errno:
        return error.errno
    found = _HDF5_ERRNO.search(str(error))
    return int(found[1]) if found else None


def is_storage_error(error: BaseException) -> bool:
    """Returns True where the disk is at fault and not what was to be written."""
    return errno_of(error) in FULL | set(_ADVICE)


def explained(error: BaseException, path: Path, needed: int | None = None) -> str:
    """Returns one line for a person: what a failed write means and what to do.

    Args:
        error: what the system or HDF5 said.
        path: what was to be written.
        needed: bytes that it takes, where that is known.
    """
    number = errno_of(error)
    if number in FULL:
        return f"{path}: {_full(number, path, needed)}"
    advice = _ADVICE.get(number) if number is not None else None
    return f"{path}: could not be written: {_reason(error)}" + (f"; {advice}" if advice else "")


def readable(size: int) -> str:
    """Returns a number of bytes as a person reads it: "3.2 kB", "41 MB", "1.2 GB"."""
    unit, name = next(((unit, name) for unit, name in ((1e9, "GB"), (1e6, "MB")) if size >= unit), (1e3, "kB"))
    return f"{size / unit:.{0 if size >= 10 * unit else 1}f} {name}"


def free_bytes(path: Path) -> int | None:
    """Returns how much room this user has where ``path`` would lie; None where the system does not say."""
    home = next((folder for folder in (path, *path.absolute().parents) if folder.is_dir()), None)
    try:
        return shutil.disk_usage(home).free if home is not None else None
    except OSError:
        return None


def _full(number: int | None, path: Path, needed: int | None) -> str:
    what = "the quota is used up" if number == errno.EDQUOT else "the disk is full"
    free = free_bytes(path)
    numbers = [f"it needs about {readable(needed)}"] if needed else []
    numbers += [f"{readable(free)} are free"] if free is not None else []
    told = f" ({', '.join(numbers)})" if numbers else ""
    return f"{what}{told}; make room or choose another folder, then run again: what was finished is kept"


def _reason(error: BaseException) -> str:
    number = errno_of(error)
    return os.strerror(number) if number is not None else str(error) or type(error).__name__
