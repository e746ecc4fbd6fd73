"""Processor time of one demo training step of GANimation, bf16 beside fp32, on the machine's own cores.

Noise images, alternating runs, medians. The last line is the fp32 time over the bf16 time: higher is better.
"""

import statistics
import tempfile
import time
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import numpy as np
import torch

from faceset.faces import ArrayFaces
from gan.schedule import LinearDecay
from ganimation.config import DEMO
from ganimation.training import train

STEPS = 20
ROUNDS = 5


def faces(count: int = 64) -> ArrayFaces:
    """Returns noise with random labels."""
    rng = np.random.default_rng(0)
    size = DEMO.image_size
    au = rng.random((count, len(DEMO.condition))).astype(np.float32)
    labels = {"au": au, "au_left": au, "au_right": au, "au_known": np.ones(au.shape, np.uint8)}
    return ArrayFaces(rng.integers(0, 256, (count, size, size, 3), dtype=np.uint8), labels, DEMO.condition)


def seconds_per_step(precision: str, data: ArrayFaces) -> tuple[float, float]:
    """Returns (processor seconds, wall seconds) of one step that trains critic and generator."""
    config = replace(DEMO, precision=precision, reading_steps=0, schedule=LinearDecay(STEPS, 0))
    marks: list[tuple[float, float]] = []
    with tempfile.TemporaryDirectory() as folder:
        train(config, data, Path(folder), lambda *_: marks.append((time.process_time(), time.perf_counter())))
    # The first steps build kernels, the last writes the checkpoint after its mark.
    spans = [(after[0] - before[0], after[1] - before[1]) for before, after in pairwise(marks[3:])]
    cpu, wall = zip(*spans, strict=True)
    return statistics.median(cpu), statistics.median(wall)


def main() -> None:
    """Measures both and prints what was found."""
    data = faces()
    found: dict[str, list[tuple[float, float]]] = {"bf16": [], "fp32": []}
    for _ in range(ROUNDS):
        for precision, times in found.items():
            times.append(seconds_per_step(precision, data))
    medians = {name: statistics.median(cpu for cpu, _ in times) for name, times in found.items()}
    for name, times in found.items():
        wall = statistics.median(wall for _, wall in times)
        print(
            f"{name}: {1e3 * medians[name]:.0f} ms of processor time per step, {1e3 * wall:.0f} ms wall, "
            f"{torch.get_num_threads()} threads"
        )
    print(f"ratio {medians['fp32'] / medians['bf16']:.3f}")


if __name__ == "__main__":
    main()
