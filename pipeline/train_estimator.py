"""Trains the AU estimator that judges edits, on people of its own."""

import json
import sys
from math import isfinite
from pathlib import Path

import pandas as pd

from annotate.estimator import EstimatorConfig
from annotate.training import EstimatorTraining, train_estimator
from faceset.loading import ShardSet
from pipeline import stage
from pipeline.errors import ParamsError
from pipeline.files import whole, whole_folder
from pipeline.params import Params
from pipeline.progress import track


def run(params: Params) -> None:
    """Writes ``<runs>/estimator/training`` and ``<runs>/estimator/metrics.json``."""
    config, training = configs_of(params)
    faces = ShardSet.from_folder(params.paths.shards / "judge")
    folder = params.paths.runs / "estimator"
    with whole_folder(folder / "training") as out, track("train estimator", training.steps) as progress:
        result = train_estimator(config, training, faces, out, lambda done, total, values: progress(done))
    with whole(folder / "metrics.json") as path:
        write_metrics(path, result.agreement)


def configs_of(params: Params) -> tuple[EstimatorConfig, EstimatorTraining]:
    """Returns the network and how it is trained.

    Raises:
        ParamsError: the values do not go together.
    """
    try:
        config = EstimatorConfig(keys=params.action_units, image_size=params.image.size)
        training = EstimatorTraining(
            steps=params.estimator.steps,
            batch_size=params.estimator.batch_size,
            learning_rate=params.estimator.learning_rate,
            validation_fraction=params.estimator.validation,
            seed=params.seed,
        )
    except ValueError as error:
        raise ParamsError(f"params.yaml: estimator: {error}") from error
    return config, training


def write_metrics(path: Path, agreement: pd.DataFrame) -> None:
    """Writes the agreement on unseen people, the mean over AUs; null where it is defined for none."""
    means = agreement[["mae", "pcc", "icc"]].mean()
    plain = {str(name): float(value) if isfinite(value) else None for name, value in means.items()}
    path.write_text(json.dumps(plain, indent=1, allow_nan=False) + "\n", encoding="utf-8")


if __name__ == "__main__":
    sys.exit(stage.main(run))
