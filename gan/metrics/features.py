"""Features of whole images that need no download, by name: what a kernel distance or a linear classifier sees.

Each is a fixed function of the image, the same on every machine. They are weaker than a network trained on a million
photographs, and they are named wherever a number depends on them.
"""

from collections.abc import Callable

import cv2
import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn

Images = npt.NDArray[np.uint8]
Features = npt.NDArray[np.float64]

SIDE = 64
"""Pixels to which images are reduced, by area averages, before anything is measured."""

SEED = 20111
WIDTHS = (32, 64, 128, 256)


def reduced(images: Images, side: int = SIDE) -> Images:
    """Returns images (N, H, W, 3) at ``side`` pixels, each pixel the mean over its area."""
    if images.shape[1:3] == (side, side):
        return images
    return np.stack([cv2.resize(image, (side, side), interpolation=cv2.INTER_AREA) for image in images])


def hog(images: Images) -> Features:
    """Returns histograms of oriented gradients of the luma, (N, 1764): shapes and edges, no colour.

    Dalal & Triggs, "Histograms of oriented gradients for human detection", CVPR 2005: 9 unsigned orientations, cells
    of 8 by 8 pixels, blocks of 2 by 2 cells, L2-Hys. Scaled to a mean square of 1, so that the kernel's constant and
    its product weigh alike.
    """
    from skimage.color import rgb2gray
    from skimage.feature import hog as of_one

    options = {"orientations": 9, "pixels_per_cell": (8, 8), "cells_per_block": (2, 2), "block_norm": "L2-Hys"}
    found = np.stack([of_one(rgb2gray(image), **options) for image in reduced(images)]).astype(np.float64)
    return np.asarray(found * np.sqrt(9 * 4))  # a block of 36 numbers has length 1


def random_convolutions(images: Images) -> Features:
    """Returns means and deviations of the maps of a convolutional network that nobody trained, (N, 960).

    Random filters already answer to edges, colours and textures at several scales: Jarrett et al., "What is the best
    multi-stage architecture for object recognition?", ICCV 2009; Saxe et al., "On random weights and unsupervised
    feature learning", ICML 2011; Naeem et al., "Reliable fidelity and diversity metrics for generative models", ICML
    2020, measure generators with them. Four layers of 3x3 filters with stride 2, each filter without a mean (the first
    layer keeps one filter per colour that has), weights after He et al. 2015, a fixed seed.
    """
    network = _random_network()
    batches = np.array_split(reduced(images), -(-len(images) // 64))
    with torch.no_grad():
        return np.concatenate([_moments(network, _tensor(batch)) for batch in batches])


def _tensor(images: Images) -> Tensor:
    return torch.from_numpy(np.ascontiguousarray(images)).permute(0, 3, 1, 2).float() / 127.5 - 1.0


def _random_network() -> nn.ModuleList:
    generator = torch.Generator().manual_seed(SEED)
    layers = nn.ModuleList()
    for before, after in zip((3, *WIDTHS), WIDTHS, strict=False):
        layer = nn.Conv2d(before, after, 3, stride=2, padding=1, bias=False)
        weight = torch.randn(layer.weight.shape, generator=generator)
        if before != 3:
            weight -= weight.mean(dim=(1, 2, 3), keepdim=True)
        layer.weight.data = weight * (2.0 / (9 * before)) ** 0.5
        layers.append(layer)
    return layers.requires_grad_(False)


def _moments(layers: nn.ModuleList, features: Tensor) -> Features:
    """Returns mean and standard deviation over each map of each layer; maps keep a mean square near 1."""
    found = []
    for layer in layers:
        features = torch.relu(layer(features))
        flat = features.flatten(2)
        found += [flat.mean(dim=2), flat.std(dim=2)]
    return np.asarray(torch.cat(found, dim=1).double().numpy())


FEATURES: dict[str, Callable[[Images], Features]] = {"HOG": hog, "random-conv": random_convolutions}
"""Extractors by the name that a number made with them carries."""
