"""Drawn parameters of an occluder: numbers by name, as a specification stores them."""

from collections.abc import Iterable, Mapping

import numpy as np
import numpy.typing as npt


def named(names: Iterable[str], values: Iterable[float]) -> dict[str, float]:
    """Returns drawn values by their names, as plain numbers."""
    return {name: float(value) for name, value in zip(names, values, strict=True)}


def colour(params: Mapping[str, float]) -> npt.NDArray[np.float64]:
    """Returns the (3,) sRGB colour in [0, 1] of the parameters red, green and blue."""
    return np.array([params["red"], params["green"], params["blue"]])
