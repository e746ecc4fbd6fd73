"""How much of each Action Unit's region can be seen, and what hides it."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from faceset.circumstances import NONE
from faceset.loading import ShardSet

HALF = 0.5
"""An AU of whose region less is seen counts as mostly hidden."""


def visibility(faces: ShardSet, occluders: Sequence[str] | None = None) -> dict[str, Any]:
    """Returns per AU how much of its region is seen, for faces that have the channel ``au_visible``.

    Args:
        faces: a set; all of it must have the channel.
        occluders: what each face wears (``faceset.circumstances.worn``); None where nobody knows.

    Returns:
        ``n``; ``mean`` (of all AUs and faces); ``hidden``, the share of (face, AU) pairs of which less than half is
        seen; ``masked``, the share that is too hidden to score; ``by_code`` with ``mean``, ``hidden`` and ``masked``
        of each; and ``by_occluder``: for each kind the faces ``n`` and the ``mean`` of each AU.
    """
    seen = faces.labels("au_visible").astype(np.float64)
    masked = faces.labels("au_scorable") == 0 if "au_scorable" in faces.channels else np.zeros(seen.shape, np.bool_)
    report = {"n": len(faces), **_shares(seen, masked)}
    report["by_code"] = {code: _shares(seen[:, k], masked[:, k]) for k, code in enumerate(faces.au_codes)}
    if occluders is not None:
        kinds = np.asarray(occluders, dtype=np.str_)
        order = sorted(set(kinds.tolist()), key=lambda kind: (kind != NONE, kind))
        report["by_occluder"] = {kind: _of_kind(seen[kinds == kind], faces.au_codes) for kind in order}
    return report


def _shares(seen: npt.NDArray[np.float64], masked: npt.NDArray[np.bool_]) -> dict[str, Any]:
    return {"mean": float(seen.mean()), "hidden": float((seen < HALF).mean()), "masked": float(masked.mean())}


def _of_kind(seen: npt.NDArray[np.float64], codes: Sequence[str]) -> dict[str, Any]:
    return {"n": len(seen), "mean": dict(zip(codes, seen.mean(axis=0).tolist(), strict=True))}
