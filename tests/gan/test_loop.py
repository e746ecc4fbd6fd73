"""The loop on a method small enough to be understood: pull a number towards the targets of the batches."""

import json
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest
import torch
from torch import nn

from faceset.faces import ArrayFaces
from gan.batch import Batch, BatchConfig, Batches
from gan.checkpoint import VERSION
from gan.errors import CheckpointError, DivergenceError
from gan.log import read_log
from gan.loop import CHECKPOINT, LOG, LoopConfig, run
from gan.method import AdamConfig, Edit, Losses, Phase
from gan.schedule import LinearDecay


class Pull:
    needs = ("image",)

    def __init__(self, size: int = 3) -> None:
        self.first = nn.Linear(size, 1, bias=False)
        self.second = nn.Linear(size, 1, bias=False)
        nn.init.zeros_(self.first.weight)
        nn.init.zeros_(self.second.weight)
        self.calls: list[tuple[int, str]] = []

    @property
    def networks(self) -> Mapping[str, nn.Module]:
        return {"first": self.first, "second": self.second}

    @property
    def optimisers(self) -> Mapping[str, AdamConfig]:
        return {"first": AdamConfig(0.1), "second": AdamConfig(0.01)}

    @property
    def phases(self) -> tuple[Phase, ...]:
        return Phase("often", "first"), Phase("again", "first", 2), Phase("seldom", "second", 3)

    def losses(self, phase: str, batch: Batch) -> Losses:
        self.calls.append((batch.step, phase))
        both = self.first(batch.au) + self.second(batch.au)
        return Losses({"square": (both - batch.target.sum(1, keepdim=True)).square().mean()}, {"size": both.mean()})

    def edit(self, image: torch.Tensor, target: torch.Tensor) -> Edit:
        return Edit(image, image[:, :1], image)


def _batches(faces: Callable[..., ArrayFaces]) -> Batches:
    return Batches(faces(), BatchConfig(("AU4", "AU12", "AU25"), 16, 4))


def _config(**changes: object) -> LoopConfig:
    return LoopConfig(**{"schedule": LinearDecay(6, 4), "log_every": 3, **changes})  # type: ignore[arg-type]


def test_phases_run_by_step_count(faces: Callable[..., ArrayFaces], tmp_path: Path) -> None:
    method = Pull()
    run(method, _batches(faces), _config(stop_at=3), tmp_path)
    assert method.calls == [(0, "often"), (1, "often"), (1, "again"), (2, "often"), (2, "seldom")]


def test_a_phase_moves_its_own_network_alone(faces: Callable[..., ArrayFaces], tmp_path: Path) -> None:
    method = Pull()
    run(method, _batches(faces), _config(stop_at=2), tmp_path)
    assert method.second.weight.abs().max() == 0
    assert method.first.weight.abs().min() > 0


def test_interrupted_runs_end_in_the_same_bytes(faces: Callable[..., ArrayFaces], tmp_path: Path) -> None:
    run(Pull(), _batches(faces), _config(), tmp_path / "straight")
    run(Pull(), _batches(faces), _config(checkpoint_every=5, stop_at=8), tmp_path / "broken")
    run(Pull(), _batches(faces), _config(), tmp_path / "broken")
    for name in (CHECKPOINT, LOG):
        assert (tmp_path / "straight" / name).read_bytes() == (tmp_path / "broken" / name).read_bytes()


def test_a_killed_run_forgets_the_log_after_its_checkpoint(faces: Callable[..., ArrayFaces], tmp_path: Path) -> None:
    class KilledError(Exception):
        pass

    def kill(done: int, _: int, __: object) -> None:
        if done == 9:
            raise KilledError

    run(Pull(), _batches(faces), _config(), tmp_path / "straight")
    with pytest.raises(KilledError):
        run(Pull(), _batches(faces), _config(checkpoint_every=4), tmp_path / "killed", kill)
    with (tmp_path / "killed" / LOG).open("a") as file:
        file.write('{"step": 9, "cut o')
    run(Pull(), _batches(faces), _config(), tmp_path / "killed")
    assert (tmp_path / "straight" / LOG).read_bytes() == (tmp_path / "killed" / LOG).read_bytes()


def test_the_log_holds_losses_and_rate(faces: Callable[..., ArrayFaces], tmp_path: Path) -> None:
    records = run(Pull(), _batches(faces), _config(), tmp_path)
    assert [record["step"] for record in records] == [2, 5, 8, 9]
    assert [record["rate_factor"] for record in records] == [1.0, 1.0, 0.5, 0.25]
    assert set(records[0]) >= {"often/square", "again/square", "seldom/square", "often/size"}
    assert read_log(tmp_path / LOG) == records


