"""Settings of GANimation: the published ones, and smaller ones with every deviation named."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields, replace
from typing import Any, Literal

from annotate.precision import PRECISIONS, Precision
from facs import OPENFACE17
from gan.batch import BatchConfig
from gan.method import AdamConfig
from gan.schedule import LinearDecay
from ganimation.losses import LossWeights

_CHOICES = {"penalty": ("summed", "two_step"), "precision": PRECISIONS, "critic_initial": ("normal", "he")}


@dataclass(frozen=True)
class GanimationConfig:
    """Everything that decides a run, apart from the data.

    Attributes:
        condition: keys of the Action Units that can be asked for.
        image_size: pixels, height and width; a multiple of 4 * generator_coarse and of 2**critic_layers.
        generator_width: channels after the generator's stem.
        generator_blocks: residual blocks.
        critic_width: channels after the critic's first layer.
        critic_layers: strided convolutions of the critic.
        attention_bias: see ``ganimation.model.Generator``.
        generator_coarse: see ``ganimation.model.Generator``.
        critic_initial: see ``ganimation.model.Critic``.
        weights: loss weights.
        penalty: "summed": one critic step with all terms; "two_step": the published code's second Adam step on the
            penalty alone, with the gradient of the sum of the patch scores.
        generator_adam: optimiser of the generator.
        critic_adam: optimiser of the critic.
        schedule: learning rate over the critic steps, whose number is the length of the run.
        generator_every: critic steps per generator step.
        reading_steps: steps at the beginning in which the critic learns nothing but to read Action Units, and the
            generator waits: a reader that knows nothing sends the generator after noise.
        batch_size: faces per batch.
        flip_probability: how often a face is mirrored.
        target_noise: half width of the noise on targets, which are then clamped to [0, 1].
        twin_fraction: how often a face with twins takes one of them as its target.
        precision: of the convolutions of both networks, see ``annotate.precision``; penalty and losses stay fp32.
        seed: of weights, order, targets, noise and flips.

    Raises:
        ValueError: a value is out of range.
    """

    condition: tuple[str, ...] = OPENFACE17
    image_size: int = 128
    generator_width: int = 64
    generator_blocks: int = 6
    critic_width: int = 64
    critic_layers: int = 6
    attention_bias: float | None = None
    generator_coarse: int = 1
    critic_initial: Literal["normal", "he"] = "normal"
    weights: LossWeights = field(default_factory=LossWeights)
    penalty: Literal["summed", "two_step"] = "summed"
    generator_adam: AdamConfig = field(default_factory=AdamConfig)
    critic_adam: AdamConfig = field(default_factory=AdamConfig)
    schedule: LinearDecay = field(default_factory=lambda: LinearDecay(160_000, 80_000, stair=8_000))
    generator_every: int = 5
    reading_steps: int = 0
    batch_size: int = 25
    flip_probability: float = 0.5
    target_noise: float = 0.1
    twin_fraction: float = 0.0
    precision: Precision = "fp32"
    seed: int = 0

    def __post_init__(self) -> None:
        """Checks what no part checks alone."""
        positive = ("generator_width", "critic_width", "critic_layers", "generator_every", "generator_coarse")
        wrong = [f"{name}={getattr(self, name)}" for name in positive if getattr(self, name) < 1]
        if wrong or self.generator_blocks < 0:
            raise ValueError(f"expected positive sizes, found {', '.join(wrong) or self.generator_blocks}")
        if not 0 <= self.reading_steps < self.schedule.steps:
            raise ValueError(f"reading_steps {self.reading_steps} must lie below the {self.schedule.steps} steps")
        smallest = 4 * self.generator_coarse
        if self.image_size % smallest or self.image_size % 2**self.critic_layers:
            raise ValueError(
                f"image_size {self.image_size} must be a multiple of {smallest} and of 2**{self.critic_layers}: "
                "the generator halves it twice, the critic once per layer"
            )
        for name, choices in _CHOICES.items():
            if getattr(self, name) not in choices:
                raise ValueError(f"{name} must be one of {', '.join(choices)}, found {getattr(self, name)!r}")
        if (self.weights.twin > 0.0 or self.weights.twin_slopes > 0.0) and not self.twin_fraction:
            raise ValueError("the twin loss needs twin_fraction > 0: without it no batch has a twin")
        self.batches()

    def batches(self) -> BatchConfig:
        """Returns how batches are drawn."""
        return BatchConfig(
            condition=self.condition,
            image_size=self.image_size,
            batch_size=self.batch_size,
            seed=self.seed,
            flip_probability=self.flip_probability,
            target_noise=self.target_noise,
            twin_fraction=self.twin_fraction,
        )

    def to_json(self) -> dict[str, Any]:
        """Returns plain values that JSON can hold."""
        return {key: list(value) if isinstance(value, tuple) else value for key, value in asdict(self).items()}

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> "GanimationConfig":
        """Returns the configuration that ``to_json`` wrote.

        Raises:
            ValueError: keys are missing or unknown.
        """
        names = {entry.name for entry in fields(cls)}
        if set(values) != names:
            raise ValueError(f"a GANimation configuration has other keys: {sorted(set(values) ^ names)}")
        parts: dict[str, Any] = {
            "condition": tuple(values["condition"]),
            "weights": LossWeights(**values["weights"]),
            "generator_adam": AdamConfig(**values["generator_adam"]),
            "critic_adam": AdamConfig(**values["critic_adam"]),
            "schedule": LinearDecay(**values["schedule"]),
        }
        return cls(**{**values, **parts})


PAPER = GanimationConfig()
"""As published: 128 pixels, 17 AUs, batch 25, Adam 1e-4 (.5, .999), 200,000 images for 20 + 10 epochs, 5 : 1.

