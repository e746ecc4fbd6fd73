"""How much memory this process holds."""

import os
import resource
import sys
from pathlib import Path

STATM = Path("/proc/self/statm")
KIB_PER_MAXRSS = 1 / 1024 if sys.platform == "darwin" else 1
"""macOS counts the peak in bytes, Linux in KiB."""


def resident_mb() -> float:
    """Returns the resident memory of this process in MiB; its peak where the system does not tell more."""
    if STATM.exists():
        pages = int(STATM.read_text(encoding="ascii").split()[1])
        return pages * os.sysconf("SC_PAGE_SIZE") / 2**20
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * KIB_PER_MAXRSS / 1024
