"""Whether the expression asked for is there, in the opinion of a judge that reads Action Units."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from annotate.agreement import icc31, mean_absolute_error, pearson
from gan.metrics.intervals import statistic_interval
from gan.metrics.measurement import Measurement

Readings = npt.NDArray[np.float32]

MEASURES = {"mae": mean_absolute_error, "pcc": pearson, "icc": icc31}


def mean_error(found: Readings, asked: Readings) -> npt.NDArray[np.float64]:
    """Returns the mean over Action Units of |found - asked| of each image, (N,), both (N, K) in [0, 1]."""
    return np.asarray(np.abs(found.astype(np.float64) - asked).mean(axis=1))


def agreement(
    name: str, found: Readings, asked: Readings, keys: Sequence[str], identities: Sequence[str], resamples: int = 200
) -> list[Measurement]:
    """Returns MAE, PCC and ICC(3,1) of each Action Unit between what was asked and what the judge read.

    Args:
        name: what was read, the first part of the metrics' names ("edited": "edited_pcc_AU12").
        found: the judge's readings, (N, K).
        asked: intensities asked for, (N, K).
        keys: the K Action Units.
        identities: of the N images.
        resamples: of the bootstrap over identities.
    """
    return [
        _measurement(f"{name}_{measure}_{key}", measure, found[:, [k]], asked[:, [k]], identities, resamples)
        for k, key in enumerate(keys)
        for measure in MEASURES
    ]


def _measurement(
    metric: str, measure: str, found: Readings, asked: Readings, identities: Sequence[str], resamples: int
) -> Measurement:
    everything = np.ones(found.shape, dtype=np.bool_)

    def statistic(rows: npt.NDArray[np.int64]) -> float:
        return float(MEASURES[measure](found[rows], asked[rows], everything[rows])[0])

    interval = statistic_interval(statistic, identities, resamples)
    unit = "activation" if measure == "mae" else ""
    return Measurement(metric, interval.value, interval.low, interval.high, unit, measure != "mae", interval.n)
