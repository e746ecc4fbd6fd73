"""Looking ahead: a contact sheet of what the params would draw."""

import tempfile
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from PIL import Image

from faceset.spec import SampleSpec
from pipeline.children import worker_environment
from pipeline.executor import LocalExecutor
from pipeline.files import whole
from pipeline.params import FaceSet, Params
from pipeline.progress import standing_on, track
from pipeline.rendering import (
    RenderWork,
    backend_options,
    render,
    workers_for,
)
from pipeline.sample_specs import sampling_config
from render.contact_sheet import contact_sheet, label_pictures
from render.labels import LABELS_ON_REQUEST
from render.sampling import sample_specs

SHEET_WIDTH = 1024
"""Pixels; more faces make more rows."""


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


def _specs(params: Params, entry: FaceSet, name: str, count: int) -> list[SampleSpec]:
    config = sampling_config(entry, params.action_units, params.image.size, params.paths.natural)
    return sample_specs(config, params.seed, min(count, entry.count), name)[:count]


def _work(
    params: Params, entry: FaceSet, specs: Sequence[SampleSpec], channels: tuple[str, ...], folder: Path
) -> RenderWork:
    options = backend_options(params, entry.backend)
    return RenderWork(specs, entry.backend, channels, folder, options, params.render.max_memory_mb)
