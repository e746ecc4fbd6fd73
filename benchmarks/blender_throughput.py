"""Seconds per image of the Blender backend at the default quality of params.yaml, and what other qualities cost.

    python benchmarks/blender_throughput.py [--count 24] [--size 128] [--quality]

The first rows are at the defaults: the picture alone, one process with all cores; and whole samples (assembly, picture,
every label that is always stored) by one process per core, each with one thread, as the pipeline runs them, once they
have started. With ``--quality`` further rows vary the light paths and the noise threshold and give the root mean square
difference, in levels of 255, from a picture of 512 undenoised paths. Faces are varied: expressions, directions,
environments, things in front of some.

For scale: BlenderProc gives "1-4 seconds per image; 50K images can be rendered on 5 GPU's overnight" for rigid objects
in a room (github.com/DLR-RM/BlenderProc, README_BlenderProc4BOP.md); it was not run here.
"""

import argparse
import os
import pickle
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from faceset.spec import SampleSpec
from facs import CODES
from pipeline.children import worker_environment
from pipeline.executor import LocalExecutor
from pipeline.params import PARAMS_FILE, load
from pipeline.rendering import RenderWork, backend_options, render
from render.assembly import assemble
from render.config import SamplingConfig
from render.face_model import face_model
from render.sampling import sample_specs
from render.scene import Scene

ROOT = Path(__file__).parents[1]
Options = dict[str, str | int | float]

QUALITIES: tuple[Options, ...] = (
    {"samples": 8, "noise": 0.0},
    {"samples": 16, "noise": 0.0},
    {"samples": 32, "noise": 0.0},
    {"samples": 16, "noise": 0.02},
    {"samples": 32, "noise": 0.05},
    {"samples": 64, "noise": 0.05},
)

# One picture before the clock starts: Blender loads its kernels and the denoiser its network.
SCRIPT = """
import pathlib, pickle, sys, time
import numpy as np
from render.backends.blender import BlenderBackend
folder = pathlib.Path(sys.argv[1])
scenes, options, denoised = pickle.loads((folder / "job.pkl").read_bytes())
backend = BlenderBackend(**options, denoised=denoised)
backend.render(scenes[0], ("colour",))
seconds, pictures = [], []
for scene in scenes:
    began = time.perf_counter()
    pictures.append(backend.render(scene, ("colour",))["colour"])
    seconds.append(time.perf_counter() - began)
backend.close()
np.savez(folder / "found.npz", seconds=seconds, pictures=pictures)
"""


def pictures(scenes: Sequence[Scene], options: Options, denoised: bool = True) -> tuple[float, Any]:
    """Returns the median seconds per picture in one process, and the pictures."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "job.pkl").write_bytes(pickle.dumps((list(scenes), options, denoised)))
        environment = {**os.environ, **dict(worker_environment(1))}
        subprocess.run([sys.executable, "-c", SCRIPT, name], check=True, cwd=ROOT, env=environment)
        found = dict(np.load(folder / "found.npz"))
    return float(np.median(found["seconds"])), found["pictures"].astype(float)


def whole_samples(specs: Sequence[SampleSpec], options: Options) -> float:
    """Returns the seconds per sample of one process per core, without the time in which they start."""
    workers = os.cpu_count() or 1
    few = _elapsed(specs[:workers], options, workers)
    return (_elapsed(specs, options, workers) - few) / (len(specs) - workers)


def _elapsed(specs: Sequence[SampleSpec], options: Options, workers: int) -> float:
    executor = LocalExecutor(workers, 600, max_lost=0, environment=worker_environment(workers))
    with tempfile.TemporaryDirectory() as folder:
        began = time.perf_counter()
        render(
            RenderWork(specs, "blender", (), Path(folder), options),
            executor,
            -(-len(specs) // workers),
            lambda done: None,
        )
        return time.perf_counter() - began


def drawn_specs(count: int, size: int) -> list[SampleSpec]:
    """Returns varied faces, two of each person."""
    config = SamplingConfig(CODES, -(-count // 2), size, max_yaw=0.6, occlusion=0.3, environments=0.5)
    return sample_specs(config, 5, count, "throughput")


def main() -> None:
    """Prints the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--count", type=int, default=24)
    parser.add_argument("--size", type=int, default=128)
    parser.add_argument(
        "--quality", action="store_true", help="also other qualities, and how far they are from 512 paths"
    )
    arguments = parser.parse_args()
    specs = drawn_specs(arguments.count, arguments.size)
    scenes = [assemble(spec, face_model(spec.face_model)) for spec in specs]
    usual = dict(backend_options(load(ROOT / PARAMS_FILE), "blender"))
    seconds, _ = pictures(scenes, usual)
    print(f"{len(specs)} faces at {arguments.size}x{arguments.size}, {os.cpu_count()} cores, {usual}")
    print(f"{seconds:6.3f} s  a picture, one process with all cores (median)")
    print(f"{whole_samples(specs, usual):6.3f} s  a whole sample, one process per core (mean)")
    if arguments.quality:
        print_qualities(scenes[:4])


def print_qualities(scenes: Sequence[Scene]) -> None:
    """Prints what qualities cost and how far they are from a converged picture."""
    _, truth = pictures(scenes, {"samples": 512}, denoised=False)
    for options in QUALITIES:
        seconds, found = pictures(scenes, options)
        print(f"{seconds:6.3f} s  {options}: {np.sqrt(((found - truth) ** 2).mean()):.2f} levels off")


if __name__ == "__main__":
    main()
