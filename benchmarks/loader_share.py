"""What loading costs a training step: GANimation on shards, the time it waits for a batch over the time of a step.

    python -m benchmarks.loader_share [--cycles 1] [--size 128] [--presets small paper] [--device cuda] [--memory host]

Real training (``gan.loop``) on 2,000 written faces with twins, in the page cache; whole cycles of critic and generator
steps, without the first step, which has nothing to hide its batch behind. "ahead" is the share of a step in which
training waits for a batch that a thread began ahead, its conversion to floats included; "asked" is what making each
batch when it is asked for would take of the same steps. The last line is ``ratio <number>``: of the preset that
loading costs the most, the share without the thread over the share with it (higher is better).
"""

import argparse
import contextlib
import tempfile
import time
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, ClassVar, get_args
from unittest import mock

import numpy as np
import torch

from faceset.loading import ShardSet
from faceset.sample import Sample
from faceset.shards import write_shard
from facs.action_units import OPENFACE17
from gan import loop
from gan.batch import Batches
from gan.loader import Loader
from gan.pixels import Memory
from ganimation.config import PAPER, SMALL, GanimationConfig
from ganimation.method import Ganimation

PRESETS: Mapping[str, GanimationConfig] = {"small": SMALL, "paper": PAPER}
NUM_FACES, SHARD_SIZE = 2000, 500
DIRECT = 20
"""Batches that are made without a thread."""


@dataclass(frozen=True)
class Cost:
    """What a preset's mean step spends, seconds.

    Attributes:
        step: in all, with the thread.
        waiting: for its batch.
        making: what the batch takes when it is made in place.
    """

    step: float
    waiting: float
    making: float

    @property
    def ahead(self) -> float:
        """Share of loading with the thread."""
        return self.waiting / self.step

    @property
    def asked(self) -> float:
        """Share of loading without it."""
        return self.making / (self.step - self.waiting + self.making)


class TimedLoader(Loader[Any]):
    """Notes when each batch was asked for and when it came."""

    times: ClassVar[list[tuple[float, float]]] = []

    def __next__(self) -> Any:
        """Returns the next batch."""
        asked = time.perf_counter()
        batch = super().__next__()
        self.times.append((asked, time.perf_counter()))
        return batch


class EnoughError(Exception):
    """Ends a training that is not meant to be finished."""


def cost(config: GanimationConfig, faces: ShardSet, cycles: int, device: str, memory: Memory) -> Cost:
    """Trains whole cycles and returns what a step spent."""
    steps = cycles * config.generator_every
    batches = Batches(faces, config.batches(), device, memory=memory)
    TimedLoader.times.clear()

    def progress(done: int, *_: object) -> None:
        # One more at either end: the first has no thread ahead of it, the last one's end is not seen.
        if done == steps + 2:
            raise EnoughError

    with (
        tempfile.TemporaryDirectory() as folder,
        mock.patch.object(loop, "Loader", TimedLoader),
        contextlib.suppress(EnoughError),
    ):
        loop.run(Ganimation(config, device), batches, loop.LoopConfig(config.schedule), Path(folder), progress)
    inside = TimedLoader.times[1 : steps + 1]
    waited = sum(came - asked for asked, came in inside)
    began = time.perf_counter()
    for step in range(DIRECT):
        float(batches(step).mix.sum())  # a GPU is waited for
    making = (time.perf_counter() - began) / DIRECT
    return Cost((TimedLoader.times[steps + 1][0] - inside[0][0]) / steps, waited / steps, making)


def write_faces(folder: Path, size: int) -> ShardSet:
    """Returns written faces of noise in pairs of twins."""
    rng = np.random.default_rng(0)
    for start in range(0, NUM_FACES, SHARD_SIZE):
        samples = [_sample(rng, row, size) for row in range(start, start + SHARD_SIZE)]
        write_shard(folder / f"{start:06d}.h5", samples, au_codes=OPENFACE17)
    faces = ShardSet.from_folder(folder)
    faces.images(np.arange(len(faces)))
    return faces


def main() -> None:
    """Prints the shares and the ratio."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cycles", type=int, default=1, help="of critic steps and one generator step, per preset")
    parser.add_argument("--size", type=int, default=128)
    parser.add_argument("--presets", nargs="+", choices=PRESETS, default=list(PRESETS))
    parser.add_argument("--device", default="cpu")
    parser.add_argument(
        "--memory", choices=get_args(Memory), default="auto", help="where images are kept, see gan.pixels"
    )
    arguments = parser.parse_args()
    print(
        f"GANimation at {arguments.size}x{arguments.size} on {arguments.device}, images: {arguments.memory}, "
        f"{torch.get_num_threads()} threads of torch\n"
    )
    print(
        f"{'preset':8} {'batch':>5} {'step, ms':>10} {'waiting, ms':>12} {'making, ms':>11} {'ahead':>9} {'asked':>9}"
    )
    costs = []
    with tempfile.TemporaryDirectory() as folder:
        faces = write_faces(Path(folder), arguments.size)
        for name in arguments.presets:
            config = replace(PRESETS[name], image_size=arguments.size, twin_fraction=0.5)
            found = cost(config, faces, arguments.cycles, arguments.device, arguments.memory)
            milliseconds = "".join(f"{1000 * each:13.2f}" for each in (found.step, found.waiting, found.making))
            print(f"{name:8} {config.batch_size:5}{milliseconds}{found.ahead:13.3%}{found.asked:13.3%}", flush=True)
            costs.append(found)
    worst = max(costs, key=lambda each: each.ahead)
    print(f"\nratio {worst.asked / worst.ahead:.2f}")


def _sample(rng: np.random.Generator, row: int, size: int) -> Sample:
    au = rng.random(len(OPENFACE17), dtype=np.float32)
    arrays = {"au": au, "au_left": au, "au_right": au, "au_known": np.ones(len(au), np.uint8)}
    texts = {"identity": f"person {row // 2}", "sample_key": f"face {row}", "source": "made"}
    twin_of = f"face {row - 1}" if row % 2 else ""
    return Sample(
        {"image": rng.integers(0, 256, (size, size, 3), dtype=np.uint8), **arrays, **texts, "twin_of": twin_of}
    )


if __name__ == "__main__":
    main()
