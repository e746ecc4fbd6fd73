"""A clock that jumps: the times of files, and what a process takes for the time of day."""

import os
import random
import time
from collections.abc import Callable
from pathlib import Path

YEAR_S = 365.25 * 86400
LATEST_NS = int(130 * YEAR_S) * 10**9
"""The year 2100, in nanoseconds since 1970."""


def jump(folder: Path, chance: random.Random) -> None:
    """Gives every file and folder below a folder a time of its own between 1970 and 2100."""
    for path in sorted(folder.rglob("*")):
        moment = chance.randrange(LATEST_NS)
        os.utime(path, ns=(moment, moment), follow_symlinks=False)


def with_wild_clock(action: Callable[[], int], chance: random.Random) -> Callable[[], int]:
    """Returns the action under a clock that is decades off, and elsewhere each time it is asked."""

    def run() -> int:
        now = time.time
        time.time = lambda: now() + chance.uniform(-40, 75) * YEAR_S
        time.time_ns = lambda: int(time.time() * 1e9)
        return action()

    return run
