"""Loss terms, each with its reduction stated: every one is a mean over the batch, so none depends on its size."""

from collections.abc import Callable

import torch
from jaxtyping import Bool, Float
from torch import Tensor


def critic_wasserstein(real: Float[Tensor, "b ..."], fake: Float[Tensor, "b ..."]) -> Float[Tensor, ""]:
    """Returns mean(fake) - mean(real) over batch and patches (Arjovsky et al., 2017, eq. 3, negated)."""
    return fake.float().mean() - real.float().mean()


def generator_wasserstein(fake: Float[Tensor, "b ..."]) -> Float[Tensor, ""]:
    """Returns -mean(fake) over batch and patches."""
    return -fake.float().mean()


def gradient_penalty(
    score: Callable[[Float[Tensor, "b 3 h w"]], Tensor],
    real: Float[Tensor, "b 3 h w"],
    fake: Float[Tensor, "b 3 h w"],
    mix: Tensor,
) -> Float[Tensor, ""]:
    """Returns mean over the batch of (|gradient of score at mix*real + (1-mix)*fake|_2 - 1)^2.

    Gulrajani et al., "Improved training of Wasserstein GANs", 2017, eq. 3. ``score`` gives one number per image; it
    must not mix images (no batch normalisation). The norm is taken per image over all pixels and channels, in fp32
    whatever autocast the caller is in: the square of a small difference does not survive bf16.
    """
    with torch.autocast(real.device.type, enabled=False):
        weight = mix.float()[:, None, None, None]
        between = (weight * real.float() + (1.0 - weight) * fake.detach().float()).requires_grad_(True)
        (slope,) = torch.autograd.grad(score(between).sum(), between, create_graph=True)
        norm = torch.linalg.vector_norm(slope.flatten(1), dim=1)
        return (norm - 1.0).square().mean()


def masked_mse(
    found: Float[Tensor, "b k"], wanted: Float[Tensor, "b k"], mask: Bool[Tensor, "b k"], count: float | None = None
) -> Float[Tensor, ""]:
    """Returns the mean squared error over the entries where ``mask``; 0 where there is none.

    ``count`` divides in place of their number: a part of a batch divides by the whole's (``gan.batch.Batch.count``).
    Entries outside the mask have a gradient of exactly zero, whatever ``wanted`` holds there.
    """
    error = torch.where(mask, found.float() - wanted.float(), 0.0)
    return error.square().sum() / (mask.sum().clamp(min=1) if count is None else count)


def mean_l1(found: Float[Tensor, "b ..."], wanted: Float[Tensor, "b ..."]) -> Float[Tensor, ""]:
    """Returns the mean absolute difference over all entries."""
    return (found.float() - wanted.float()).abs().mean()


def selected_l1(
    found: Float[Tensor, "b 3 h w"], wanted: Float[Tensor, "b 3 h w"], chosen: Tensor, count: float | None = None
) -> Float[Tensor, ""]:
    """Returns the mean absolute difference over the chosen images; 0 where none is chosen; ``count`` as above."""
    error = (found.float() - wanted.float()).abs().flatten(1).mean(dim=1)
    return torch.where(chosen, error, 0.0).sum() / (chosen.sum().clamp(min=1) if count is None else count)


def image_slopes(image: Float[Tensor, "b c h w"]) -> Float[Tensor, "b d h2 w2"]:
    """Returns the differences to the right and lower neighbours, (B, 2C, H-1, W-1)."""
    corner = image[:, :, :-1, :-1]
    return torch.cat([image[:, :, :-1, 1:] - corner, image[:, :, 1:, :-1] - corner], dim=1)


def total_variation(attention: Float[Tensor, "b 1 h w"]) -> Float[Tensor, ""]:
    """Returns the sum over pixels of |horizontal| + |vertical| difference of each map, meaned over the batch.

    The sum, not the mean, over pixels: the weight has to change with the image size.
    """
    maps = attention.float()
    across = (maps[:, :, :, 1:] - maps[:, :, :, :-1]).abs().sum()
    down = (maps[:, :, 1:, :] - maps[:, :, :-1, :]).abs().sum()
    return (across + down) / len(maps)
