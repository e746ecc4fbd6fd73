"""The losses of GANimation, as pure functions of networks and batch.

Reductions (the published code and paper differ; ``docs/decisions`` has the arithmetic): every term is a mean over the
batch. The Action Unit term is ``au`` times the mean squared error over known entries: 160 is the published 4000
divided by the published batch of 25. Cycle is a mean over pixels. Attention is a mean over pixels, summed over the two
passes. Total variation is a sum over pixels, a mean over the batch, summed over the two passes.
"""

from dataclasses import dataclass
from typing import Literal

import torch
from jaxtyping import Float
from torch import Tensor

from gan.batch import Batch
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
from gan.method import Edit, Losses
from ganimation.model import Critic, Generator


@dataclass(frozen=True)
class LossWeights:
    """What each term is multiplied by.

    Attributes:
        adversarial: Wasserstein term, critic and generator.
        penalty: gradient penalty of the critic.
        au: mean squared Action Unit error, critic (photographs) and generator (edited).
        cycle: mean L1 between the photograph and the edit undone.
        attention: mean attention; it pushes towards more editing, against "return the input".
        smoothness: total variation of the attention, summed over pixels.
        twin: mean L1 between the edit and the exact twin, where the batch has one.
        twin_slopes: the same on image slopes, for sharp edges.

    Raises:
        ValueError: a weight is negative.
    """

    adversarial: float = 1.0
    penalty: float = 10.0
    au: float = 160.0
    cycle: float = 10.0
    attention: float = 0.1
    smoothness: float = 1e-5
    twin: float = 0.0
    twin_slopes: float = 0.0

    def __post_init__(self) -> None:
        """Checks the signs."""
        negative = {name: value for name, value in vars(self).items() if value < 0.0}
        if negative:
            raise ValueError(f"loss weights must not be negative, found {negative}")


@dataclass(frozen=True)
class Conditions:
    """Expressions without gaps: of the photographs (``source``) and of the edits (``target``), (B, K) in [0, 1]."""

    source: Float[Tensor, "b k"]
    target: Float[Tensor, "b k"]


def conditions(batch: Batch, estimate: Float[Tensor, "b k"] | None) -> Conditions:
    """Returns the expressions of a batch with unknown entries filled.

    An unknown source entry takes the critic's estimate of the photograph, an unknown target entry keeps the source:
    a face is asked to change only in what somebody measured. ``estimate`` is not needed where all is known.
    """
    guess = torch.zeros_like(batch.au) if estimate is None else estimate.detach().float().clamp(0.0, 1.0)
    source = torch.where(batch.known, batch.au, guess)
    return Conditions(source, torch.where(batch.target_known, batch.target, source))


def reading_losses(critic: Critic, batch: Batch, weights: LossWeights) -> Losses:
    """Returns the critic's Action Unit term alone."""
    return Losses({"au": weights.au * masked_mse(critic(batch.image)[1], batch.au, batch.known, batch.count("known"))})


def critic_losses(
    generator: Generator, critic: Critic, batch: Batch, weights: LossWeights, summed_penalty: bool = True
) -> Losses:
    """Returns the critic's terms; Action Units on photographs and known entries alone.

    With ``summed_penalty`` the gradient penalty, on the mean patch score, is one of them.
    """
    real_score, real_au = critic(batch.image)
    fake = _edited(generator, batch, real_au)
    fake_score, _ = critic(fake)
    distance = critic_wasserstein(real_score, fake_score)
    terms = {
        "adversarial": weights.adversarial * distance,
        "au": weights.au * masked_mse(real_au, batch.au, batch.known, batch.count("known")),
    }
    if summed_penalty:
        terms["penalty"] = weights.penalty * _penalty(critic, batch, fake, "mean")
    return Losses(terms, {"wasserstein": -distance})


def penalty_losses(generator: Generator, critic: Critic, batch: Batch, weights: LossWeights) -> Losses:
    """Returns the penalty alone, on the sum of the patch scores, as the published code's second step takes it."""
    fake = _edited(generator, batch, _estimate(critic, batch))
    return Losses({"penalty": weights.penalty * _penalty(critic, batch, fake, "sum")})


def generator_losses(generator: Generator, critic: Critic, batch: Batch, weights: LossWeights) -> Losses:
    """Returns the generator's terms: fool the critic, show the target, come back, edit little and smoothly."""
    wanted = conditions(batch, _estimate(critic, batch))
    edit = generator(batch.image, wanted.target)
    back = generator(edit.image, wanted.source)
    score, au = critic(edit.image)
    terms = {
        "adversarial": weights.adversarial * generator_wasserstein(score),
        "au": weights.au * masked_mse(au, wanted.target, batch.target_known, batch.count("target_known")),
        "cycle": weights.cycle * mean_l1(back.image, batch.image),
        "attention": weights.attention * (edit.attention.mean() + back.attention.mean()),
        "smoothness": weights.smoothness * (total_variation(edit.attention) + total_variation(back.attention)),
        **_twin_terms(edit, batch, weights),
    }
    return Losses(terms, _attention_statistics(edit.attention.detach()))


def _estimate(critic: Critic, batch: Batch) -> Float[Tensor, "b k"] | None:
    """Returns the critic's reading of the photographs, or None where the labels leave nothing to read."""
    if bool(batch.known.all()):
        return None
    with torch.no_grad():
        estimate: Tensor = critic(batch.image)[1]
    return estimate


def _edited(generator: Generator, batch: Batch, estimate: Float[Tensor, "b k"] | None) -> Float[Tensor, "b 3 h w"]:
    with torch.no_grad():
        edit: Edit = generator(batch.image, conditions(batch, estimate).target)
    return edit.image


def _penalty(
    critic: Critic, batch: Batch, fake: Float[Tensor, "b 3 h w"], patches: Literal["mean", "sum"]
) -> Float[Tensor, ""]:
    def score(image: Float[Tensor, "b 3 h w"]) -> Tensor:
        values: Tensor = critic(image)[0].flatten(1)
        return values.sum(dim=1) if patches == "sum" else values.mean(dim=1)

    return gradient_penalty(score, batch.image, fake, batch.mix)


def _twin_terms(edit: Edit, batch: Batch, weights: LossWeights) -> dict[str, Float[Tensor, ""]]:
    terms, count = {}, batch.count("has_twin")
    if weights.twin > 0.0:
        terms["twin"] = weights.twin * selected_l1(edit.image, batch.twin, batch.has_twin, count)
    if weights.twin_slopes > 0.0:
        slopes = selected_l1(image_slopes(edit.image), image_slopes(batch.twin), batch.has_twin, count)
        terms["twin_slopes"] = weights.twin_slopes * slopes
    return terms


def _attention_statistics(attention: Float[Tensor, "b 1 h w"]) -> dict[str, Float[Tensor, ""]]:
    return {
        "attention_mean": attention.mean(),
        "attention_std": attention.std(),
        "attention_high": (attention > 0.95).float().mean(),
        "attention_low": (attention < 0.05).float().mean(),
    }
