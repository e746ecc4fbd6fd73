"""The certificate's labels: what was measured on the mesh, and which Action Units a coder could score."""

import numpy as np
import numpy.typing as npt

from render.labels.context import LabelContext

Row = npt.NDArray[np.float32]

SCORABLE = 0.5
"""Share of an AU's region on one side that has to be seen for the AU to be scored: FACS scores what is visible and
codes the rest as such (70 to 74); the number is this project's convention."""


def au_measured_left(context: LabelContext) -> Row:
    """Returns the (K,) activations on the person's left as measured back from the mesh."""
    return context.certificate.left.astype(np.float32)


def au_measured_right(context: LabelContext) -> Row:
    """Returns the (K,) activations on the person's right as measured back from the mesh."""
    return context.certificate.right.astype(np.float32)


def au_displacement(context: LabelContext) -> Row:
    """Returns how far each of the (K,) AUs moves this face at most, millimetres."""
    return context.certificate.displacement.astype(np.float32)


def certificate(context: LabelContext) -> Row:
    """Returns the (4,) bounds of the certificate."""
    return context.certificate.bounds.astype(np.float32)


def au_scorable(context: LabelContext) -> npt.NDArray[np.uint8]:
    """Returns (K,) ones where enough of the AU's region is seen on at least one side."""
    return np.asarray(context.region_visible[:2].max(axis=0) >= SCORABLE, dtype=np.uint8)
