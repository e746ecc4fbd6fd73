"""Ages in years, and the phenotype ``age`` of a face model that goes with them.

The model's anchors are MakeHuman's: 2/3 is its young adult, 25 years, and 1 its oldest, 90 years; between them years
are linear. Below 25 the model mixes in its child, which at 18 would look far younger than people of 18 do, so the
scale is kept flat there: by eye.
"""

import numpy as np

YEARS = (18.0, 25.0, 90.0)
AGES = (0.63, 2 / 3, 1.0)
"""The phenotype ``age`` of each of ``YEARS``."""

BANDS = ((18.0, 30.0), (30.0, 45.0), (45.0, 60.0), (60.0, 80.0))
"""Bands of ages in years that balanced people fill equally; nobody is younger or older."""


def years_of(age: float) -> float:
    """Returns the years of an adult's phenotype ``age``; what is younger than 18 counts as 18."""
    return float(np.interp(age, AGES, YEARS))


def age_of(years: float) -> float:
    """Returns the phenotype ``age`` of an adult of some years."""
    return float(np.interp(years, YEARS, AGES))


def band_of(years: float) -> tuple[float, float]:
    """Returns the band of ages in years; whoever is older than the last belongs to it."""
    return next((band for band in BANDS if years < band[1]), BANDS[-1])
