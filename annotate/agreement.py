"""How well estimated intensities agree with known ones, per Action Unit; entries that are not known do not count."""

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

Values = npt.NDArray[np.float32] | npt.NDArray[np.float64]
Mask = npt.NDArray[np.bool_]
PerAu = npt.NDArray[np.float64]


def mean_absolute_error(found: Values, wanted: Values, known: Mask) -> PerAu:
    """Returns the mean of |found - wanted| of each column, (K,); not a number where nothing is known."""
    return _per_column(lambda x, y: float(np.mean(np.abs(x - y))), found, wanted, known, least=1)


def pearson(found: Values, wanted: Values, known: Mask) -> PerAu:
    """Returns the correlation of each column, (K,); not a number where a side does not vary."""
    return _per_column(_pearson, found, wanted, known, least=2)


def icc31(found: Values, wanted: Values, known: Mask) -> PerAu:
    """Returns the intraclass correlation ICC(3,1) of each column, (K,); not a number where nothing varies.

    Shrout & Fleiss, "Intraclass correlations", 1979: (BMS - EMS) / (BMS + EMS) for two raters. With two raters the
    mean squares are BMS = (var x + var y)/2 + cov and EMS = (var x + var y)/2 - cov, so it is
    2 cov / (var x + var y): a correlation that also punishes another spread, but not an offset.
    """
    return _per_column(_icc31, found, wanted, known, least=2)


def _per_column(
    measure: Callable[[Values, Values], float], found: Values, wanted: Values, known: Mask, least: int
) -> PerAu:
    values = np.full(found.shape[1], np.nan)
    for k in range(found.shape[1]):
        rows = known[:, k]
        if int(rows.sum()) >= least:
            values[k] = measure(found[rows, k].astype(np.float64), wanted[rows, k].astype(np.float64))
    return values


def _moments(x: Values, y: Values) -> tuple[float, float, float]:
    dx, dy = x - x.mean(), y - y.mean()
    return float(np.mean(dx * dx)), float(np.mean(dy * dy)), float(np.mean(dx * dy))


def _pearson(x: Values, y: Values) -> float:
    var_x, var_y, cov = _moments(x, y)
    return cov / float(np.sqrt(var_x * var_y)) if var_x > 0.0 and var_y > 0.0 else float("nan")


def _icc31(x: Values, y: Values) -> float:
    var_x, var_y, cov = _moments(x, y)
    return 2.0 * cov / (var_x + var_y) if var_x + var_y > 0.0 else float("nan")
