"""Rendered faces that stand in for annotated photographs: exact labels are made as coarse and as wrong as real ones."""

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from faceset.channels import REQUIRED
from faceset.sample import Sample

SOURCE = "emulated"
KEPT = frozenset({*REQUIRED, "landmarks", "landmark_visible", "head_pose"}) - {"checksum"}
"""What is known of a photograph: its label files, and what a landmark detector finds."""

Floats = npt.NDArray[np.float32]


@dataclass(frozen=True)
class LabelLimits:
    """How real labels fall short.

    Attributes:
        label_error: probability that a label is wrong: another level, each equally likely.
        intensity_levels: number of equidistant intensities from 0 to 1 that labels know; 2 is absent or present.

    Raises:
        ValueError: a value is out of range.
    """

    label_error: float
    intensity_levels: int

    def __post_init__(self) -> None:
        """Checks the ranges."""
        if not 0.0 <= self.label_error <= 1.0 or self.intensity_levels < 2:
            raise ValueError(f"expected label_error in [0, 1] and intensity_levels >= 2, found {self}")


def emulated(samples: Iterable[Sample], limits: LabelLimits, seed: int) -> Iterator[Sample]:
    """Yields each sample as a photograph would be known: limited AUs, the same for both sides, no twin, no camera.

    The errors of a sample depend on the seed and its key alone.
    """
    for sample in samples:
        au = limited(np.asarray(sample["au"]), limits, _generator(seed, sample.key)) * (sample["au_known"] != 0)
        labels = {"au": au, "au_left": au, "au_right": au, "source": SOURCE, "twin_of": ""}
        yield Sample({name: value for name, value in sample.items() if name in KEPT} | labels)


def limited(au: Floats, limits: LabelLimits, rng: np.random.Generator) -> Floats:
    """Returns activations (K,) rounded to the nearest level, some of them replaced by a wrong level."""
    steps = limits.intensity_levels - 1
    level = np.floor(au.astype(np.float64) * steps + 0.5).astype(np.int64)
    wrong = rng.random(len(au)) < limits.label_error
    other = (level + rng.integers(1, limits.intensity_levels, len(au))) % limits.intensity_levels
    return (np.where(wrong, other, level) / steps).astype(np.float32)


def _generator(seed: int, key: str) -> np.random.Generator:
    name = hashlib.blake2b(f"emulated labels\0{seed}\0{key}".encode(), digest_size=16).digest()
    return np.random.Generator(np.random.Philox(key=int.from_bytes(name, "little")))
