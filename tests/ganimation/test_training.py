from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from faceset.faces import ArrayFaces
from gan.batch import Batch, Batches
from gan.errors import CheckpointError, DataError
from gan.log import read_log
from ganimation.config import GanimationConfig
from ganimation.losses import LossWeights, conditions, critic_losses, generator_losses
from ganimation.method import Ganimation
from ganimation.training import load_generator, train

Make = Callable[..., ArrayFaces]


class KilledError(Exception):
    pass


def _kill_after(steps: int) -> Callable[[int, int, object], None]:
    def progress(done: int, _: int, __: object) -> None:
        if done == steps:
            raise KilledError

    return progress


def _batch(faces: Make, config: GanimationConfig, unknown: bool = False) -> Batch:
    batch = Batches(faces(), config.batches())(0)
    if not unknown:
        return batch
    known = torch.tensor([[True, False], [False, True], [True, True], [False, False]])
    return replace(batch, known=known, target_known=known.flip(0))


@pytest.mark.parametrize("precision", ["fp32", "bf16"])
@pytest.mark.parametrize("penalty", ["summed", "two_step"])
def test_ten_steps_are_five_and_five(
    precision: str, penalty: str, faces: Make, tiny: GanimationConfig, tmp_path: Path
) -> None:
    config = replace(tiny, precision=precision, penalty=penalty)
    straight = train(config, faces(), tmp_path / "straight", log_every=2)
    with pytest.raises(KilledError):
        train(config, faces(), tmp_path / "killed", _kill_after(7), log_every=2, checkpoint_every=5)
    train(config, faces(), tmp_path / "killed", log_every=2)
    for path in straight.generator.parent.iterdir():
        assert path.read_bytes() == (tmp_path / "killed" / path.name).read_bytes(), path.name


def test_a_finished_generator_can_be_loaded_anywhere(faces: Make, tiny: GanimationConfig, tmp_path: Path) -> None:
    result = train(tiny, faces(), tmp_path)
    generator, config = load_generator(result.generator)
    assert config == tiny
    edit = generator(torch.zeros(1, 3, 16, 16), torch.zeros(1, 2))
    assert edit.image.shape == (1, 3, 16, 16)
    assert not edit.image.requires_grad
    assert result.steps == 10
    assert 0.0 < result.attention.mean < 1.0
    (tmp_path / "other.safetensors").write_bytes(b"nothing")
    with pytest.raises(CheckpointError):
        load_generator(tmp_path / "other.safetensors")


def test_the_twin_loss_teaches_the_edit(faces: Make, tiny: GanimationConfig, tmp_path: Path) -> None:
    weights = LossWeights(adversarial=0.0, au=0.0, cycle=0.0, attention=0.0, twin=10.0, twin_slopes=1.0)
    config = replace(
        tiny,
        schedule=replace(tiny.schedule, constant_steps=150),
        generator_every=1,
        twin_fraction=1.0,
        weights=weights,
        target_noise=0.0,
        generator_adam=replace(tiny.generator_adam, learning_rate=5e-3),
    )
    losses = [record["generator/twin"] for record in read_log(train(config, faces(), tmp_path, log_every=10).log)]
    assert losses[-1] < 0.5 * losses[0]


def test_saturated_attention_is_marked(faces: Make, tiny: GanimationConfig, tmp_path: Path) -> None:
    warnings: list[str] = []
    result = train(replace(tiny, attention_bias=8.0), faces(), tmp_path, warn=warnings.append)
    assert result.attention.saturated
    assert "little or nothing is edited" in warnings[0]
    assert '"saturated": true' in (tmp_path / "verdict.json").read_text()


def test_labels_that_teach_nothing_are_named_and_broken_ones_stop_the_run(
    faces: Make, tiny: GanimationConfig, tmp_path: Path
) -> None:
    data, warnings = faces(), []
    data.labels("au")[:, 1] = 0.25
    train(tiny, data, tmp_path / "dull", warn=warnings.append)
    assert warnings == ["not to be learnt from these faces: AU12 is always 0.25"]
    data.labels("au")[:, 1] = 5.0
    with pytest.raises(DataError, match="AU12: outside"):
        train(tiny, data, tmp_path / "broken")


