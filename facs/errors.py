"""Errors of the expression vocabulary.

FacsError(ValueError)
├── UnknownActionUnitError      a code that the catalogue does not hold
└── IntensityError              an intensity outside its scale
"""


class FacsError(ValueError):
    """An expression was described in a way that FACS, or this project's use of it, does not allow."""


class UnknownActionUnitError(FacsError):
    """A code that the catalogue does not hold."""


class IntensityError(FacsError):
    """An intensity outside its scale."""
