"""Trains GANimation on labelled faces and leaves a generator that can be loaded anywhere."""

import json
import warnings
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path

from annotate.weights import load_weights, save_weights
from faceset.atomic import write_bytes
from faceset.conditions import intensities, known
from faceset.faces import FaceData
from gan.batch import Batches
from gan.errors import CheckpointError
from gan.guard import AttentionVerdict, attention_verdict, check_intensities
from gan.log import Record
from gan.loop import LOG, LoopConfig, Progress, run
from gan.ranks import process_part, wait_for_all
from ganimation.config import GanimationConfig
from ganimation.method import Ganimation
from ganimation.model import Generator

GENERATOR = "generator.safetensors"
CONFIG = "config.json"
VERDICT = "verdict.json"


@dataclass(frozen=True)
class TrainResult:
    """What a run left behind.

    Attributes:
        generator: path of the weights, for ``load_generator``.
        log: path of the JSON lines.
        steps: critic steps that were run in all.
        attention: where the attention ended; ``attention.saturated`` marks a run that must not be compared.
    """

    generator: Path
    log: Path
    steps: int
    attention: AttentionVerdict


def train(
    config: GanimationConfig,
    data: FaceData,
    out_dir: Path,
    progress: Progress | None = None,
    *,
    device: str = "cpu",
    log_every: int = 50,
    checkpoint_every: int = 1000,
    warn: Callable[[str], None] | None = None,
) -> TrainResult:
    """Trains to the end of the schedule, from the checkpoint in ``out_dir`` if there is one.

    Writes ``config.json``, ``log.jsonl``, ``checkpoint.safetensors``, ``generator.safetensors`` and ``verdict.json``.
    In a process group (``torch.distributed``) all processes train one generator, and the first one writes.

    Args:
        config: the run.
        data: the faces; ``faceset.loading.ShardSet`` or anything like it.
        out_dir: folder of the run.
        progress: told about each step.
        device: where the networks live.
        log_every: steps between two lines of the log.
        checkpoint_every: steps between two checkpoints.
        warn: told which AUs cannot be learnt, and the message of a saturated attention.

    Raises:
        DataError: the labels cannot be learnt from, or there are too few faces.
        CheckpointError: ``out_dir`` holds another run.
        DivergenceError: a loss is no longer finite.
    """
    dull = check_intensities(intensities(data, config.condition), known(data, config.condition), config.condition)
    if dull and warn is not None:
        warn(f"not to be learnt from these faces: {'; '.join(f'{key} is {fault}' for key, fault in dull.items())}")
    note = config.to_json()
    loop = LoopConfig(config.schedule, log_every, checkpoint_every, note=json.loads(json.dumps(note)))
    method = Ganimation(config, device)
    batches = Batches(data, config.batches(), device, process_part(), notice=warn or warnings.warn)
    records = run(method, batches, loop, out_dir, progress)
    verdict = _attention(records)
    if verdict.message and warn is not None:
        warn(verdict.message)
    if process_part().rank == 0:
        _write_json(out_dir / CONFIG, note)
        _write_json(out_dir / VERDICT, asdict(verdict))
        save_weights(out_dir / GENERATOR, method.generator, note)
    wait_for_all()
    return TrainResult(out_dir / GENERATOR, out_dir / LOG, config.schedule.steps, verdict)


def load_generator(path: Path, device: str = "cpu") -> tuple[Generator, GanimationConfig]:
    """Returns the generator of a finished run, and its configuration from the header of the same file.

    Raises:
        CheckpointError: the file is not such a generator.
    """
    try:
        weights, note = load_weights(path)
        config = GanimationConfig.from_json(note)
        method = Ganimation(config, device)
        method.generator.load_state_dict(weights)
    except (ValueError, TypeError, RuntimeError) as error:
        raise CheckpointError(f"{path}: not a GANimation generator: {error}") from error
    return method.generator.eval().requires_grad_(False), config


def _attention(records: list[Record]) -> AttentionVerdict:
    """Returns the verdict on the last tenth of the log."""
    last = records[-max(1, len(records) // 10) :]
    means, stds = (
        [float(record[name]) for record in last if name in record]
        for name in ("generator/attention_mean", "generator/attention_std")
    )
    return attention_verdict(means, stds)


def _write_json(path: Path, values: object) -> None:
    write_bytes(path, (json.dumps(values, indent=2, sort_keys=True) + "\n").encode())
