"""Trains GANimation on one training set, once for each seed."""

import csv
import json
import shutil
import sys
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

from faceset.loading import ShardSet
from gan.log import Record, read_log
from gan.schedule import LinearDecay
from ganimation.config import DEMO, PAPER, SMALL, GanimationConfig
from ganimation.training import CONFIG, VERDICT, TrainResult, train
from pipeline import stage
from pipeline.digest import digest, source_digest
from pipeline.errors import ParamsError
from pipeline.files import whole_folder
from pipeline.params import Arm, Params
from pipeline.progress import Progress, say, track
from pipeline.scratch import scratch

PRESETS: Mapping[str, GanimationConfig] = {"paper": PAPER, "small": SMALL, "demo": DEMO}
SOURCES = ("facs", "faceset", "gan", "ganimation")


def run(params: Params, name: str) -> None:
    """Writes ``<runs>/<name>/training``: a folder for each seed, and ``log.csv`` for plots."""
    arm = params.arm(name)
    index = params.paths.merged / f"{name}.parquet"
    data = (index, index.with_suffix(".json"))
    faces = ShardSet.from_index(index, split="train")
    configs = {seed: config_of(params, arm, seed) for seed in params.train.seeds}
    with ExitStack() as scratches, whole_folder(params.paths.runs / name / "training") as out:
        for seed, config in configs.items():
            folder = params.paths.scratch / "train" / digest(_text(config), *data, source_digest(SOURCES))
            scratches.enter_context(scratch(folder))
            result = _train(config, faces, folder, params.train.checkpoint_every, f"train {name}, seed {seed}")
            _keep(result, folder, out / f"seed-{seed}")
        write_log(out / "log.csv", {seed: read_log(out / f"seed-{seed}" / "log.jsonl") for seed in configs})


def config_of(params: Params, arm: Arm, seed: int) -> GanimationConfig:
    """Returns the preset with what params.yaml says in its place.

    Raises:
        ParamsError: the values do not go together.
    """
    preset = PRESETS[params.train.preset]
    try:
        return replace(
            preset,
            condition=params.action_units,
            image_size=params.image.size,
            batch_size=params.train.batch_size or preset.batch_size,
            schedule=scaled(preset.schedule, params.train.steps or preset.schedule.steps),
            twin_fraction=arm.twin_fraction,
            weights=replace(preset.weights, twin=arm.twin_weight),
            seed=seed,
        )
    except ValueError as error:
        raise ParamsError(f"params.yaml: train: {error}") from error


def scaled(schedule: LinearDecay, steps: int) -> LinearDecay:
    """Returns a schedule of ``steps`` steps of which the same share is decay."""
    decay = round(steps * schedule.decay_steps / schedule.steps)
    return replace(schedule, constant_steps=steps - decay, decay_steps=decay)


def write_log(path: Path, logs: Mapping[int, list[Record]]) -> None:
    """Writes the logs of all seeds as one table: seed, step and every loss and statistic."""
    names = sorted({key for records in logs.values() for record in records for key in record} - {"step"})
    with path.open("w", newline="", encoding="utf-8") as file:
        table = csv.DictWriter(file, ["seed", "step", *names], restval="")
        table.writeheader()
        table.writerows({"seed": seed, **record} for seed, records in logs.items() for record in records)


def _train(config: GanimationConfig, faces: ShardSet, folder: Path, checkpoint_every: int, label: str) -> TrainResult:
    with track(label, config.schedule.steps) as progress:
        return train(
            config,
            faces,
            folder,
            _steps(progress),
            checkpoint_every=checkpoint_every,
            warn=lambda text: say(f"facsmith: {label}: {text}"),
        )


def _steps(progress: Progress) -> Callable[[int, int, Record], None]:
    return lambda done, total, record: progress(done)


def _keep(result: TrainResult, folder: Path, target: Path) -> None:
    """Copies what others read; the checkpoint, several times as large, has served."""
    target.mkdir()
    for path in (result.generator, result.log, folder / CONFIG, folder / VERDICT):
        shutil.copyfile(path, target / path.name)


def _text(config: GanimationConfig) -> str:
    return json.dumps(config.to_json(), sort_keys=True)


if __name__ == "__main__":
    sys.exit(stage.main_of("arm", run))