def test_progress_is_told_every_step(faces: Callable[..., ArrayFaces], tmp_path: Path) -> None:
    told: list[tuple[int, int]] = []
    run(Pull(), _batches(faces), _config(), tmp_path, lambda done, total, _: told.append((done, total)))
    assert told == [(step, 10) for step in range(1, 11)]


@pytest.mark.parametrize("changes", [{"schedule": LinearDecay(9, 1)}, {"note": {"seed": 2}}])
def test_another_run_is_not_resumed(
    changes: dict[str, object], faces: Callable[..., ArrayFaces], tmp_path: Path
) -> None:
    run(Pull(), _batches(faces), _config(stop_at=2), tmp_path)
    with pytest.raises(CheckpointError, match="belongs to another run"):
        run(Pull(), _batches(faces), _config(**changes), tmp_path)


def test_a_run_is_not_resumed_on_other_data(faces: Callable[..., ArrayFaces], tmp_path: Path) -> None:
    run(Pull(), _batches(faces), _config(stop_at=2), tmp_path)
    other = Batches(faces(groups=9), BatchConfig(("AU4", "AU12", "AU25"), 16, 4))
    with pytest.raises(CheckpointError, match=r"its data is .*'num_samples': 16.*expected .*'num_samples': 18"):
        run(Pull(), other, _config(), tmp_path)


def test_resident_images_train_the_same_bytes(faces: Callable[..., ArrayFaces], tmp_path: Path) -> None:
    class Bright(Pull):
        """Looks at the images, too."""

        def losses(self, phase: str, batch: Batch) -> Losses:
            terms = super().losses(phase, batch).terms
            return Losses({**terms, "light": self.first.weight.square().sum() * batch.image[:, :, 0, 0].mean()})

    config = BatchConfig(("AU4", "AU12", "AU25"), 16, 4, twin_fraction=0.5)
    run(Bright(), Batches(faces(), config, memory="host"), _config(), tmp_path / "host")
    run(
        Bright(), Batches(faces(), config, memory="device"), _config(checkpoint_every=3, stop_at=7), tmp_path / "device"
    )
    run(Bright(), Batches(faces(), config, memory="host"), _config(), tmp_path / "device")
    for name in (CHECKPOINT, LOG):
        assert (tmp_path / "host" / name).read_bytes() == (tmp_path / "device" / name).read_bytes()


def test_damaged_checkpoints_are_refused(faces: Callable[..., ArrayFaces], tmp_path: Path) -> None:
    run(Pull(), _batches(faces), _config(stop_at=2), tmp_path)
    content = (tmp_path / CHECKPOINT).read_bytes()
    (tmp_path / CHECKPOINT).write_bytes(content[:-9])
    with pytest.raises(CheckpointError, match="the checkpoint is damaged"):
        run(Pull(), _batches(faces), _config(), tmp_path)


def test_a_loss_that_is_not_finite_stops_the_run(faces: Callable[..., ArrayFaces], tmp_path: Path) -> None:
    method = Pull()
    nn.init.constant_(method.first.weight, float("inf"))
    with pytest.raises(DivergenceError, match="step 0: often/square"):
        run(method, _batches(faces), _config(), tmp_path)


def test_checkpoint_state_is_readable_json(faces: Callable[..., ArrayFaces], tmp_path: Path) -> None:
    run(Pull(), _batches(faces), _config(stop_at=2), tmp_path)
    content = (tmp_path / CHECKPOINT).read_bytes()
    length = int.from_bytes(content[:8], "little")
    header = json.loads(json.loads(content[8 : 8 + length])["__metadata__"]["facsmith"])
    assert header["version"] == VERSION
    assert header["state"]["step"] == 2
    assert header["state"]["schedule"] == {"constant_steps": 6, "decay_steps": 4, "stair": 1}


@pytest.mark.parametrize("wrong", [{"log_every": 0}, {"checkpoint_every": 0}, {"schedule": LinearDecay(0, 0)}])
def test_impossible_runs_are_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(ValueError, match="at least one step"):
        _config(**wrong)


def test_a_log_that_lost_lines_is_refused(faces: Callable[..., ArrayFaces], tmp_path: Path) -> None:
    run(Pull(), _batches(faces), _config(stop_at=6), tmp_path)
    lines = (tmp_path / LOG).read_text().splitlines(keepends=True)
    (tmp_path / LOG).write_text("".join(lines[1:]))
    with pytest.raises(CheckpointError, match=r"expected the \d+ lines that came before the checkpoint"):
        run(Pull(), _batches(faces), _config(), tmp_path)
    (tmp_path / LOG).write_text("{not json\n")
    with pytest.raises(CheckpointError, match="the log is damaged"):
        run(Pull(), _batches(faces), _config(), tmp_path)
