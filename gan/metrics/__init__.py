"""The metrics of an edit, as a table: one number per edited image, with unit and direction.

This table is the registry. A metric is one function from a ``Comparison`` to (N,) numbers and one line here; contract
tests run over the table. Those that begin with ``input_`` score the source itself, as if a method had returned its
input: what a method has to beat. ``judge_floor`` scores the exact targets: what the judge gets wrong by itself.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from gan.metrics import action_units, attention, images
from gan.metrics.comparison import Comparison
from gan.metrics.intervals import Interval, difference_interval, mean_interval
from gan.metrics.measurement import Measurement

__all__ = [
    "METRICS",
    "Comparison",
    "Interval",
    "Measurement",
    "Metric",
    "difference_interval",
    "mean_interval",
]

PerImage = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Metric:
    """One column of the table of edits.

    Attributes:
        compute: comparison to (N,); not a number where it does not apply.
        unit: "" for a pure number.
        higher_is_better: None where neither direction is better.
    """

    compute: Callable[[Comparison], PerImage]
    unit: str
    higher_is_better: bool | None


def _attention(measure: Callable[[npt.NDArray[np.float32]], PerImage]) -> Callable[[Comparison], PerImage]:
    return lambda c: np.full(len(c.source), np.nan) if c.attention is None else measure(c.attention)


def _beside_change(
    measure: Callable[[npt.NDArray[np.float32], npt.NDArray[np.bool_]], PerImage],
) -> Callable[[Comparison], PerImage]:
    return lambda c: np.full(len(c.source), np.nan) if c.attention is None else measure(c.attention, c.changed)


METRICS: dict[str, Metric] = {
    "psnr": Metric(lambda c: images.psnr(c.edited, c.target), "dB", True),
    "psnr_changed": Metric(lambda c: images.psnr(c.edited, c.target, c.changed), "dB", True),
    "psnr_unchanged": Metric(lambda c: images.psnr(c.edited, c.target, ~c.changed), "dB", True),
    "ssim": Metric(lambda c: images.ssim(c.edited, c.target), "", True),
    "ssim_changed": Metric(lambda c: images.ssim(c.edited, c.target, c.changed), "", True),
    "input_psnr": Metric(lambda c: images.psnr(c.source, c.target), "dB", True),
    "input_psnr_changed": Metric(lambda c: images.psnr(c.source, c.target, c.changed), "dB", True),
    "input_ssim": Metric(lambda c: images.ssim(c.source, c.target), "", True),
    "input_ssim_changed": Metric(lambda c: images.ssim(c.source, c.target, c.changed), "", True),
    "changed_fraction": Metric(lambda c: c.changed.mean(axis=(1, 2)), "", None),
    "au_error": Metric(lambda c: action_units.mean_error(c.judged_edited, c.asked), "activation", False),
    "input_au_error": Metric(lambda c: action_units.mean_error(c.judged_source, c.asked), "activation", False),
    "judge_floor": Metric(lambda c: action_units.mean_error(c.judged_target, c.asked), "activation", False),
    "attention_mean": Metric(_attention(attention.mean), "", None),
    "attention_std": Metric(_attention(attention.std), "", None),
    "attention_high": Metric(_attention(attention.fraction_high), "", None),
    "attention_low": Metric(_attention(attention.fraction_low), "", None),
    "attention_overlap": Metric(_beside_change(attention.overlap), "", True),
    "attention_contrast": Metric(_beside_change(attention.contrast), "", True),
}
"""Every per-image metric by name."""
