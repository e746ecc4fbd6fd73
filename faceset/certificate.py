"""The certificate of a set: the worst of what was measured on the mesh of any of its faces.

The channels ``certificate`` and ``au_scorable`` of rendered samples hold what ``render.certificate`` measured.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

LARGEST_RESIDUAL = 1e-5
"""Largest |asked - measured| activation of an intensity that counts as exactly known."""

DEEPEST_MM = 1.0
"""Deepest that a lid may lie in an eye, or a lip in teeth, millimetres."""

BOUNDS = ("residual", "unexplained", "in_eye", "in_teeth")
"""The four numbers of the channel ``certificate``."""


@dataclass
class WorstCase:
    """The worst of a set: what its certificate promises.

    Attributes:
        residual: largest |asked - measured| activation.
        unexplained: millimetres of a mesh that the measured activations do not make.
        in_eye: millimetres of a lid in an eye.
        in_teeth: millimetres of a lip in teeth.
        unscorable: number of Action Units, over all samples, of which too little is seen.
        samples: how many were measured.
        where: key of the sample with the worst of each bound.
    """

    residual: float = 0.0
    unexplained: float = 0.0
    in_eye: float = 0.0
    in_teeth: float = 0.0
    unscorable: int = 0
    samples: int = 0
    where: dict[str, str] = field(default_factory=dict)

    def add(self, sample: Mapping[str, Any]) -> None:
        """Takes the labels of one sample."""
        rows = (np.asarray(sample[name])[None] for name in ("certificate", "au_scorable", "sample_key"))
        self.add_all(*rows)

    def add_all(self, bounds: npt.NDArray[Any], scorable: npt.NDArray[Any], keys: npt.NDArray[Any]) -> None:
        """Takes the channels ``certificate`` (n, 4), ``au_scorable`` (n, K) and ``sample_key`` (n,)."""
        for name, values in zip(BOUNDS, np.asarray(bounds, dtype=np.float64).T, strict=True):
            worst = int(values.argmax())
            if values[worst] > getattr(self, name) or name not in self.where:
                setattr(self, name, float(values[worst]))
                self.where[name] = str(keys[worst])
        self.unscorable += int(np.count_nonzero(np.asarray(scorable) == 0))
        self.samples += len(keys)

    @property
    def lines(self) -> list[str]:
        """One sentence for each promise."""
        where = self.where
        return [
            f"largest |asked - measured| activation {self.residual:.2g} ({where.get('residual', '')})",
            f"at most {self.unexplained:.2g} mm of a mesh unexplained ({where.get('unexplained', '')})",
            f"lids at most {self.in_eye:.2g} mm in an eye ({where.get('in_eye', '')})",
            f"lips at most {self.in_teeth:.2g} mm in teeth ({where.get('in_teeth', '')})",
            f"{self.unscorable} Action Units out of sight are masked as unscorable",
        ]
