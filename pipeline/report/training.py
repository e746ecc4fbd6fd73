"""What each arm was trained on and how the training went."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from faceset.conditions import intensities, known
from faceset.faces import FaceData
from faceset.loading import ShardSet
from pipeline.params import Paths
from pipeline.report.inputs import needed, read_json
from pipeline.report.names import ArmName

MAX_POINTS = 120
"""Of one curve; more are meaned in equal stretches of steps."""


@dataclass(frozen=True, eq=False)
class Training:
    """One arm's training, over all its seeds.

    Attributes:
        arm: which.
        faces: it could learn from, by source.
        people: among them.
        steps: of the critic, in each training.
        generator_steps: of the generator.
        batch_size: faces in a step.
        seconds: of each training, where the stage wrote them down.
        curves: step, seed and a column for each loss and statistic, as "phase/name".
        attention: mean of the mask at the end, the mean over trainings; not a number where none was logged.
        saturated: True where a training ended with a mask that keeps, or repaints, nearly everything.
        unlearnt: AUs of the condition that are known in none of its faces, or the same in all.
    """

    arm: ArmName
    faces: Mapping[str, int]
    people: int
    steps: int
    generator_steps: int
    batch_size: int
    seconds: tuple[float, ...]
    curves: pd.DataFrame
    attention: float
    saturated: bool
    unlearnt: tuple[str, ...]

    @property
    def num_faces(self) -> int:
        """Faces it could learn from."""
        return sum(self.faces.values())

    @property
    def seeds(self) -> tuple[int, ...]:
        """Of its trainings."""
        return tuple(int(seed) for seed in self.curves["seed"].unique())

    def to_json(self) -> dict[str, Any]:
        """Returns everything but the curves as plain values."""
        plain = {key: value for key, value in self.__dict__.items() if key != "curves"}
        return {**plain, "arm": asdict(self.arm), "faces": dict(self.faces), "seeds": list(self.seeds)}


def read_training(paths: Paths, arm: ArmName, seeds: Sequence[int]) -> Training:
    """Returns how one arm was trained.

    Raises:
        StageError: it was not, or its training set was not merged.
        ShardError: its training set no longer fits its shards.
    """
    stage = f"train_gan --arm {arm.name}"
    folder = paths.runs / arm.name / "training"
    folders = [needed(folder / f"seed-{seed}", f"a training of the arm {arm.name}", stage) for seed in seeds]
    config = read_json(folders[0] / "config.json", "the settings of a training", stage)
    verdicts = [read_json(path / "verdict.json", "the end of a training", stage) for path in folders]
    index = paths.merged / f"{arm.name}.parquet"
    needed(index, f"the training set {arm.name}", f"merge_shards --arm {arm.name}")
    faces = ShardSet.from_index(index, split="train")
    steps = config["schedule"]["constant_steps"] + config["schedule"]["decay_steps"]
    return Training(
        arm=arm,
        faces=dict(sorted(Counter(faces.labels("source").tolist()).items())),
        people=len(np.unique(faces.labels("identity"))),
        steps=steps,
        generator_steps=steps // config["generator_every"],
        batch_size=config["batch_size"],
        seconds=_seconds(folders),
        curves=thinned(pd.read_csv(needed(folder / "log.csv", "the log of a training", stage))),
        attention=float(np.mean([verdict["mean"] for verdict in verdicts])),
        saturated=any(verdict["saturated"] for verdict in verdicts),
        unlearnt=unlearnt(faces, config["condition"]),
    )


def unlearnt(faces: FaceData, keys: Sequence[str]) -> tuple[str, ...]:
    """Returns the AUs that nothing can be learnt of: known in no face, or the same in all that know them."""
    au, mask = intensities(faces, keys), known(faces, keys)
    return tuple(key for k, key in enumerate(keys) if len(np.unique(au[mask[:, k], k])) < 2)


def thinned(curves: pd.DataFrame) -> pd.DataFrame:
    """Returns at most ``MAX_POINTS`` rows for each seed, each the mean of a stretch of steps."""
    return pd.concat([_thinned(rows) for _, rows in curves.groupby("seed")], ignore_index=True)


def _thinned(rows: pd.DataFrame) -> pd.DataFrame:
    stretch = np.arange(len(rows)) * MAX_POINTS // max(len(rows), MAX_POINTS)
    return rows.groupby(stretch).mean()


def _seconds(folders: Sequence[Path]) -> tuple[float, ...]:
    """Returns how long each training took, where it was written down; clocks decide nothing else."""
    files = [folder / "seconds.json" for folder in folders]
    return tuple(float(read_json(path, "a number", "train_gan")) for path in files if path.exists())