def test_another_configuration_is_not_resumed(faces: Make, tiny: GanimationConfig, tmp_path: Path) -> None:
    train(tiny, faces(), tmp_path)
    with pytest.raises(CheckpointError, match="belongs to another run"):
        train(replace(tiny, seed=1), faces(), tmp_path)


def test_unknown_entries_are_filled_from_the_photograph(faces: Make, tiny: GanimationConfig) -> None:
    batch = _batch(faces, tiny, unknown=True)
    guess = torch.tensor([[-1.0, 0.4], [0.3, 2.0], [0.5, 0.5], [0.6, 0.7]], requires_grad=True)
    filled = conditions(batch, guess)
    expected = torch.where(batch.known, batch.au, guess.detach().clamp(0, 1))
    assert torch.equal(filled.source, expected)
    assert torch.equal(filled.target, torch.where(batch.target_known, batch.target, expected))
    assert not filled.source.requires_grad


def test_unknown_entries_teach_neither_network(faces: Make, tiny: GanimationConfig) -> None:
    method = Ganimation(tiny)
    batch = _batch(faces, tiny)
    nothing = torch.zeros_like(batch.known)
    blind = replace(batch, known=nothing, target_known=nothing)
    for losses in (critic_losses, generator_losses):
        assert float(losses(method.generator, method.critic, blind, tiny.weights).terms["au"].detach()) == 0.0


def test_losses_of_a_doubled_batch_are_the_same(faces: Make, tiny: GanimationConfig) -> None:
    config = replace(tiny, twin_fraction=0.5, weights=LossWeights(twin=1.0, twin_slopes=1.0))
    method = Ganimation(config)
    batch = _batch(faces, config, unknown=True)
    tensors = [value for value in vars(batch).values() if isinstance(value, torch.Tensor)]
    doubled = Batch(0, *(torch.cat([value, value]) for value in tensors))
    for losses in (critic_losses, generator_losses):
        once = losses(method.generator, method.critic, batch, config.weights).terms
        twice = losses(method.generator, method.critic, doubled, config.weights).terms
        for name, value in once.items():
            torch.testing.assert_close(value, twice[name], msg=name)


def test_the_critic_learns_from_photographs_and_not_from_edits(faces: Make, tiny: GanimationConfig) -> None:
    method = Ganimation(tiny)
    batch = _batch(faces, tiny)
    _, au = method.critic(batch.image)
    expected = 160.0 * (au - batch.au).square().mean()
    torch.testing.assert_close(method.losses("critic", batch).terms["au"], expected)


def test_two_step_penalty_is_its_own_phase(tiny: GanimationConfig) -> None:
    names = [phase.name for phase in Ganimation(replace(tiny, penalty="two_step")).phases]
    assert names == ["critic", "penalty", "generator"]
    assert [phase.name for phase in Ganimation(tiny).phases] == ["critic", "generator"]


def test_the_critic_reads_before_the_generator_learns(faces: Make, tiny: GanimationConfig, tmp_path: Path) -> None:
    config = replace(tiny, reading_steps=4)
    phases = Ganimation(config).phases
    due = [[phase.name for phase in phases if phase.due(step)] for step in range(6)]
    assert due == [["reading"]] * 4 + [["critic"], ["critic", "generator"]]
    records = read_log(train(config, faces(), tmp_path, log_every=3).log)
    assert "generator/au" not in records[0]
    assert "generator/au" in records[1]
    with pytest.raises(ValueError, match="reading_steps 10"):
        replace(tiny, reading_steps=10)


def test_edits_do_not_depend_on_the_rest_of_the_batch(faces: Make, tiny: GanimationConfig) -> None:
    method = Ganimation(tiny)
    batch = _batch(faces, tiny)
    together = method.edit(batch.image, batch.target).image
    alone = method.edit(batch.image[:1], batch.target[:1]).image
    np.testing.assert_allclose(together[:1], alone, atol=1e-5)
