"""How long a person waits for ``facsmith --help``, whole process, beside ``dvc --help``; at most 0.3 s is promised.

Median of alternating runs. The last line is the peer's time over ours: higher is better.
"""

import statistics
import subprocess
import sys
import time
from pathlib import Path

RUNS = 11
PROMISE_S = 0.3


def seconds(command: list[str]) -> float:
    """Returns the wall time of one run."""
    began = time.perf_counter()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    return time.perf_counter() - began


def main() -> None:
    """Measures both and prints what was found."""
    folder = Path(sys.executable).parent
    commands = {name: [str(folder / name), "--help"] for name in ("facsmith", "dvc")}
    times: dict[str, list[float]] = {name: [] for name in commands}
    for _ in range(RUNS):
        for name, command in commands.items():
            times[name].append(seconds(command))
    medians = {name: statistics.median(values) for name, values in times.items()}
    for name, median in medians.items():
        print(f"{name} --help: {median:.3f} s (median of {RUNS}, fastest {min(times[name]):.3f} s)")
    kept = "kept" if medians["facsmith"] <= PROMISE_S else "broken"
    print(f"promise of {PROMISE_S} s: {kept}")
    print(f"ratio {medians['dvc'] / medians['facsmith']:.3f}")


if __name__ == "__main__":
    main()
