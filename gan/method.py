"""What a GAN is to the loop: networks, phases, and losses that are pure functions of weights and batch."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol

from jaxtyping import Float
from torch import Tensor, nn

from gan.batch import Batch


@dataclass(frozen=True)
class AdamConfig:
    """Settings of one network's Adam (Kingma & Ba, 2015).

    Raises:
        ValueError: the learning rate is not positive or a beta lies outside [0, 1).
    """

    learning_rate: float = 1e-4
    beta1: float = 0.5
    beta2: float = 0.999

    def __post_init__(self) -> None:
        """Checks the ranges."""
        if self.learning_rate <= 0.0 or not 0.0 <= self.beta1 < 1.0 or not 0.0 <= self.beta2 < 1.0:
            raise ValueError(f"Adam needs learning_rate > 0 and betas in [0, 1), found {self}")


@dataclass(frozen=True)
class Phase:
    """One kind of update.

    Attributes:
        name: what ``Method.losses`` is asked for.
        network: whose weights move; every other network is frozen meanwhile.
        every: it runs on each ``every``-th step from ``start`` on, the first time on step ``start + every - 1``.
        start: first step of its time.
        stop: the step after its time; None for the end of the run.
    """

    name: str
    network: str
    every: int = 1
    start: int = 0
    stop: int | None = None

    def due(self, step: int) -> bool:
        """Returns whether the phase runs on this step; a function of the step alone."""
        if step < self.start or (self.stop is not None and step >= self.stop):
            return False
        return (step - self.start + 1) % self.every == 0


@dataclass(frozen=True)
class Losses:
    """What one phase minimises.

    Attributes:
        terms: weighted scalars by name; their sum is minimised.
        statistics: scalars to be logged.
    """

    terms: Mapping[str, Float[Tensor, ""]]
    statistics: Mapping[str, Float[Tensor, ""]] = field(default_factory=dict)

    @property
    def total(self) -> Float[Tensor, ""]:
        """The sum of the terms."""
        values = list(self.terms.values())
        return sum(values[1:], start=values[0])


@dataclass(frozen=True)
class Edit:
    """Edited images and what they were composed from.

    Attributes:
        image: attention * input + (1 - attention) * colour, (B, 3, H, W) in [-1, 1].
        attention: 1 keeps the input, 0 takes the colour, (B, 1, H, W).
        colour: the generator's new pixels in [-1, 1].
    """

    image: Float[Tensor, "b 3 h w"]
    attention: Float[Tensor, "b 1 h w"]
    colour: Float[Tensor, "b 3 h w"]


class Method(Protocol):
    """One GAN."""

    @property
    def needs(self) -> tuple[str, ...]:
        """Channels of a sample without which the method cannot be trained."""
        ...

    @property
    def networks(self) -> Mapping[str, nn.Module]:
        """The networks by name."""
        ...

    @property
    def optimisers(self) -> Mapping[str, AdamConfig]:
        """The optimiser settings of each network."""
        ...

    @property
    def phases(self) -> tuple[Phase, ...]:
        """The updates of one step, in their order."""
        ...

    def losses(self, phase: str, batch: Batch) -> Losses:
        """Returns what a phase minimises on a batch."""
        ...

    def edit(self, image: Float[Tensor, "b 3 h w"], target: Float[Tensor, "b k"]) -> Edit:
        """Returns the images with the expressions asked for."""
        ...
