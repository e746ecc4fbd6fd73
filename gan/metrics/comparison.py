"""What a metric may look at: edits beside their sources and their exact targets."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.ndimage import binary_dilation

from gan.errors import MetricError

Images = npt.NDArray[np.uint8]

CHANGE_THRESHOLD = 12
"""Grey levels by which a channel must differ for a pixel to count as changed."""

CHANGE_MARGIN = 1
"""Pixels by which the changed region is grown."""


@dataclass(frozen=True, eq=False)
class Comparison:
    """N edits.

    Attributes:
        source: what was edited, (N, H, W, 3).
        target: the exact result, the same face rendered with the expression asked for.
        edited: the result of the method.
        attention: 1 where the method kept the source, (N, H, W) in [0, 1]; None where it has none.
        asked: intensities asked for, (N, K).
        judged_source: the judge's reading of the sources, (N, K).
        judged_target: its reading of the exact targets: the floor of its own error.
        judged_edited: its reading of the edits.

    Raises:
        MetricError: the shapes do not fit.
    """

    source: Images
    target: Images
    edited: Images
    attention: npt.NDArray[np.float32] | None
    asked: npt.NDArray[np.float32]
    judged_source: npt.NDArray[np.float32]
    judged_target: npt.NDArray[np.float32]
    judged_edited: npt.NDArray[np.float32]

    def __post_init__(self) -> None:
        """Checks the shapes."""
        images = {self.source.shape, self.target.shape, self.edited.shape}
        readings = {self.asked.shape, self.judged_source.shape, self.judged_target.shape, self.judged_edited.shape}
        if len(images) != 1 or len(readings) != 1 or len(self.source) != len(self.asked):
            raise MetricError(f"expected images and readings of one shape each, found {images} and {readings}")
        if self.attention is not None and self.attention.shape != self.source.shape[:3]:
            raise MetricError(f"expected attention {self.source.shape[:3]}, found {self.attention.shape}")

    @property
    def changed(self) -> npt.NDArray[np.bool_]:
        """Where the exact target differs from the source, (N, H, W)."""
        return change_mask(self.source, self.target)


def change_mask(
    source: Images, target: Images, threshold: int = CHANGE_THRESHOLD, margin: int = CHANGE_MARGIN
) -> npt.NDArray[np.bool_]:
    """Returns where two images (N, H, W, 3) differ by more than ``threshold``, grown by ``margin`` pixels."""
    difference = np.abs(source.astype(np.int16) - target.astype(np.int16)).max(axis=3)
    mask = difference > threshold
    if margin < 1 or not mask.any():
        return np.asarray(mask)
    neighbours = np.ones((1, 3, 3), dtype=np.bool_)
    grown: npt.NDArray[np.bool_] = np.asarray(binary_dilation(mask, neighbours, iterations=margin), dtype=np.bool_)
    return grown
