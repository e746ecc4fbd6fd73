"""The training loop: runs a method's phases by step count alone, and resumes bit for bit.

Nothing here reads a clock. Two runs with the same method, batches and configuration are the same run, whether one of
them was interrupted or not (on one machine, with one number of threads). Several processes train as one: each takes its
part of every batch, gradients and logged values are those of the whole batch, and the first process keeps the files.
"""

import math
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import torch

from gan.batch import Batch
from gan.checkpoint import load_checkpoint, save_checkpoint
from gan.errors import CheckpointError, DivergenceError
from gan.loader import Batches, Loader
from gan.log import Record, RunLog
from gan.method import Losses, Method, Phase
from gan.ranks import average, check_agreement, process_part, wait_for_all
from gan.schedule import LinearDecay

Progress = Callable[[int, int, Record], None]
"""Called with (steps done, all steps, the latest record)."""

CHECKPOINT = "checkpoint.safetensors"
LOG = "log.jsonl"


@dataclass(frozen=True)
class LoopConfig:
    """How a run is cut into steps.

    Attributes:
        schedule: learning rate factor; its length is the number of steps.
        log_every: steps between two lines of the log.
        checkpoint_every: steps between two checkpoints; one is always written at the end.
        stop_at: end early after this many steps, with a checkpoint (None: run to the end).
        note: whatever names the run; a checkpoint with another note is refused.

    Raises:
        ValueError: a number of steps is not positive.
    """

    schedule: LinearDecay
    log_every: int = 50
    checkpoint_every: int = 1000
    stop_at: int | None = None
    note: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Checks the ranges."""
        if self.log_every < 1 or self.checkpoint_every < 1 or self.schedule.steps < 1:
            raise ValueError(
                f"a run needs at least one step, and positive log_every and checkpoint_every, found {self}"
            )


def run(
    method: Method,
    batches: Batches[Batch],
    config: LoopConfig,
    folder: Path,
    progress: Progress | None = None,
) -> list[Record]:
    """Trains ``method`` in place and returns the records of the whole run, those before a resume included.

    Args:
        method: what is trained.
        batches: the batch of a step, a pure function; a thread begins each ahead of time.
        config: length, log and checkpoints.
        folder: receives ``checkpoint.safetensors`` and ``log.jsonl``; a checkpoint in it is resumed.
        progress: told about each step.

    Raises:
        CheckpointError: the folder holds a checkpoint of another run.
        DivergenceError: a loss is no longer finite.
    """
    folder.mkdir(parents=True, exist_ok=True)
    keeper = process_part().rank == 0
    optimisers = _optimisers(method)
    constant = {"note": dict(config.note), "schedule": asdict(config.schedule), "data": dict(batches.identity)}
    start, latest, records = _resume(folder / CHECKPOINT, method, optimisers, constant)
    check_agreement(start, f"{folder / CHECKPOINT}: the step to go on with")
    log = _log(folder / LOG, start, records, keeper)
    steps = config.schedule.steps
    end = steps if config.stop_at is None else min(steps, config.stop_at)
    with Loader(batches, start, end) as loader:
        for batch in loader:
            step, factor = batch.step, config.schedule.factor(batch.step)
            _set_rates(method, optimisers, factor)
            values = _step(method, optimisers, batch)
            latest = {**latest, **values, "step": step, "rate_factor": factor}
            if (step + 1) % config.log_every == 0 or step + 1 == steps:
                log.append(latest)
            if keeper and ((step + 1) % config.checkpoint_every == 0 or step + 1 == end):
                state = {**constant, "step": loader.step, "latest": latest, "records": len(log.records)}
                save_checkpoint(folder / CHECKPOINT, method.networks, optimisers, state)
            if progress is not None:
                progress(step + 1, steps, latest)
    wait_for_all()
    return log.records


def _optimisers(method: Method) -> dict[str, torch.optim.Adam]:
    """Returns one Adam per network; phases of one network share its moments."""
    return {
        name: torch.optim.Adam(
            method.networks[name].parameters(),
            lr=settings.learning_rate,
            betas=(settings.beta1, settings.beta2),
            fused=True,
        )
        for name, settings in method.optimisers.items()
    }


def _resume(
    path: Path, method: Method, optimisers: Mapping[str, torch.optim.Adam], expected: Mapping[str, Any]
) -> tuple[int, Record, int]:
    """Fills method and optimisers from a checkpoint, if there is one.

    Returns:
        The step to go on with, the record so far (some losses belong to phases that are not due at once), and the
        number of lines in the log.
    """
    if not path.exists():
        return 0, {}, 0
    state = load_checkpoint(path, method.networks, optimisers)
    for key, value in expected.items():
        if state.get(key) != value:
            raise CheckpointError(
                f"{path} belongs to another run: its {key} is {state.get(key)}, expected {value}. "
                "Use another folder, or remove this one."
            )
    return int(state["step"]), state["latest"], int(state["records"])


def _log(path: Path, start: int, records: int, write: bool) -> RunLog:
    """Returns the log of a run that goes on at ``start``, whose checkpoint came after ``records`` lines."""
    log = RunLog(path, resume_at=start, write=write)
    if len(log.records) != records:
        raise CheckpointError(
            f"{path}: expected the {records} lines that came before the checkpoint, found {len(log.records)}; "
            "restore the log, or remove the folder to begin again"
        )
    return log


def _set_rates(method: Method, optimisers: Mapping[str, torch.optim.Adam], factor: float) -> None:
    for name, optimiser in optimisers.items():
        for group in optimiser.param_groups:
            group["lr"] = method.optimisers[name].learning_rate * factor


def _step(method: Method, optimisers: Mapping[str, torch.optim.Adam], batch: Batch) -> dict[str, float]:
    """Runs the phases that are due and returns their losses and statistics as "phase/name"."""
    values: dict[str, float] = {}
    for phase in method.phases:
        if phase.due(batch.step):
            losses = _update(method, phase, optimisers[phase.network], batch)
            named = {**losses.terms, **losses.statistics}
            numbers = torch.stack([value.detach().float() for value in named.values()])
            average([numbers], batch.share)
            values.update({f"{phase.name}/{name}": value for name, value in zip(named, numbers.tolist(), strict=True)})
    broken = [name for name, value in values.items() if not math.isfinite(value)]
    if broken:
        raise DivergenceError(
            f"step {batch.step}: {', '.join(broken)} no longer finite. Lower the learning rate or check the labels."
        )
    return values


def _update(method: Method, phase: Phase, optimiser: torch.optim.Adam, batch: Batch) -> Losses:
    for name, network in method.networks.items():
        network.requires_grad_(name == phase.network)
    losses = method.losses(phase.name, batch)
    optimiser.zero_grad(set_to_none=True)
    losses.total.backward()
    weights = method.networks[phase.network].parameters()
    average([weight.grad for weight in weights if weight.grad is not None], batch.share)
    optimiser.step()
    return losses
