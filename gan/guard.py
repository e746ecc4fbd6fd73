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
        message = (
            f"the mean attention is {mean:.3f}: little or nothing is edited. Where the scores agree, check the AU "
            "labels and train longer."
        )
    if mean < SATURATED_LOW:
        message = f"the attention is saturated at {mean:.3f}: nothing of the input is kept. Lower the attention weight."
    return AttentionVerdict(mean, std, bool(message), message)


def check_intensities(
    intensities: npt.NDArray[np.float32], known: npt.NDArray[np.bool_], keys: Sequence[str]
) -> dict[str, str]:
    """Returns why Action Units cannot be learnt from these faces, by key; the others can.

    An AU that nobody scored, or that is the same on every face, teaches nothing, but takes nothing from the others
    either: real releases score few AUs. A run in which no AU can be learnt is stopped, as is one with broken values.

    Args:
        intensities: (N, K).
        known: (N, K).
        keys: the K names.

    Raises:
        DataError: known intensities are not finite or outside [0, 1], or no AU can be learnt.
    """
    columns = {key: intensities[known[:, index], index] for index, key in enumerate(keys)}
    broken = {key: fault for key, values in columns.items() if (fault := _broken(values))}
    dull = {key: fault for key, values in columns.items() if key not in broken and (fault := _dull(values))}
    if broken or len(dull) == len(keys):
        named = "; ".join(f"{key}: {fault}" for key, fault in (broken or dull).items())
        raise DataError(
            f"{len(broken or dull)} of {len(keys)} Action Units cannot be learnt from these {len(intensities)} faces: "
            f"{named}. Drop them from the condition or repair the labels."
        )
    return dull


def _broken(values: npt.NDArray[np.float32]) -> str:
    if not np.isfinite(values).all():
        return "not finite"
    if len(values) and (values.min() < 0.0 or values.max() > 1.0):
        return f"outside [0, 1], from {values.min():g} to {values.max():g}"
    return ""


def _dull(values: npt.NDArray[np.float32]) -> str:
    if not len(values):
        return "never known"
    return f"always {values[0]:g}" if float(np.ptp(values)) == 0.0 else ""
