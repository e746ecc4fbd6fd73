"""GANimation as a method of the shared loop."""

from collections.abc import Mapping

import torch
from jaxtyping import Float
from torch import Tensor, nn

from annotate.precision import autocast
from gan.batch import Batch
from gan.method import AdamConfig, Edit, Losses, Phase
from ganimation.config import GanimationConfig
from ganimation.losses import critic_losses, generator_losses, penalty_losses, reading_losses
from ganimation.model import Critic, Generator


class Ganimation:
    """Networks, phases and losses of one configuration; satisfies ``gan.method.Method``."""

    needs = ("image", "au", "au_known")

    def __init__(self, config: GanimationConfig, device: str | torch.device = "cpu") -> None:
        """Builds both networks with weights that depend on ``config.seed`` alone."""
        self.config = config
        num_aus = len(config.condition)
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(config.seed)
            self.generator = Generator(
                num_aus,
                config.generator_width,
                config.generator_blocks,
                config.attention_bias,
                config.generator_coarse,
            ).to(device)
            self.critic = Critic(
                num_aus, config.image_size, config.critic_width, config.critic_layers, config.critic_initial
            ).to(device)

    @property
    def networks(self) -> Mapping[str, nn.Module]:
        """Generator and critic."""
        return {"generator": self.generator, "critic": self.critic}

    @property
    def optimisers(self) -> Mapping[str, AdamConfig]:
        """One Adam each."""
        return {"generator": self.config.generator_adam, "critic": self.config.critic_adam}

    @property
    def phases(self) -> tuple[Phase, ...]:
        """Reading first, then the critic on every step, its own penalty step where asked for, and the generator."""
        start = self.config.reading_steps
        reading = (Phase("reading", "critic", stop=start),) if start else ()
        critic = ("critic", "penalty") if self.config.penalty == "two_step" else ("critic",)
        return (
            *reading,
            *(Phase(name, "critic", start=start) for name in critic),
            Phase("generator", "generator", self.config.generator_every, start=start),
        )

    def losses(self, phase: str, batch: Batch) -> Losses:
        """Returns what "reading", "critic", "penalty" or "generator" minimises."""
        with autocast(batch.image.device, self.config.precision):
            if phase == "generator":
                return generator_losses(self.generator, self.critic, batch, self.config.weights)
            if phase == "reading":
                return reading_losses(self.critic, batch, self.config.weights)
            if phase == "penalty":
                return penalty_losses(self.generator, self.critic, batch, self.config.weights)
            summed = self.config.penalty == "summed"
            return critic_losses(self.generator, self.critic, batch, self.config.weights, summed)

    def edit(self, image: Float[Tensor, "b 3 h w"], target: Float[Tensor, "b k"]) -> Edit:
        """Returns the images with the expressions asked for, in fp32 and without gradients."""
        with torch.no_grad():
            edited: Edit = self.generator(image, target)
        return edited
