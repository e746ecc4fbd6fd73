import pytest
import torch

from ganimation.config import OFFICIAL, PAPER, SMALL, GanimationConfig
from ganimation.method import Ganimation
from ganimation.model import Critic, Generator, composed, num_parameters


def _image(count: int = 2, size: int = 16) -> torch.Tensor:
    return torch.rand(count, 3, size, size, generator=torch.Generator().manual_seed(0)) * 2 - 1


def test_published_networks_have_the_published_number_of_parameters() -> None:
    method = Ganimation(PAPER)
    assert num_parameters(method.generator) == 8_471_296
    assert num_parameters(method.critic) == 44_860_352


def test_critic_of_the_paper_ends_in_four_patches() -> None:
    score, au = Critic(17, 128, width=1)(torch.zeros(1, 3, 128, 128))
    assert score.shape == (1, 2, 2)
    assert au.shape == (1, 17)


def test_full_attention_returns_the_input_bit_for_bit() -> None:
    image = _image()
    edit = composed(image, torch.ones(2, 1, 16, 16), torch.rand(2, 3, 16, 16) * 2 - 1)
    assert torch.equal(edit.image, image)


def test_no_attention_returns_the_colours_bit_for_bit() -> None:
    colour = _image()
    assert torch.equal(composed(-_image(), torch.zeros(2, 1, 16, 16), colour).image, colour)


def test_generator_keeps_the_shape_and_the_range() -> None:
    edit = Generator(3, width=4, num_blocks=1)(_image(), torch.rand(2, 3))
    assert edit.image.shape == edit.colour.shape == (2, 3, 16, 16)
    assert edit.attention.shape == (2, 1, 16, 16)
    assert float(edit.image.detach().abs().max()) <= 1.0


def test_condition_reaches_the_image_because_padding_is_zero() -> None:
    generator = Generator(3, width=4, num_blocks=1)
    image = _image(1)
    neutral = generator(image, torch.zeros(1, 3))
    assert not torch.allclose(neutral.colour, generator(image, torch.ones(1, 3)).colour, atol=1e-4)


def test_attention_bias_decides_how_much_an_untrained_generator_keeps() -> None:
    attention = Generator(3, width=4, num_blocks=1, attention_bias=3.0)(_image(), torch.rand(2, 3)).attention
    assert abs(float(attention.detach().mean()) - 0.95) < 0.05
    assert Generator(3, width=4).attention.bias is None


def test_images_of_a_batch_do_not_influence_each_other() -> None:
    critic, generator = Critic(3, 16, 4, 2), Generator(3, width=4, num_blocks=1)
    image, target = _image(4), torch.rand(4, 3)
    for network in (lambda x, y: generator(x, y).image, lambda x, _: critic(x)[0]):
        torch.testing.assert_close(network(image, target)[1:2], network(image[1:2], target[1:2]), atol=1e-5, rtol=1e-4)


def test_same_seed_gives_the_same_weights_and_leaves_global_randomness_alone() -> None:
    config = GanimationConfig(("AU4", "AU12"), 16, 4, 1, 4, 2, seed=3)
    state = torch.random.get_rng_state()
    first, second = Ganimation(config), Ganimation(config)
    assert torch.equal(torch.random.get_rng_state(), state)
    for one, other in zip(first.generator.parameters(), second.generator.parameters(), strict=True):
        assert torch.equal(one, other)


def test_configuration_survives_json() -> None:
    for config in (PAPER, OFFICIAL, SMALL):
        assert GanimationConfig.from_json(config.to_json()) == config


def test_published_settings() -> None:
    assert PAPER.batch_size == 25
    assert PAPER.generator_every == 5
    assert PAPER.schedule.steps == 30 * 200_000 // 25
    epoch = 8_000
    rates = [PAPER.generator_adam.learning_rate * PAPER.schedule.factor(e * epoch) for e in (0, 20, 21, 29)]
    assert rates == pytest.approx([1e-4, 1e-4, 9e-5, 1e-5])
    assert PAPER.schedule.factor(21 * epoch - 1) == 1.0


@pytest.mark.parametrize(
    "wrong",
    [
        {"image_size": 100},
        {"image_size": 32, "critic_layers": 6},
        {"generator_width": 0},
        {"condition": ()},
        {"target_noise": 2.0},
        {"penalty": "none"},
    ],
)
def test_impossible_configurations_are_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(ValueError):
        GanimationConfig(**wrong)  # type: ignore[arg-type]


def test_critic_says_when_an_image_cannot_be_halved() -> None:
    with pytest.raises(ValueError, match="halved 3 times"):
        Critic(3, 12, 4, 3)
