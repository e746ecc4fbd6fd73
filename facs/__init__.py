"""What an expression is: Action Units, their intensities and the face regions they move."""

from facs.action_units import CATALOGUE, CODES, EMOTIONET12, EMOTIONET23, OPENFACE17, ActionUnit, action_unit
from facs.expression import Expression

__all__ = [
    "CATALOGUE",
    "CODES",
    "EMOTIONET12",
    "EMOTIONET23",
    "OPENFACE17",
    "ActionUnit",
    "Expression",
    "action_unit",
]