Where paper and code differ, the effective weights of the code (160, 10, 0.1, 1e-5) with means over the batch; one
summed critic step; the smoothness per image (the paper's expectation). Two days on a GTX 1080 Ti in the paper.
"""

OFFICIAL = replace(PAPER, penalty="two_step", weights=LossWeights(smoothness=25 * 1e-5))
"""``PAPER`` with the two habits of the published code: a second Adam step for the penalty on the summed patch
scores, and a total variation that is summed over the batch of 25."""

SMALL = replace(
    PAPER,
    image_size=64,
    generator_width=32,
    generator_blocks=4,
    critic_width=32,
    critic_layers=5,
    schedule=LinearDecay(20_000, 10_000),
    batch_size=16,
    precision="auto",
)
"""Hours on a laptop: ``PAPER`` at 64 pixels with half the width, 4 blocks, 5 critic layers, batch 16, an eighth of the
steps without stairs, and bf16 where the machine computes in it."""

DEMO = replace(
    SMALL,
    condition=("AU4", "AU5", "AU12", "AU25", "AU26", "AU45"),
    generator_width=16,
    generator_blocks=3,
    generator_coarse=2,
    critic_width=16,
    critic_initial="he",
    weights=LossWeights(au=20.0),
    generator_adam=AdamConfig(1e-3),
    critic_adam=AdamConfig(1e-3),
    schedule=LinearDecay(800, 400),
    reading_steps=300,
    generator_every=1,
    batch_size=8,
)
"""80 s on two cores, for 64 pixels and five AUs with large motion. Where it leaves ``PAPER``, and why:

- A quarter of the width, 3 blocks, 5 critic layers, batch 8: time.
- ``generator_coarse=2``: a quarter of the work, and the generator cannot fool the critic with fine stripes. Without it,
  500 steps on drawn faces wrote stripes over whole faces; with it, twice as many steps found eyes and mouth.
- ``critic_initial="he"``: N(0, 0.02) suits 64 to 2048 channels. With 16 to 256 a score shrinks a thousandfold on its
  way, and the first fifty to hundred steps only undo that.
- ``reading_steps=300``: the critic first learns to read AUs, since its reading is what the generator follows. Such a
  step costs a tenth of a full one. (Not tried alone.)
- ``weights.au=20`` instead of 160: with few critic steps the AU term outweighs the adversarial one. On rendered faces
  15 kept 0.6 dB more than 40 where the face changed, at the same correlation in the judge's eyes.
- One generator step for each critic step, learning rate 1e-3: the run is too short for 5 to 1 at 1e-4.

``docs/results`` has what runs of it gave: where the face changed, edits of unseen people came nearer to the exact
target than their input with ``twin_fraction=0.75`` and a twin weight of 300; without them about as near, or less near.
"""
