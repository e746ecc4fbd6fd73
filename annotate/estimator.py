"""A small network that reads Action Unit intensities from an aligned face.

It is the judge of edited faces, so it must not see what a GAN's critic sees: a residual network with batch
normalisation and a flattened map at the end, trained on other identities, against a critic of strided convolutions
without normalisation.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional

from annotate.errors import WeightsError
from annotate.weights import load_weights, save_weights
from facs import action_unit


@dataclass(frozen=True)
class EstimatorConfig:
    """Shape of the network.

    Attributes:
        keys: Action Units to read, bilateral ("AU12") or one side ("AU12L").
        image_size: pixels, height and width; a multiple of 16.
        width: channels after the stem; doubled by each of the three stages.
        dropout: of the features before the last layer, in training.

    Raises:
        ValueError: a value is out of range.
        UnknownActionUnitError: a key is no Action Unit.
    """

    keys: tuple[str, ...]
    image_size: int = 64
    width: int = 16
    dropout: float = 0.1

    def __post_init__(self) -> None:
        """Checks the ranges."""
        for key in self.keys:
            action_unit(key)
        if not self.keys or self.image_size < 16 or self.image_size % 16 or self.width < 1:
            raise ValueError(
                "an estimator needs Action Units, a width, and an image size that is a multiple of 16, "
                f"found {len(self.keys)} keys, width {self.width}, image_size {self.image_size}"
            )
        if not 0.0 <= self.dropout < 1.0:
            raise ValueError(f"dropout must lie in [0, 1), found {self.dropout}")


class HalvingBlock(nn.Module):
    """Residual block that halves the resolution; the short cut is an averaged, projected copy."""

    def __init__(self, before: int, after: int) -> None:
        super().__init__()
        self.body = nn.Sequential(
            nn.Conv2d(before, after, 3, stride=2, padding=1, bias=False),
            nn.BatchNorm2d(after),
            nn.SiLU(inplace=True),
            nn.Conv2d(after, after, 3, padding=1, bias=False),
            nn.BatchNorm2d(after),
        )
        self.short = nn.Sequential(nn.AvgPool2d(2), nn.Conv2d(before, after, 1))

    def forward(self, features: Float[Tensor, "b c h w"]) -> Float[Tensor, "b d h2 w2"]:
        """Returns features at half the resolution."""
        return functional.silu(self.body(features) + self.short(features))


class AuEstimator(nn.Module):
    """Faces to intensities."""

    def __init__(self, config: EstimatorConfig) -> None:
        super().__init__()
        self.config = config
        widths = [config.width * 2**stage for stage in range(4)]
        side = config.image_size // 16
        self.stem = nn.Sequential(nn.Conv2d(3, widths[0], 5, stride=2, padding=2), nn.SiLU(inplace=True))
        self.stages = nn.Sequential(*(HalvingBlock(before, after) for before, after in pairwise(widths)))
        self.head = nn.Sequential(
            nn.Flatten(), nn.Dropout(config.dropout), nn.Linear(widths[-1] * side * side, len(config.keys))
        )

    def forward(self, image: Float[Tensor, "b 3 s s"]) -> Float[Tensor, "b k"]:
        """Returns unbounded intensities of images in [-1, 1]; ``estimate`` bounds them."""
        intensities: Tensor = self.head(self.stages(self.stem(image)))
        return intensities

    @torch.no_grad()
    def estimate(self, images: npt.NDArray[np.uint8], batch_size: int = 256) -> npt.NDArray[np.float32]:
        """Returns the intensities of sRGB images (N, S, S, 3), (N, K) in [0, 1].

        Raises:
            ValueError: the images have another size than the network was trained for.
        """
        size = self.config.image_size
        if images.ndim != 4 or images.shape[1:] != (size, size, 3):
            raise ValueError(f"expected images (N, {size}, {size}, 3), found {images.shape}")
        self.eval()
        device = next(self.parameters()).device
        found = [
            self(normalised(images[start : start + batch_size]).to(device)).float().clamp(0.0, 1.0).cpu().numpy()
            for start in range(0, len(images), batch_size)
        ]
        return np.concatenate(found) if found else np.zeros((0, len(self.config.keys)), np.float32)


def normalised(images: npt.NDArray[np.uint8]) -> Float[Tensor, "b 3 h w"]:
    """Returns uint8 images (B, H, W, 3) as floats in [-1, 1], (B, 3, H, W)."""
    return torch.from_numpy(np.ascontiguousarray(images)).permute(0, 3, 1, 2).contiguous().float() / 127.5 - 1.0


def save_estimator(path: Path, estimator: AuEstimator) -> None:
    """Writes weights and configuration to one safetensors file, atomically."""
    save_weights(path, estimator, {"kind": "au_estimator", "config": asdict(estimator.config)})


def load_estimator(path: Path) -> AuEstimator:
    """Returns the estimator that ``save_estimator`` wrote, ready to estimate.

    Raises:
        WeightsError: the file is not an estimator.
    """
    weights, note = load_weights(path)
    try:
        estimator = AuEstimator(_config(note))
        estimator.load_state_dict(weights)
    except (KeyError, TypeError, ValueError, RuntimeError) as error:
        raise WeightsError(f"{path}: not an Action Unit estimator: {error}") from error
    return estimator.eval().requires_grad_(False)


def _config(note: Mapping[str, Any]) -> EstimatorConfig:
    values = dict(note["config"])
    return EstimatorConfig(**{**values, "keys": tuple(values["keys"])})
