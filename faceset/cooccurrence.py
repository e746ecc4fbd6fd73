"""How often Action Units occur, together and how strongly: statistics of a labelled set that a sampler can follow.

The model is a Gaussian copula: behind the AUs of a face lie correlated standard normal numbers; an AU is present where
its number exceeds the threshold that its presence rate sets, and the further beyond, the higher in the distribution of
its intensity. The correlations are tetrachoric (Pearson 1900): for each two AUs, the one at which the bivariate normal
distribution gives the share of faces that was counted to show both. They are fitted pair by pair, over the faces that
know both AUs, shrunk towards 0 where few faces show the rarer AU, and then moved to the nearest correlation matrix
(Higham 2002).
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import numpy as np
import numpy.typing as npt
from scipy.special import betaincinv, ndtri

from faceset.atomic import write_bytes
from faceset.errors import StatisticsError
from faceset.nearest_correlation import nearest_correlation
from faceset.tetrachoric import tetrachoric
from facs.action_units import CODES
from facs.intensity import KNOTS

Floats = npt.NDArray[np.float64]

FORMAT, VERSION = "facsmith.cooccurrence", 1
PRESENT = KNOTS[1]
"""An AU is present from this activation on: letter A."""
LEVELS = np.linspace(0.0, 1.0, 11)
"""Shares of the faces that show an AU, at which the quantiles of its intensity are kept."""
MIN_PRESENT = 20
"""Fewer graded faces that show an AU say nothing of its intensity: the default holds."""
SHRINKAGE = 10.0
"""Faces that show the rarer AU of a pair at which half of the fitted correlation is believed."""
RATES = (1e-4, 0.95)
"""Rates are kept within these, so that no AU is impossible or certain for want of data."""
MAX_CORRELATION = 0.95
DECIMALS = 4

DEFAULT_QUANTILES: Floats = np.round(PRESENT + (1.0 - PRESENT) * betaincinv(1.5, 2.5, LEVELS), DECIMALS)
"""Intensity where labels are of presence alone: letter A and a Beta(1.5, 2.5) above it, mostly B and C, rarely E."""


@dataclass(frozen=True, eq=False)
class Cooccurrence:
    """Statistics of K Action Units.

    Attributes:
        codes: the K codes.
        known: faces that know each AU, (K,).
        rate: share of those that show it, (K,) in [0, 1].
        correlation: between the normal numbers behind the AUs, (K, K), positive semidefinite with a unit diagonal.
        quantiles: of the activation where present, at ``LEVELS``, (K, 11), not decreasing along a row.
        fitted_to: what was counted, for a person.

    Raises:
        StatisticsError: the arrays do not describe such statistics.
    """

    codes: tuple[str, ...]
    known: npt.NDArray[np.int64]
    rate: Floats
    correlation: Floats
    quantiles: Floats
    fitted_to: str

    def __post_init__(self) -> None:
        """Checks shapes and ranges."""
        faults = _faults(self)
        if faults:
            raise StatisticsError(f"co-occurrence fitted to {self.fitted_to!r}: expected {faults[0]}")

    @classmethod
    def fitted(cls, au: Floats, known: npt.NDArray[Any], codes: Sequence[str], fitted_to: str, graded: bool) -> Self:
        """Returns the statistics of labels; AUs that no face knows are left out.

        Args:
            au: (N, K) activations in [0, 1].
            known: (N, K), nonzero where the label is known.
            codes: the K codes.
            fitted_to: what the labels are of, for a person.
            graded: True where labels are intensities, False where they are presences.

        Raises:
            StatisticsError: no face knows any of the AUs.
        """
        mask = np.asarray(known) != 0
        kept = np.flatnonzero(mask.any(axis=0))
        if not len(kept):
            raise StatisticsError(f"{fitted_to}: expected faces that know an AU, found none in {len(mask)} faces")
        values, mask = np.asarray(au, dtype=np.float64)[:, kept], mask[:, kept]
        present = (values >= PRESENT) & mask
        counts = mask.sum(axis=0)
        return cls(
            tuple(codes[column] for column in kept),
            counts.astype(np.int64),
            np.round(np.clip((present.sum(axis=0) + 0.5) / (counts + 1.0), *RATES), DECIMALS + 2),
            _correlation(present, mask),
            np.stack([_quantiles(values[present[:, k], k], graded) for k in range(len(kept))]),
            fitted_to,
        )

    @classmethod
    def load(cls, path: Path) -> Self:
        """Returns the statistics that ``save`` wrote.

        Raises:
            StatisticsError: the file is absent or holds anything else.
            OSError: it cannot be read.
        """
        if not path.is_file():
            raise StatisticsError(f"{path}: expected statistics of expressions, found none; facsmith fit-expressions")
        try:
            return cls._parsed(json.loads(path.read_text(encoding="utf-8")))
        except (ValueError, TypeError, KeyError, AttributeError) as error:
            raise StatisticsError(f"{path}: not statistics of version {VERSION}: {error}; fit them again") from error

    @classmethod
    def _parsed(cls, tree: Mapping[str, Any]) -> Self:
        expected = {"format", "version", "fitted_to", "codes", "known", "rate", "correlation", "levels", "quantiles"}
        if set(tree) != expected or (tree["format"], tree["version"]) != (FORMAT, VERSION):
            raise StatisticsError(f"expected the keys {sorted(expected)} of {FORMAT} {VERSION}, found {sorted(tree)}")
        if tree["levels"] != LEVELS.round(DECIMALS).tolist():
            raise StatisticsError(f"expected the levels {LEVELS.round(DECIMALS).tolist()}, found {tree['levels']}")
        codes = tuple(str(code) for code in tree["codes"])
        rate, correlation, quantiles = (
            np.array(tree[name], dtype=np.float64) for name in ("rate", "correlation", "quantiles")
        )
        known = np.array(tree["known"], dtype=np.int64)
        return cls(codes, known, rate, correlation, quantiles, str(tree["fitted_to"]))

    def save(self, path: Path) -> None:
        """Writes the statistics as JSON, a line for each AU's row; the same statistics give the same bytes."""
        rows = {name: [_line(row) for row in getattr(self, name)] for name in ("correlation", "quantiles")}
        head = {"format": FORMAT, "version": VERSION, "fitted_to": self.fitted_to, "codes": list(self.codes)}
        head |= {"known": self.known.tolist(), "rate": self.rate.tolist(), "levels": LEVELS.round(DECIMALS).tolist()}
        lines = [f" {json.dumps(name)}: {json.dumps(value)}" for name, value in head.items()]
        lines += [f" {json.dumps(name)}: [\n  " + ",\n  ".join(values) + "\n ]" for name, values in rows.items()]
        write_bytes(path, ("{\n" + ",\n".join(lines) + "\n}\n").encode("utf-8"))

    @property
    def threshold(self) -> Floats:
        """The normal number from which on each AU is present, (K,)."""
        return np.asarray(ndtri(1.0 - self.rate), dtype=np.float64)

    def restricted(self, codes: Sequence[str]) -> Self:
        """Returns the statistics of some of the AUs, in the order of ``codes``.

        Raises:
            StatisticsError: a code that these statistics do not hold.
        """
        absent = [code for code in codes if code not in self.codes]
        if absent:
            raise StatisticsError(f"statistics of {self.fitted_to!r} do not hold {', '.join(absent)}")
        rows = [self.codes.index(code) for code in codes]
        kept = (self.known[rows], self.rate[rows], self.correlation[np.ix_(rows, rows)], self.quantiles[rows])
        return type(self)(tuple(codes), *kept, fitted_to=self.fitted_to)

    def completed(self, other: "Cooccurrence") -> Self:
        """Returns these statistics with the AUs that only ``other`` holds, and what ``other`` says of them."""
        codes = (*self.codes, *(code for code in other.codes if code not in self.codes))
        if len(codes) == len(self.codes):
            return self
        correlation = np.eye(len(codes))
        for part in (other, self):
            rows = [codes.index(code) for code in part.codes]
            correlation[np.ix_(rows, rows)] = part.correlation
        added = other.restricted(codes[len(self.codes) :])
        return type(self)(
            codes,
            np.concatenate([self.known, added.known]),
            np.concatenate([self.rate, added.rate]),
            nearest_correlation(correlation),
            np.concatenate([self.quantiles, added.quantiles]),
            f"{self.fitted_to}; {', '.join(added.codes)}: {other.fitted_to}",
        )


