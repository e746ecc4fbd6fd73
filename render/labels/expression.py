"""Action Unit labels: what the rig was asked for, and how much of each AU's region is in sight."""

import numpy as np
import numpy.typing as npt

from facs.action_units import CODES
from render.labels.context import LabelContext

Row = npt.NDArray[np.float32]


def au(context: LabelContext) -> Row:
    """Returns the (K,) bilateral activations: the higher side."""
    return context.spec.expression.vector(CODES).astype(np.float32)


def au_left(context: LabelContext) -> Row:
    """Returns the (K,) activations on the person's left."""
    return np.array([context.spec.expression.left(code) for code in CODES], dtype=np.float32)


def au_right(context: LabelContext) -> Row:
    """Returns the (K,) activations on the person's right."""
    return np.array([context.spec.expression.right(code) for code in CODES], dtype=np.float32)


def au_known(context: LabelContext) -> npt.NDArray[np.uint8]:
    """Returns ones: the rig leaves nothing unknown."""
    del context
    return np.ones(len(CODES), dtype=np.uint8)


def au_visible(context: LabelContext) -> Row:
    """Returns the (K,) fraction of each AU's region that is in the picture and not hidden."""
    return np.asarray(context.region_visible[2], dtype=np.float32)
