"""Pictures of edits as arrays: beside exact twins, and as strips of one AU at several intensities.

An ``.npz`` file holds, for F faces, A Action Units and L levels, images (…, H, W, 3) uint8 sRGB and attention masks
(…, H, W) uint8, 255 keeps the input; texts are arrays of str.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from annotate.estimator import AuEstimator
from faceset.conditions import intensities
from faceset.loading import ShardSet
from ganimation.editing import EditedBatch, Editor
from ganimation.evaluation import compare, twin_pairs

Rows = npt.NDArray[np.int64]


def one_of_each(faces: ShardSet, count: int, allowed: npt.NDArray[np.bool_] | None = None) -> Rows:
    """Returns the first face of each of at most ``count`` people, in the order of the set."""
    rows = np.flatnonzero(np.ones(len(faces), dtype=np.bool_) if allowed is None else allowed)
    first = np.unique(faces.labels("identity")[rows], return_index=True)[1]
    return np.asarray(rows[np.sort(first)[:count]], dtype=np.int64)


def save_edits(path: Path, editor: Editor, judge: AuEstimator, faces: ShardSet, count: int) -> None:
    """Writes edits towards exact twins: source, target, edited, attention, asked (F, K), keys and aus."""
    pairs = twin_pairs(faces, editor.config.condition, count)
    found = compare(editor, judge, faces, pairs)
    assert found.attention is not None, "GANimation has an attention mask"
    np.savez_compressed(
        path,
        source=found.source,
        target=found.target,
        edited=found.edited,
        attention=_levels(found.attention),
        asked=found.asked,
        keys=faces.labels("sample_key")[pairs[:, 0]],
        aus=np.array(editor.config.condition),
    )


def save_strips(
    path: Path, editor: Editor, faces: ShardSet, rows: Rows, levels: Sequence[float], known: bool = True
) -> None:
    """Writes strips: source (F, …), images, attention and colours (F, A, L, …), levels (L,), keys and aus.

    Args:
        path: of the file.
        editor: what edits.
        faces: the set.
        rows: F faces of it.
        levels: L intensities.
        known: the AUs that are not edited keep their label; otherwise what the editor estimates.
    """
    condition = editor.config.condition
    images, own = faces.images(rows), intensities(faces, condition)[rows]
    sources = [dict(zip(condition, row.tolist(), strict=True)) if known else None for row in own]
    strips = [
        [editor.strip(image, key, levels, source) for key in condition]
        for image, source in zip(images, sources, strict=True)
    ]
    np.savez_compressed(
        path,
        source=images,
        images=_stacked(strips, "images"),
        attention=_levels(_stacked(strips, "attention")),
        colours=_stacked(strips, "colours"),
        levels=np.array(levels),
        keys=faces.labels("sample_key")[rows],
        aus=np.array(condition),
    )


def _stacked(strips: Sequence[Sequence[EditedBatch]], name: str) -> npt.NDArray[Any]:
    return np.stack([np.stack([getattr(strip, name) for strip in row]) for row in strips])


def _levels(attention: npt.NDArray[np.float32]) -> npt.NDArray[np.uint8]:
    return np.asarray(np.rint(np.clip(attention, 0.0, 1.0) * 255.0), dtype=np.uint8)