def _correlation(present: npt.NDArray[np.bool_], mask: npt.NDArray[np.bool_]) -> Floats:
    """Returns the (K, K) correlation matrix of presences (N, K) that are known where ``mask``."""
    shown, seen = present.astype(np.float64), mask.astype(np.float64)
    both, together = shown.T @ shown, seen.T @ seen
    one = shown.T @ seen
    fewer = np.minimum(np.minimum(one, one.T), np.minimum(together - one, together - one.T))
    believed = fewer / (fewer + SHRINKAGE)
    fitted = np.clip(tetrachoric(both, one, one.T, together), -MAX_CORRELATION, MAX_CORRELATION) * believed
    np.fill_diagonal(fitted, 1.0)
    return np.asarray(np.round(nearest_correlation(fitted), DECIMALS))


def _quantiles(values: Floats, graded: bool) -> Floats:
    if not graded or len(values) < MIN_PRESENT:
        return DEFAULT_QUANTILES
    return np.asarray(np.round(np.quantile(values, LEVELS), DECIMALS))


def _line(row: Floats) -> str:
    return json.dumps([round(float(value), DECIMALS) for value in row])


def _faults(found: Cooccurrence) -> list[str]:
    count = len(found.codes)
    shapes = {"known": (count,), "rate": (count,), "correlation": (count, count), "quantiles": (count, len(LEVELS))}
    wrong = {name: getattr(found, name).shape for name, shape in shapes.items() if getattr(found, name).shape != shape}
    unknown = [code for code in found.codes if code not in CODES]
    if unknown or wrong or not count or len(set(found.codes)) != count:
        return [f"distinct codes of expressions and arrays of their length, found {unknown or wrong or found.codes}"]
    matrix, quantiles = found.correlation, found.quantiles
    rules = {
        "counts that are not negative": bool((found.known >= 0).all()),
        "rates in [0, 1]": _within(found.rate),
        "correlations in [-1, 1], symmetric, 1 on the diagonal": _within((matrix + 1.0) / 2.0)
        and np.array_equal(matrix, matrix.T)
        and bool((np.diagonal(matrix) == 1.0).all()),
        "quantiles in [0, 1] that do not decrease": _within(quantiles) and bool((np.diff(quantiles) >= 0.0).all()),
    }
    broken = [rule for rule, holds in rules.items() if not holds]
    if not broken and np.linalg.eigvalsh(matrix).min() < 0.0:
        broken.append("a positive semidefinite correlation matrix")
    return broken


def _within(values: Floats) -> bool:
    return bool(np.all((values >= 0.0) & (values <= 1.0)))
