"""Two guards that catch the most common reasons why such a GAN edits nothing."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from gan.errors import DataError

SATURATED_HIGH = 0.95
"""A mean attention above this keeps the input: the generator edits nothing."""

SATURATED_LOW = 0.05
"""A mean attention below this keeps nothing: the generator paints the whole image."""


@dataclass(frozen=True)
class AttentionVerdict:
    """Where the attention ended.

    Attributes:
        mean: over the last logged steps.
        std: within a batch, over the same steps.
        saturated: whether the mean lies outside [0.05, 0.95].
        message: what it means and what to try; "" where it is healthy.
    """

    mean: float
    std: float
    saturated: bool
    message: str


def attention_verdict(means: Sequence[float], stds: Sequence[float]) -> AttentionVerdict:
    """Returns the verdict on the attention of the last steps; an empty sequence is healthy and not a number."""
    mean = float(np.mean(means)) if means else float("nan")
    std = float(np.mean(stds)) if stds else float("nan")
    message = ""
    if mean > SATURATED_HIGH:
        message = f"the attention is saturated at {mean:.3f}: the input is returned. Check the AU labels, train longer."
    if mean < SATURATED_LOW:
        message = f"the attention is saturated at {mean:.3f}: nothing of the input is kept. Lower the attention weight."
    return AttentionVerdict(mean, std, bool(message), message)


def check_intensities(intensities: npt.NDArray[np.float32], known: npt.NDArray[np.bool_], keys: Sequence[str]) -> None:
    """Stops a run whose Action Units cannot be learnt.

    Args:
        intensities: (N, K).
        known: (N, K).
        keys: the K names.

    Raises:
        DataError: known intensities of a key are absent, not finite, outside [0, 1], or all the same.
    """
    faults = [fault for k, key in enumerate(keys) if (fault := _fault(intensities[known[:, k], k]))]
    named = [f"{key}: {fault}" for k, key in enumerate(keys) if (fault := _fault(intensities[known[:, k], k]))]
    if faults:
        raise DataError(
            f"{len(faults)} of {len(keys)} Action Units cannot be learnt from these {len(intensities)} faces: "
            f"{'; '.join(named)}. Drop them from the condition or repair the labels."
        )


def _fault(values: npt.NDArray[np.float32]) -> str:
    if not len(values):
        return "never known"
    if not np.isfinite(values).all():
        return "not finite"
    if values.min() < 0.0 or values.max() > 1.0:
        return f"outside [0, 1], from {values.min():g} to {values.max():g}"
    return f"always {values[0]:g}" if float(np.ptp(values)) == 0.0 else ""
