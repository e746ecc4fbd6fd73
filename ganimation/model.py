"""The networks of GANimation (Pumarola et al., "GANimation: anatomically-aware facial animation", ECCV 2018).

Facts of the architecture that matter and are easily lost: the condition enters as constant planes beside the image,
so every convolution pads with zeros (a reflected plane stays constant and instance normalisation removes it); the
critic has no normalisation (its gradient penalty is per image); the Action Unit head is linear.
"""

from itertools import pairwise
from typing import Literal

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional

from gan.method import Edit


class ResidualBlock(nn.Module):
    """Adds conv-norm-ReLU-conv-norm to its input; no activation after the sum."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.body = nn.Sequential(
            nn.Conv2d(width, width, 3, padding=1, bias=False),
            nn.InstanceNorm2d(width, affine=True),
            nn.ReLU(inplace=True),
            nn.Conv2d(width, width, 3, padding=1, bias=False),
            nn.InstanceNorm2d(width, affine=True),
        )

    def forward(self, features: Float[Tensor, "b c h w"]) -> Float[Tensor, "b c h w"]:
        """Returns features of the same shape."""
        return features + self.body(features)


class Generator(nn.Module):
    """Edits faces: new colours, and an attention map that says where the input is kept."""

    def __init__(
        self,
        num_aus: int,
        width: int = 64,
        num_blocks: int = 6,
        attention_bias: float | None = None,
        coarse: int = 1,
    ) -> None:
        """Builds the network with weights from N(0, 0.02).

        Args:
            num_aus: length of the condition.
            width: channels after the stem; doubled twice on the way down.
            num_blocks: residual blocks at a quarter of the resolution.
            attention_bias: None for the published head without a bias; a number adds a learnt bias that starts
                there, in logits (positive: the untrained generator keeps most of its input).
            coarse: 1 as published. 2 works at half the resolution and enlarges attention and colours bilinearly before
                they are composed with the full image: a quarter of the work, and edits that cannot hold fine noise.
        """
        super().__init__()
        self.num_aus, self.coarse = num_aus, coarse
        self.trunk = nn.Sequential(
            *_stage(nn.Conv2d(3 + num_aus, width, 7, padding=3, bias=False)),
            *_stage(nn.Conv2d(width, 2 * width, 4, stride=2, padding=1, bias=False)),
            *_stage(nn.Conv2d(2 * width, 4 * width, 4, stride=2, padding=1, bias=False)),
            *(ResidualBlock(4 * width) for _ in range(num_blocks)),
            *_stage(nn.ConvTranspose2d(4 * width, 2 * width, 4, stride=2, padding=1, bias=False)),
            *_stage(nn.ConvTranspose2d(2 * width, width, 4, stride=2, padding=1, bias=False)),
        )
        self.colour = nn.Conv2d(width, 3, 7, padding=3, bias=False)
        self.attention = nn.Conv2d(width, 1, 7, padding=3, bias=attention_bias is not None)
        self.apply(_normal_weights)
        if self.attention.bias is not None and attention_bias is not None:
            nn.init.constant_(self.attention.bias, attention_bias)

    def forward(self, image: Float[Tensor, "b 3 h w"], target: Float[Tensor, "b k"]) -> Edit:
        """Returns the images with the expressions ``target`` in [0, 1]; H and W are multiples of 4 * coarse."""
        seen = functional.avg_pool2d(image, self.coarse) if self.coarse > 1 else image
        planes = target[:, :, None, None].expand(-1, -1, *seen.shape[2:])
        features = self.trunk(torch.cat([seen, planes.to(image.dtype)], dim=1))
        colour = torch.tanh(self._enlarged(self.colour(features).float()))
        attention = torch.sigmoid(self._enlarged(self.attention(features).float()))
        return composed(image, attention, colour)

    def _enlarged(self, maps: Float[Tensor, "b c h w"]) -> Float[Tensor, "b c h2 w2"]:
        if self.coarse == 1:
            return maps
        return functional.interpolate(maps, scale_factor=self.coarse, mode="bilinear", align_corners=False)


class Critic(nn.Module):
    """Scores how real patches look, and reads the Action Units."""

    def __init__(
        self,
        num_aus: int,
        image_size: int = 128,
        width: int = 64,
        num_layers: int = 6,
        initial: Literal["normal", "he"] = "normal",
    ) -> None:
        """Builds the network; its last map is image_size / 2**num_layers wide.

        Args:
            num_aus: Action Units to read.
            image_size: pixels, height and width.
            width: channels after the first layer; doubled by each other one.
            num_layers: strided convolutions.
            initial: "normal" draws the published N(0, 0.02), which suits the published width. A narrow network
                without normalisation shrinks its signal with it, layer by layer; "he" draws N(0, sqrt(2 / fan-in))
                (He et al., 2015), which does not.

        Raises:
            ValueError: the image cannot be halved that often.
        """
        super().__init__()
        if num_layers < 1 or image_size % 2**num_layers:
            raise ValueError(f"an image of {image_size} pixels cannot be halved {num_layers} times")
        widths = [3, *(width * 2**layer for layer in range(num_layers))]
        self.trunk = nn.Sequential(
            *(
                module
                for before, after in pairwise(widths)
                for module in (nn.Conv2d(before, after, 4, stride=2, padding=1), nn.LeakyReLU(0.01))
            )
        )
        self.patches = nn.Conv2d(widths[-1], 1, 3, padding=1, bias=False)
        self.action_units = nn.Conv2d(widths[-1], num_aus, image_size // 2**num_layers, bias=False)
        self.apply(_normal_weights if initial == "normal" else _he_weights)

    def forward(self, image: Float[Tensor, "b 3 s s"]) -> tuple[Float[Tensor, "b p p"], Float[Tensor, "b k"]]:
        """Returns the score of each patch, unbounded, and the Action Unit intensities, linear."""
        features = self.trunk(image)
        return self.patches(features)[:, 0], self.action_units(features).flatten(1)


def composed(
    image: Float[Tensor, "b 3 h w"], attention: Float[Tensor, "b 1 h w"], colour: Float[Tensor, "b 3 h w"]
) -> Edit:
    """Returns attention * image + (1 - attention) * colour: version 2 of the paper, and its published code.

    An attention of 1 returns the input bit for bit.
    """
    return Edit(attention * image + (1.0 - attention) * colour, attention, colour)


def num_parameters(network: nn.Module) -> int:
    """Returns how many weights a network has."""
    return sum(weight.numel() for weight in network.parameters())


def _stage(convolution: nn.Conv2d | nn.ConvTranspose2d) -> tuple[nn.Module, ...]:
    norm = nn.InstanceNorm2d(convolution.out_channels, affine=True)
    return convolution, norm, nn.ReLU(inplace=True)


def _normal_weights(module: nn.Module) -> None:
    if isinstance(module, nn.Conv2d | nn.ConvTranspose2d):
        nn.init.normal_(module.weight, 0.0, 0.02)
        if module.bias is not None:
            nn.init.zeros_(module.bias)


def _he_weights(module: nn.Module) -> None:
    if isinstance(module, nn.Conv2d):
        nn.init.kaiming_normal_(module.weight, nonlinearity="relu")
        if module.bias is not None:
            nn.init.zeros_(module.bias)
