"""Scores one arm's edits against exact twins, and stores what people want to see of them."""

import json
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from statistics import fmean
from typing import Any

import numpy as np
import pandas as pd

from annotate.estimator import AuEstimator
from faceset.loading import ShardSet
from faceset.splits import split_of
from ganimation.editing import Editor
from ganimation.evaluation import evaluate
from pipeline import stage
from pipeline.edit_pictures import one_of_each, save_edits, save_strips
from pipeline.files import whole, whole_folder
from pipeline.networks import editor_of, judge_of
from pipeline.params import Evaluate, Params, Splits
from pipeline.progress import track

TWIN_SETS = ("twins", "twins_emulated")
Scores = list[dict[str, Any]]
HEADLINES = ("psnr_changed", "input_psnr_changed", "ssim_changed", "input_ssim_changed", "au_error", "attention_mean")
"""What ``dvc metrics show`` compares; ``measurements.json`` has the rest, with intervals."""


def run(params: Params, name: str) -> None:
    """Writes ``<runs>/<name>/evaluation`` and ``<runs>/<name>/metrics.json``.

    The folder holds ``measurements.json`` and ``pairs.parquet`` over all seeds, and pictures of the first seed:
    ``edits_<set>.npz`` beside exact twins and ``strips_<set>.npz`` (``pipeline.edit_pictures``).
    """
    params.arm(name)
    folder, settings = params.paths.runs / name, params.evaluate
    judge = judge_of(params.paths.runs)
    editors = {seed: editor_of(params.paths.runs, name, seed, judge) for seed in params.train.seeds}
    sets = {entry: ShardSet.from_folder(params.paths.shards / entry) for entry in TWIN_SETS}
    photographs = ShardSet.from_folder(params.paths.shards / "real")
    with whole_folder(folder / "evaluation") as out:
        scores = _score(f"evaluate {name}", editors, judge, sets, settings, out)
        editor = editors[params.train.seeds[0]]
        for entry, faces in sets.items():
            save_edits(out / f"edits_{entry}.npz", editor, judge, faces, settings.strips)
            people = one_of_each(faces, settings.strips)
            save_strips(out / f"strips_{entry}.npz", editor, faces, people, settings.strip_levels)
        people = one_of_each(photographs, settings.strips, _held_out(photographs, params.seed, params.splits))
        save_strips(out / "strips_real.npz", editor, photographs, people, settings.strip_levels, known=False)
    with whole(folder / "metrics.json") as path:
        _write_json(path, means(scores))


def means(scores: Scores) -> dict[str, dict[str, float | None]]:
    """Returns the mean over seeds of each headline of each set; None where it is not defined."""
    found: dict[str, dict[str, list[float]]] = {}
    for score in (score for score in scores if score["metric"] in HEADLINES):
        values = found.setdefault(score["set"], {}).setdefault(score["metric"], [])
        values += [] if score["value"] is None else [score["value"]]
    return {
        entry: {metric: fmean(values) if values else None for metric, values in metrics.items()}
        for entry, metrics in found.items()
    }


def _score(
    label: str,
    editors: Mapping[int, Editor],
    judge: AuEstimator,
    sets: Mapping[str, ShardSet],
    settings: Evaluate,
    out: Path,
) -> Scores:
    """Writes the scores of every seed on every set and returns the measurements."""
    rows: list[pd.DataFrame] = []
    scores: Scores = []
    with track(label, len(editors) * len(sets)) as progress:
        for seed, editor in editors.items():
            for entry, faces in sets.items():
                found = evaluate(editor, judge, faces, settings.max_pairs, settings.resamples)
                rows.append(found.rows.assign(seed=seed, set=entry))
                scores += [{"seed": seed, "set": entry, **score.to_json()} for score in found.measurements]
                progress(len(rows))
    pd.concat(rows, ignore_index=True).to_parquet(out / "pairs.parquet", index=False, compression="zstd")
    _write_json(out / "measurements.json", scores)
    return scores


def _held_out(faces: ShardSet, seed: int, splits: Splits) -> "np.ndarray[Any, np.dtype[np.bool_]]":
    """Returns which faces no arm was trained on; all of them where the split left none out."""
    names: Sequence[str] = faces.labels("identity").tolist()
    held_out = np.array([split_of(name, seed, splits.fractions) == "test" for name in names])
    return held_out if held_out.any() else ~held_out


def _write_json(path: Path, content: object) -> None:
    path.write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    sys.exit(stage.main_of("arm", run))
