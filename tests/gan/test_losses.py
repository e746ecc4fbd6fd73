import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from gan.losses import (
    critic_wasserstein,
    generator_wasserstein,
    gradient_penalty,
    image_slopes,
    masked_mse,
    mean_l1,
    selected_l1,
    total_variation,
)


def _images(count: int, seed: int = 0) -> torch.Tensor:
    return torch.rand(count, 3, 8, 8, generator=torch.Generator().manual_seed(seed)) * 2 - 1


@settings(deadline=None, max_examples=20)
@given(scale=st.floats(0.0, 3.0), seed=st.integers(0, 1000))
def test_penalty_of_a_linear_critic_is_its_slope_minus_one_squared(scale: float, seed: int) -> None:
    weight = torch.randn(3, 8, 8, generator=torch.Generator().manual_seed(seed), dtype=torch.float32)
    weight = scale * weight / weight.norm()
    penalty = gradient_penalty(lambda x: (x * weight).sum(dim=(1, 2, 3)), _images(4), _images(4, 1), torch.rand(4))
    torch.testing.assert_close(penalty, torch.tensor((scale - 1.0) ** 2), atol=1e-5, rtol=1e-5)


def test_penalty_of_a_quadratic_critic_sees_the_interpolated_image() -> None:
    real, fake, mix = _images(5), _images(5, 1), torch.linspace(0, 1, 5)
    between = mix[:, None, None, None] * real + (1 - mix[:, None, None, None]) * fake
    expected = ((between.flatten(1).norm(dim=1) - 1) ** 2).mean()
    found = gradient_penalty(lambda x: x.square().sum(dim=(1, 2, 3)) / 2, real, fake, mix)
    torch.testing.assert_close(found, expected)


def test_penalty_trains_the_critic_and_leaves_the_fake_alone() -> None:
    weight = torch.full((3, 8, 8), 0.1, requires_grad=True)
    fake = _images(4, 1).requires_grad_(True)
    gradient_penalty(lambda x: (x * weight).sum(dim=(1, 2, 3)), _images(4), fake, torch.rand(4)).backward()
    slope = float(weight.detach().norm())
    torch.testing.assert_close(weight.grad, 2 * (slope - 1) / slope * weight.detach())
    assert fake.grad is None


def test_penalty_stays_fp32_under_autocast() -> None:
    seen = []

    def score(image: torch.Tensor) -> torch.Tensor:
        seen.append((image.flatten(1) @ torch.ones(192, 1)).dtype)
        return image.sum(dim=(1, 2, 3))

    with torch.autocast("cpu", torch.bfloat16):
        gradient_penalty(score, _images(2), _images(2, 1), torch.rand(2))
    assert seen == [torch.float32]


def test_unknown_action_units_have_no_gradient_even_where_the_label_is_not_a_number() -> None:
    found = torch.rand(4, 5, requires_grad=True)
    wanted = torch.rand(4, 5)
    mask = torch.rand(4, 5, generator=torch.Generator().manual_seed(3)) > 0.5
    wanted[~mask] = float("nan")
    loss = masked_mse(found, wanted, mask)
    loss.backward()
    torch.testing.assert_close(loss.detach(), ((found.detach() - wanted)[mask] ** 2).mean())
    assert torch.equal(found.grad[~mask], torch.zeros(int((~mask).sum())))
    assert bool((found.grad[mask] != 0).all())


def test_no_known_action_unit_costs_nothing() -> None:
    assert masked_mse(torch.rand(2, 3), torch.rand(2, 3), torch.zeros(2, 3, dtype=torch.bool)) == 0


def test_no_loss_depends_on_the_batch_size() -> None:
    real, fake, mix = _images(3), _images(3, 1), torch.rand(3)
    au, target, mask = torch.rand(3, 5), torch.rand(3, 5), torch.rand(3, 5) > 0.5
    chosen = torch.tensor([True, False, True])

    def losses(times: int) -> list[torch.Tensor]:
        a, b, m, x, y, k, c = (torch.cat([value] * times) for value in (real, fake, mix, au, target, mask, chosen))
        return [
            critic_wasserstein(a, b),
            generator_wasserstein(b),
            gradient_penalty(lambda image: image.square().sum(dim=(1, 2, 3)), a, b, m),
            masked_mse(x, y, k),
            mean_l1(a, b),
            selected_l1(a, b, c),
            total_variation(a[:, :1]),
        ]

    for once, thrice in zip(losses(1), losses(3), strict=True):
        torch.testing.assert_close(once, thrice)


def test_total_variation_counts_the_length_of_an_edge() -> None:
    square = torch.zeros(2, 1, 8, 8)
    square[0, 0, 2:5, 3:7] = 0.5
    assert float(total_variation(square)) == 0.5 * 14 / 2


def test_slopes_of_a_ramp_are_its_steepness() -> None:
    ramp = torch.arange(6.0)[None, None, None, :].expand(1, 1, 4, 6)
    across, down = image_slopes(ramp)[0]
    assert torch.equal(across, torch.ones(3, 5))
    assert torch.equal(down, torch.zeros(3, 5))


def test_selected_l1_of_nothing_is_zero() -> None:
    assert selected_l1(_images(2), _images(2, 1), torch.zeros(2, dtype=torch.bool)) == 0
