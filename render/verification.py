"""Verification of stored samples: every label is computed again from the stored specification and compared.

Whoever holds a shard and its specifications can do this, on any machine with the same version of the code. Geometry has
to agree to the rounding of the stored numbers. Labels that pass through the rasteriser (visibility, segmentation …)
may differ in a few pixels where another GL implementation breaks ties at edges, and no more.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from faceset.certificate import LARGEST_RESIDUAL
from faceset.channels import CHANNELS
from faceset.sample import Sample

RASTERISED = frozenset({"au_visible", "au_scorable", "landmark_visible", "dense_visible"})
"""Labels without pixels of their own that depend on the visibility buffer."""

ROUNDING = 2e-6
"""Relative and absolute difference of float32 numbers that were computed in double precision on two machines."""

EDGE_SHARE = 0.005
"""Share of the values of a rasterised label that may differ: pixels at the edges of surfaces."""


@dataclass(frozen=True)
class Difference:
    """One label that is not what its specification makes.

    Attributes:
        key: of the sample.
        channel: of the label.
        detail: what was expected and found.
    """

    key: str
    channel: str
    detail: str

    def __str__(self) -> str:
        """Names sample, channel and values."""
        return f"{self.key}: {self.channel}: {self.detail}"


def differences(stored: Sample, computed: Mapping[str, Any]) -> list[Difference]:
    """Returns where a stored sample differs from the labels that its specification makes.

    Args:
        stored: the sample of a shard.
        computed: the labels of its specification, by channel.
    """
    found = [Difference(stored.key, name, "is stored and no longer a label") for name in _unknown(stored, computed)]
    for name, expected in computed.items():
        if name not in stored:
            found.append(Difference(stored.key, name, "is missing"))
        elif detail := _difference(name, stored[name], expected):
            found.append(Difference(stored.key, name, detail))
    return found + _broken_promises(stored)


def _unknown(stored: Sample, computed: Mapping[str, Any]) -> list[str]:
    return [name for name in stored if name not in computed and name not in ("image", "checksum")]


def _broken_promises(stored: Sample) -> list[Difference]:
    """Returns where measured and asked activations lie apart, whoever computed them."""
    out = []
    for side in ("left", "right"):
        if f"au_measured_{side}" in stored:
            gap = float(np.abs(stored[f"au_{side}"] - stored[f"au_measured_{side}"]).max())
            if gap > LARGEST_RESIDUAL:
                detail = f"differs from what was asked by {gap:.3g}, expected at most {LARGEST_RESIDUAL:g}"
                out.append(Difference(stored.key, f"au_measured_{side}", detail))
    return out


def _difference(name: str, stored: Any, expected: Any) -> str:
    channel = CHANNELS[name]
    if channel.is_text:
        return "" if stored == expected else f"expected {expected!r}, found {stored!r}"
    wanted = np.asarray(expected).astype(channel.dtype)
    if stored.shape != wanted.shape:
        return f"expected shape {wanted.shape}, found {stored.shape}"
    wrong = _wrong(stored, wanted)
    allowed = EDGE_SHARE if channel.per_pixel or name in RASTERISED or name.startswith("dense") else 0.0
    share = float(wrong.mean()) if wrong.size else 0.0
    # Of few values a single one may differ: one Action Unit whose region ends at an edge.
    few = allowed > 0 and not channel.per_pixel and int(wrong.sum()) <= 1
    if share <= allowed or few:
        return ""
    index = tuple(int(i) for i in np.argwhere(wrong)[0])
    first = f"expected {wanted[index]}, found {stored[index]}"
    return f"{int(wrong.sum())} of {wrong.size} values differ, first at {index}: {first}"


def _wrong(stored: npt.NDArray[Any], wanted: npt.NDArray[Any]) -> npt.NDArray[np.bool_]:
    if stored.dtype.kind != "f":
        return np.asarray(stored != wanted)
    same = stored == wanted
    with np.errstate(invalid="ignore"):
        return np.asarray(~same & ~(np.abs(stored - wanted) <= ROUNDING * (1 + np.abs(wanted))))
