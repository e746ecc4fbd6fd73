"""Trains an Action Unit estimator on labelled faces and says how good it is on people it has not seen."""

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass
from math import cos, pi
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd
import torch
from jaxtyping import Float
from torch import Tensor

from annotate.agreement import icc31, mean_absolute_error, pearson
from annotate.errors import TrainingError
from annotate.estimator import AuEstimator, EstimatorConfig, normalised, save_estimator
from annotate.precision import PRECISIONS, Precision, autocast
from faceset.atomic import write_bytes
from faceset.conditions import intensities, known, mirrored_order
from faceset.faces import FaceData
from faceset.splits import split_of
from faceset.streaming import BatchStream, Prefetcher

Progress = Callable[[int, int, Mapping[str, float]], None]
"""Called with (steps done, all steps, {"loss": ...})."""

ESTIMATOR = "estimator.safetensors"
CONFIG = "config.json"
AGREEMENT = "agreement.csv"

_AUGMENT_KEY = 1 << 33
"""Second word of the Philox key of augmentations, above those of ``BatchStream``'s epochs."""


@dataclass(frozen=True)
class EstimatorTraining:
    """How an estimator is trained.

    Attributes:
        steps: optimiser steps.
        batch_size: faces per step.
        learning_rate: highest rate of AdamW; see ``rate_factor``.
        weight_decay: of AdamW.
        validation_fraction: of the identities, kept out of training.
        max_shift: largest shift of the image in each direction, pixels.
        light: half width of the random gain and of the random offset of each colour channel.
        noise: largest standard deviation of pixel noise, in grey levels of [-1, 1].
        precision: of the convolutions, see ``annotate.precision``.
        seed: of weights, order, split and augmentation.

    Raises:
        ValueError: a value is out of range.
    """

    steps: int = 800
    batch_size: int = 64
    learning_rate: float = 4e-3
    weight_decay: float = 1e-2
    validation_fraction: float = 0.15
    max_shift: int = 2
    light: float = 0.2
    noise: float = 0.05
    precision: Precision = "auto"
    seed: int = 0

    def __post_init__(self) -> None:
        """Checks the ranges."""
        if self.steps < 2 or self.batch_size < 2 or self.learning_rate <= 0.0:
            raise ValueError(f"expected steps and batch_size of 2 or more and a positive rate, found {self}")
        if not 0.0 < self.validation_fraction < 1.0 or self.max_shift < 0 or self.light < 0.0 or self.noise < 0.0:
            raise ValueError(f"expected a validation fraction in (0, 1) and no negative augmentation, found {self}")
        if self.precision not in PRECISIONS:
            raise ValueError(f"precision must be one of {', '.join(PRECISIONS)}, found {self.precision!r}")


@dataclass(frozen=True)
class EstimatorResult:
    """What a training left behind.

    Attributes:
        estimator: path of the weights, for ``load_estimator``.
        agreement: one row per Action Unit on the identities kept out: au, n, mae, pcc, icc.
        num_train: faces trained on.
        num_validation: faces kept out.
    """

    estimator: Path
    agreement: pd.DataFrame
    num_train: int
    num_validation: int


def train_estimator(
    config: EstimatorConfig,
    training: EstimatorTraining,
    data: FaceData,
    out_dir: Path,
    progress: Progress | None = None,
) -> EstimatorResult:
    """Trains, measures on unseen identities, and writes ``estimator.safetensors``, ``config.json``, ``agreement.csv``.

    Args:
        config: shape of the network.
        training: how it is trained.
        data: the faces; split by identity.
        out_dir: folder for the files.
        progress: told about each step.

    Raises:
        TrainingError: too few faces or identities, or a key that never varies.
        SampleError: the labels lack a key.
    """
    train_rows, validation_rows = _split(data, training)
    labels, mask = intensities(data, config.keys), known(data, config.keys)
    _check(labels[train_rows], mask[train_rows], config, training)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(training.seed)
        estimator = AuEstimator(config)
        _fit(estimator, training, data, train_rows, labels, mask, progress)
    found = estimator.estimate(data.images(validation_rows))
    agreement = agreement_table(config.keys, found, labels[validation_rows], mask[validation_rows])
    out_dir.mkdir(parents=True, exist_ok=True)
    save_estimator(out_dir / ESTIMATOR, estimator)
    settings = {"network": asdict(config), "training": asdict(training)}
    write_bytes(out_dir / CONFIG, (json.dumps(settings, indent=2, sort_keys=True) + "\n").encode())
    write_bytes(out_dir / AGREEMENT, agreement.to_csv(index=False).encode())
    return EstimatorResult(out_dir / ESTIMATOR, agreement, len(train_rows), len(validation_rows))


def agreement_table(
    keys: tuple[str, ...],
    found: npt.NDArray[np.float32],
    wanted: npt.NDArray[np.float32],
    mask: npt.NDArray[np.bool_],
) -> pd.DataFrame:
    """Returns one row per Action Unit: au, n, mae (of activation), pcc and icc; all arrays are (N, K)."""
    return pd.DataFrame(
        {
            "au": list(keys),
            "n": mask.sum(axis=0),
            "mae": mean_absolute_error(found, wanted, mask),
            "pcc": pearson(found, wanted, mask),
            "icc": icc31(found, wanted, mask),
        }
    )


