"""Looking ahead: a contact sheet of what the params would draw, and how long drawing all of it would take."""

import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image

from faceset.channels import CHANNELS
from faceset.spec import SampleSpec
from facs.action_units import CODES
from pipeline.children import worker_environment
from pipeline.executor import LocalExecutor
from pipeline.files import whole
from pipeline.params import FaceSet, Params
from pipeline.progress import say, standing_on, track
from pipeline.rendering import (
    RenderWork,
    backend_options,
    chunk_size_for,
    render,
    workers_for,
)
from pipeline.sample_specs import sampling_config
from render.contact_sheet import contact_sheet, label_pictures
from render.labels import LABELS_ON_REQUEST
from render.sampling import sample_specs

SHEET_WIDTH = 1024
"""Pixels; more faces make more rows."""
WARM_UP, MEASURED = 1, 64


def face_sets(params: Params) -> dict[str, FaceSet]:
    """Returns the sets that params.yaml asks to render, test pairs apart."""
    return {"synthetic": params.synthetic, "emulated": params.emulated, "judge": params.judge}


def save_sheet(params: Params, name: str, count: int, path: Path, labels: bool = False) -> None:
    """Renders the first ``count`` faces of a set and writes them as one image.

    Args:
        params: the parameters.
        name: of the set.
        count: how many faces.
        path: of the image.
        labels: give each face a row with pictures of its labels beside it.
    """
    entry = face_sets(params)[name]
    specs = _specs(params, entry, name, count)
    with tempfile.TemporaryDirectory() as folder:
        work = _work(params, entry, specs, tuple(LABELS_ON_REQUEST) if labels else (), Path(folder))
        workers = workers_for(params, entry.backend)
        executor = LocalExecutor(workers, params.render.deadline_s, 0, environment=worker_environment(workers))
        with track(f"render {name}", len(specs)) as progress:
            outcome = render(work, executor, -(-len(specs) // workers), standing_on(progress))
        rows = [label_pictures(face) if labels else [np.asarray(face["image"])] for face in work.samples(outcome)]
    columns = len(rows[0]) if labels else min(len(rows), max(1, SHEET_WIDTH // params.image.size))
    sheet = contact_sheet([picture for row in rows for picture in row], columns)
    with whole(path) as part:
        Image.fromarray(sheet).save(part, "PNG")


@dataclass(frozen=True)
class Estimate:
    """What rendering a set will take.

    Attributes:
        name: of the set.
        samples: faces, twins included.
        per_second: faces per second by all workers, once they have started.
        start_s: seconds that a worker takes to start.
        gigabytes: size of the shards, 10^9 bytes.
        seconds: in all.
    """

    name: str
    samples: int
    per_second: float
    start_s: float
    gigabytes: float
    seconds: float


def estimates(params: Params) -> Iterator[Estimate]:
    """Yields the estimate of each set, measured by rendering a few faces of it on this machine."""
    for name, entry in face_sets(params).items():
        say(f"facsmith: estimate: measuring {name}")
        yield _estimated(params, name, entry)


def _estimated(params: Params, name: str, entry: FaceSet) -> Estimate:
    workers = workers_for(params, entry.backend)
    specs = _specs(params, entry, name, MEASURED * workers)
    start = _timed(params, entry, specs[:WARM_UP], 1)
    busy = max(_timed(params, entry, specs, workers) - start, 1e-3)
    rate = len(specs) / busy
    samples = entry.count * (1 + entry.twins_per_sample)
    rounds = -(-samples // (chunk_size_for(params, entry.backend) * workers))
    size = samples * sample_bytes(params.image.size, params.render.extra_labels) / 1e9
    return Estimate(name, samples, rate, start, size, samples / rate + rounds * start)


def sample_bytes(size: int, extra_labels: Sequence[str]) -> int:
    """Returns how many bytes a shard needs for one face: its image, its labels and the larger labels asked for."""
    bounds = {"H": size, "W": size, "K": len(CODES)}
    stored = [CHANNELS[name] for name in CHANNELS if name in extra_labels or name not in LABELS_ON_REQUEST]
    return sum(
        int(np.prod(channel.bound(bounds), dtype=np.int64)) * np.dtype(channel.dtype).itemsize for channel in stored
    )


def _timed(params: Params, entry: FaceSet, specs: Sequence[SampleSpec], workers: int) -> float:
    executor = LocalExecutor(workers, params.render.deadline_s, max_lost=0, environment=worker_environment(workers))
    with tempfile.TemporaryDirectory() as folder:
        work = _work(params, entry, specs, params.render.extra_labels, Path(folder))
        began = time.perf_counter()
        render(work, executor, -(-len(specs) // workers), lambda done: None)
        return time.perf_counter() - began


def _specs(params: Params, entry: FaceSet, name: str, count: int) -> list[SampleSpec]:
    config = sampling_config(entry, params.action_units, params.image.size, params.paths.natural)
    return sample_specs(config, params.seed, min(count, entry.count), name)[:count]


def _work(
    params: Params, entry: FaceSet, specs: Sequence[SampleSpec], channels: tuple[str, ...], folder: Path
) -> RenderWork:
    options = backend_options(params, entry.backend)
    return RenderWork(specs, entry.backend, channels, folder, options, params.render.max_memory_mb)
