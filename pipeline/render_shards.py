"""Renders the specifications of one set into shards with exact labels."""

import json
import sys
from collections.abc import Iterable
from pathlib import Path

from faceset.spec import read_specs
from facs.partition import AU_GROUPS
from pipeline import stage
from pipeline.errors import StageError
from pipeline.executor import Executor
from pipeline.farm import executor_for, places_of
from pipeline.files import whole_folder
from pipeline.params import Params
from pipeline.progress import say, standing_on, track
from pipeline.rendering import (
    OPTIONS,
    SPECS_DIGEST,
    RenderWork,
    backend_options,
    chunk_size_for,
    even_chunk_size,
    kept_specs,
    lost_lines,
    render,
    scratch_folder,
    specs_digest,
    store_companions,
    workers_for,
)
from pipeline.scratch import scratch
from pipeline.storing import Attrs, store
from render.scene import SEGMENTS

BACKEND_OF = {
    "synthetic": lambda params: params.synthetic.backend,
    "emulated": lambda params: params.emulated.backend,
    "judge": lambda params: params.judge.backend,
    "twins": lambda params: params.synthetic.backend,
    "twins_emulated": lambda params: params.emulated.backend,
}


def run(params: Params, name: str) -> None:
    """Writes ``<shards>/<name>``: the shards, their specifications and the lost samples."""
    if name not in BACKEND_OF:
        raise StageError(f"expected one of {', '.join(BACKEND_OF)}, found {name}")
    backend, channels = BACKEND_OF[name](params), params.render.extra_labels
    specs = read_specs(params.paths.specs / f"{name}.parquet")
    options = backend_options(params, backend)
    folder = scratch_folder(params.paths.scratch, specs, backend, channels, options)
    with scratch(folder):
        work = RenderWork(specs, backend, channels, folder, options, params.render.max_memory_mb)
        workers = workers_for(params, backend)
        chunk_size = even_chunk_size(len(specs), chunk_size_for(params, backend), places_of(params.farm, workers))
        executor = _executor(params, folder, workers, len(specs), name)
        with track(f"render {name}", len(specs)) as progress:
            outcome = render(work, executor, chunk_size, standing_on(progress))
        for line in lost_lines(specs, outcome.lost):
            say(f"facsmith: render {name}: lost {line}")
        digest = specs_digest(kept_specs(work, outcome))
        told = {OPTIONS: json.dumps(dict(options))} if options else {}
        attrs: Attrs = {"set": name, "backend": backend, SPECS_DIGEST: digest, **told, **names_of(channels)}
        with whole_folder(params.paths.shards / name) as shards:
            store(work.samples(outcome), shards, params.render.shard_size, attrs)
            store_companions(work, outcome, shards)


def names_of(channels: Iterable[str]) -> dict[str, list[str]]:
    """Returns what the numbers in some channels stand for, to travel with them: classes and groups, from number 0."""
    named = {
        "segmentation": ("segments", list(SEGMENTS)),
        "au_region": ("au_groups", [" ".join(group.codes) for group in AU_GROUPS]),
    }
    return dict(named[channel] for channel in channels if channel in named)


def _executor(params: Params, folder: Path, workers: int, count: int, name: str) -> Executor:
    return executor_for(
        params.farm,
        folder,
        workers,
        deadline_s=params.render.deadline_s,
        max_lost=int(params.render.max_lost_rate * count),
        notice=lambda text: say(f"facsmith: render {name}: {text}"),
    )


if __name__ == "__main__":
    sys.exit(stage.main_of("set", run))
