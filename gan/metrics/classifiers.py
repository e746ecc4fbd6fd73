"""Classifiers that learn to tell two kinds of images apart, by name: small enough for hundreds of images."""

from collections.abc import Callable

import numpy as np
import numpy.typing as npt
import torch
from scipy.optimize import minimize
from scipy.special import expit
from torch import nn
from torch.nn import functional

from gan.metrics.features import Images, hog, random_convolutions, reduced

Scores = npt.NDArray[np.float64]
Inputs = npt.NDArray[np.float32]
Kinds = npt.NDArray[np.bool_]

PENALTY = 0.01
"""Of the squared weights of standardised features, per image."""

EPOCHS, BATCH, LEARNING_RATE = 14, 32, 2e-3


def linear_inputs(images: Images) -> Inputs:
    """Returns what the linear classifier sees: both kinds of features of ``gan.metrics.features``, (N, 2724)."""
    return np.concatenate([hog(images), random_convolutions(images)], axis=1).astype(np.float32)


def logistic(inputs: Inputs, kinds: Kinds, asked: Inputs, seed: int) -> Scores:
    """Returns log-odds of the second kind for ``asked``, by logistic regression on standardised inputs.

    Args:
        inputs: to learn from, (N, D).
        kinds: True for the second kind, (N,).
        asked: (M, D).
        seed: unused: the optimum is one.
    """
    del seed
    mean, deviation = inputs.mean(axis=0), np.maximum(inputs.std(axis=0), 1e-6)
    x, sign = (inputs - mean).astype(np.float64) / deviation, np.where(kinds, 1.0, -1.0)

    def loss(weights: Scores) -> tuple[float, Scores]:
        margin = sign * (x @ weights[1:] + weights[0])
        wrong = -sign * expit(-margin)
        slope = np.concatenate([[wrong.mean()], x.T @ wrong / len(x) + 2.0 * PENALTY * weights[1:]])
        return float(np.logaddexp(0.0, -margin).mean() + PENALTY * weights[1:] @ weights[1:]), slope

    best = minimize(loss, np.zeros(x.shape[1] + 1), jac=True, method="L-BFGS-B", options={"maxiter": 200}).x
    return np.asarray((asked - mean).astype(np.float64) / deviation @ best[1:] + best[0])


def network_inputs(images: Images) -> Inputs:
    """Returns what the network sees: images of 64 pixels in [-1, 1], (N, 3, 64, 64)."""
    return np.ascontiguousarray(reduced(images).transpose(0, 3, 1, 2), dtype=np.float32) / np.float32(127.5) - 1.0


def network(inputs: Inputs, kinds: Kinds, asked: Inputs, seed: int) -> Scores:
    """Returns log-odds of the second kind for ``asked``, by a convolutional network trained on mirrored images too.

    Args:
        inputs: to learn from, (N, 3, S, S).
        kinds: True for the second kind, (N,).
        asked: (M, 3, S, S).
        seed: of the first weights and of the order.
    """
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        model = _small_network()
        _train(model, torch.from_numpy(inputs), torch.from_numpy(kinds.astype(np.float32)))
        model.eval()
        with torch.no_grad():
            return np.asarray(model(torch.from_numpy(asked)).squeeze(1).double().numpy())


def _small_network() -> nn.Module:
    layers: list[nn.Module] = []
    for before, after in ((3, 16), (16, 32), (32, 64), (64, 64)):
        layers += [nn.Conv2d(before, after, 3, stride=2, padding=1), nn.BatchNorm2d(after), nn.ReLU()]
    return nn.Sequential(*layers, nn.AdaptiveAvgPool2d(2), nn.Flatten(), nn.Dropout(0.3), nn.Linear(256, 1))


def _train(model: nn.Module, images: torch.Tensor, kinds: torch.Tensor) -> None:
    optimiser = torch.optim.AdamW(model.parameters(), lr=LEARNING_RATE, weight_decay=0.01)
    for _ in range(EPOCHS):
        order = torch.randperm(len(images))
        for rows in torch.split(order[: len(order) // 2 * 2], BATCH):  # batch normalisation needs two
            batch = torch.where(torch.rand(len(rows), 1, 1, 1) < 0.5, images[rows], images[rows].flip(3))
            loss = functional.binary_cross_entropy_with_logits(model(batch).squeeze(1), kinds[rows])
            optimiser.zero_grad()
            loss.backward()  # type: ignore[no-untyped-call]
            optimiser.step()


Learner = Callable[[Inputs, Kinds, Inputs, int], Scores]
CLASSIFIERS: dict[str, tuple[Callable[[Images], Inputs], Learner]] = {
    "logistic": (linear_inputs, logistic),
    "network": (network_inputs, network),
}
"""By name: what a classifier sees of images, and how it learns and answers."""
