"""The smallest GANimation that trains: seconds for a thousand steps, for tests and the campaign."""

from gan.method import AdamConfig
from gan.schedule import LinearDecay
from ganimation.config import GanimationConfig

MICRO = GanimationConfig(
    condition=("AU4", "AU12"),
    image_size=16,
    generator_width=4,
    generator_blocks=1,
    critic_width=4,
    critic_layers=3,
    generator_adam=AdamConfig(1e-3),
    critic_adam=AdamConfig(1e-3),
    schedule=LinearDecay(6, 4),
    generator_every=2,
    batch_size=4,
)
"""Ten steps, two Action Units, images of 16 pixels."""
