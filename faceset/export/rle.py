"""Run lengths of masks, as COCO writes them without compression."""

from typing import Any

import numpy as np
import numpy.typing as npt


def run_lengths(mask: npt.NDArray[np.bool_]) -> dict[str, Any]:
    """Returns a mask, (H, W), as COCO's ``{"size": [H, W], "counts": [...]}``.

    The counts are lengths of runs down the columns, from the left, the first of pixels outside the mask (it may be 0).
    """
    flat = mask.ravel(order="F")
    changes = np.flatnonzero(flat[1:] != flat[:-1]) + 1
    edges = np.concatenate([[0], changes, [flat.size]])
    counts = np.diff(edges).tolist()
    return {"size": list(mask.shape), "counts": [0, *counts] if flat[0] else counts}
