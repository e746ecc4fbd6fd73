"""Scores a trained generator against exact twins: same face, same light, only the expression asked for."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from annotate.estimator import AuEstimator
from faceset.conditions import intensities, known
from faceset.faces import FaceData
from faceset.twins import TwinGroups
from gan.errors import DataError
from gan.metrics import METRICS, Comparison, Measurement, mean_interval
from gan.metrics.action_units import agreement
from ganimation.editing import Editor

Pairs = npt.NDArray[np.int64]

CHANGED_AU = 0.05
"""Activation by which an Action Unit must differ to be named in a pair's row."""


@dataclass(frozen=True, eq=False)
class Evaluation:
    """What twins say about a generator.

    Attributes:
        rows: one per pair: key_source, key_target, identity, aus, and a column per metric of ``gan.metrics.METRICS``.
        measurements: the mean of each column, and the judge's agreement per Action Unit for edits and exact targets,
            with 95 % intervals over identities.
    """

    rows: pd.DataFrame
    measurements: list[Measurement]


def evaluate(
    editor: Editor, judge: AuEstimator, data: FaceData, max_pairs: int = 300, resamples: int = 200
) -> Evaluation:
    """Returns the scores of an editor on pairs of twins.

    Args:
        editor: what is scored.
        judge: reads the Action Units of edits and targets; trained on other people, sharing nothing with the critic.
        data: faces with twins.
        max_pairs: pairs at most, evenly spread over the data; equal for every editor with the same condition.
        resamples: of the bootstrap over identities.

    Raises:
        DataError: the data have no twins whose Action Units are known, or the judge does not read them all.
    """
    condition = editor.config.condition
    pairs = twin_pairs(data, condition, max_pairs)
    comparison = compare(editor, judge, data, pairs)
    rows = _rows(data, pairs, condition, comparison)
    identities = rows["identity"].tolist()
    measurements = [_summary(name, rows, identities) for name in METRICS]
    readings = {"edited": comparison.judged_edited, "target": comparison.judged_target}
    for name, found in readings.items():
        measurements += agreement(name, found, comparison.asked, condition, identities, resamples)
    return Evaluation(rows, measurements)


def twin_pairs(data: FaceData, condition: tuple[str, ...], max_pairs: int) -> Pairs:
    """Returns (P, 2) indices (source, target) of twins with every Action Unit of the condition known.

    Raises:
        DataError: there is no such pair.
    """
    complete = known(data, condition).all(axis=1)
    pairs = TwinGroups.of(data).pairs()
    pairs = pairs[complete[pairs].all(axis=1)]
    if not len(pairs):
        raise DataError(
            f"none of the {len(data)} faces has a twin with {', '.join(condition)} known: "
            "render twins, they are the only exact targets"
        )
    spread = np.unique(np.linspace(0, len(pairs) - 1, min(max_pairs, len(pairs))).astype(np.int64))
    return np.asarray(pairs[spread], dtype=np.int64)


def compare(editor: Editor, judge: AuEstimator, data: FaceData, pairs: Pairs) -> Comparison:
    """Returns the edits of the pairs' sources towards their targets' expressions, beside the exact targets."""
    condition = editor.config.condition
    columns = _columns(judge, condition)
    source, target = data.images(pairs[:, 0]), data.images(pairs[:, 1])
    asked = intensities(data, condition)[pairs[:, 1]]
    edited = editor.edit_batch(source, asked)

    def judged(images: npt.NDArray[np.uint8]) -> npt.NDArray[np.float32]:
        return judge.estimate(images)[:, columns]

    return Comparison(
        source=source,
        target=target,
        edited=edited.images,
        attention=edited.attention,
        asked=asked,
        judged_source=judged(source),
        judged_target=judged(target),
        judged_edited=judged(edited.images),
    )


def _columns(judge: AuEstimator, condition: tuple[str, ...]) -> list[int]:
    missing = [key for key in condition if key not in judge.config.keys]
    if missing:
        raise DataError(f"the judge does not read {', '.join(missing)}; it reads {', '.join(judge.config.keys)}")
    return [judge.config.keys.index(key) for key in condition]


def _rows(data: FaceData, pairs: Pairs, condition: tuple[str, ...], comparison: Comparison) -> pd.DataFrame:
    au = intensities(data, condition)
    changes = np.abs(au[pairs[:, 1]] - au[pairs[:, 0]]) > CHANGED_AU
    names = {name: _texts(data.labels(name)) for name in ("sample_key", "identity")}
    return pd.DataFrame(
        {
            "key_source": names["sample_key"][pairs[:, 0]],
            "key_target": names["sample_key"][pairs[:, 1]],
            "identity": names["identity"][pairs[:, 0]],
            "aus": ["+".join(key for key, on in zip(condition, row, strict=True) if on) for row in changes],
            **{name: metric.compute(comparison) for name, metric in METRICS.items()},
        }
    )


def _summary(name: str, rows: pd.DataFrame, identities: list[str]) -> Measurement:
    metric = METRICS[name]
    interval = mean_interval(rows[name].to_numpy(np.float64), identities)
    return Measurement(
        name, interval.value, interval.low, interval.high, metric.unit, metric.higher_is_better, interval.n
    )


def _texts(values: npt.NDArray[np.generic]) -> npt.NDArray[np.str_]:
    return np.array([value.decode() if isinstance(value, bytes) else str(value) for value in values.tolist()])