def _split(data: FaceData, training: EstimatorTraining) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    fractions = {"train": 1.0 - training.validation_fraction, "val": training.validation_fraction}
    names = [name.decode() if isinstance(name, bytes) else str(name) for name in data.labels("identity").tolist()]
    part = {name: split_of(name, training.seed, fractions) for name in set(names)}
    chosen = np.array([part[name] == "val" for name in names])
    return np.flatnonzero(~chosen), np.flatnonzero(chosen)


def _check(
    labels: npt.NDArray[np.float32],
    mask: npt.NDArray[np.bool_],
    config: EstimatorConfig,
    training: EstimatorTraining,
) -> None:
    if len(labels) < training.batch_size:
        raise TrainingError(f"expected at least {training.batch_size} faces to train on, found {len(labels)}")
    flat = [key for k, key in enumerate(config.keys) if not mask[:, k].any() or np.ptp(labels[mask[:, k], k]) == 0.0]
    if flat:
        raise TrainingError(f"{', '.join(flat)}: never known, or always the same; nothing can be learnt")


def _fit(
    estimator: AuEstimator,
    training: EstimatorTraining,
    data: FaceData,
    rows: npt.NDArray[np.int64],
    labels: npt.NDArray[np.float32],
    mask: npt.NDArray[np.bool_],
    progress: Progress | None,
) -> None:
    optimiser = torch.optim.AdamW(estimator.parameters(), training.learning_rate, weight_decay=training.weight_decay)
    mirror = mirrored_order(estimator.config.keys)
    estimator.train()
    for step, (index, pixels) in enumerate(_gathered(training, data, rows)):
        rng = np.random.Generator(np.random.Philox(key=[training.seed, _AUGMENT_KEY], counter=[0, 0, 0, step]))
        flip = rng.random(len(index)) < 0.5
        image = augmented(normalised(pixels), flip, training, rng)
        wanted, weight = (
            torch.from_numpy(np.where(flip[:, None], values[index][:, mirror], values[index]))
            for values in (labels, mask)
        )
        loss = _loss(estimator, image, wanted, weight, training.precision)
        for group in optimiser.param_groups:
            group["lr"] = training.learning_rate * rate_factor(step, training.steps)
        optimiser.zero_grad(set_to_none=True)
        loss.backward()
        optimiser.step()
        if progress is not None:
            progress(step + 1, training.steps, {"loss": float(loss.detach())})


def _gathered(
    training: EstimatorTraining, data: FaceData, rows: npt.NDArray[np.int64]
) -> Iterator[tuple[npt.NDArray[np.int64], npt.NDArray[np.uint8]]]:
    """Yields the faces of each step and their images, gathered ahead by a thread."""
    stream = BatchStream(len(rows), training.batch_size, training.seed)
    order = (rows[stream.batch(step)] for step in range(training.steps))
    with Prefetcher((index, data.images(index)) for index in order) as ahead:
        yield from ahead


def rate_factor(step: int, steps: int) -> float:
    """Returns the learning rate of a step as a part of the highest: a fifth up on a line, the rest down on a cosine."""
    rise = steps / 5.0
    if step < rise:
        return (step + 1) / (rise + 1)
    return 0.5 + 0.5 * cos(pi * (step - rise) / (steps - rise))


def _loss(estimator: AuEstimator, image: Tensor, wanted: Tensor, weight: Tensor, precision: str) -> Float[Tensor, ""]:
    """Returns the mean squared error over known entries."""
    with autocast(image.device, precision):
        found = estimator(image)
    error = torch.where(weight, found.float() - wanted, 0.0)
    return error.square().sum() / weight.sum().clamp(min=1)


def augmented(
    image: Float[Tensor, "b 3 h w"], flip: npt.NDArray[np.bool_], training: EstimatorTraining, rng: np.random.Generator
) -> Float[Tensor, "b 3 h w"]:
    """Returns the images mirrored where ``flip``, shifted together, relit and made noisy, clipped to [-1, 1].

    The shift is one for the batch: it is cheap, and steps differ.
    """
    count = len(image)
    image = torch.where(torch.from_numpy(flip)[:, None, None, None], image.flip(3), image)
    across, down = (int(shift) for shift in rng.integers(-training.max_shift, training.max_shift + 1, 2))
    image = torch.roll(image, (down, across), dims=(2, 3))
    gain, offset = rng.uniform(-training.light, training.light, (2, count, 3, 1, 1)).astype(np.float32)
    sigma = rng.uniform(0.0, training.noise, (count, 1, 1, 1)).astype(np.float32)
    noise = rng.standard_normal(tuple(image.shape), dtype=np.float32) * sigma
    lit = image * torch.from_numpy(1.0 + gain) + torch.from_numpy(offset + noise)
    return lit.clamp(-1.0, 1.0)
