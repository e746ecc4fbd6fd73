"""Action Unit labels: what the rig was asked for, and how much of each AU's region is in sight."""

import numpy as np
import numpy.typing as npt

from facs.action_units import CODES, STILL, action_unit
from render.labels.context import LabelContext

Row = npt.NDArray[np.float32]

KEYS = tuple(action_unit(STILL.get(code, code)).keys for code in CODES)
"""The keys of each AU in an expression, the left side's first."""


def au(context: LabelContext) -> Row:
    """Returns the (K,) bilateral activations: the higher side."""
    return np.maximum(au_left(context), au_right(context))


def au_left(context: LabelContext) -> Row:
    """Returns the (K,) activations on the person's left."""
    return _side(context, 0)


def au_right(context: LabelContext) -> Row:
    """Returns the (K,) activations on the person's right."""
    return _side(context, -1)


def _side(context: LabelContext, side: int) -> Row:
    """Returns the (K,) activations on one side: 0 left, -1 right; an AU of the midline has one for both."""
    shown = context.spec.expression.intensity
    return np.array([shown.get(keys[side], 0.0) for keys in KEYS], dtype=np.float32)


def au_known(context: LabelContext) -> npt.NDArray[np.uint8]:
    """Returns ones: the rig leaves nothing unknown."""
    del context
    return np.ones(len(CODES), dtype=np.uint8)


def au_visible(context: LabelContext) -> Row:
    """Returns the (K,) fraction of each AU's region that is in the picture and not hidden."""
    return np.asarray(context.region_visible[2], dtype=np.float32)
