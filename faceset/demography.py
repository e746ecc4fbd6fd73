"""Who is in a set: how many people of each skin tone, age and sex."""

from collections.abc import Sequence
from itertools import pairwise
from typing import Any, Protocol

AGE_EDGES = (0, 18, 30, 45, 60, 75, 200)
"""Years; a person of 30 is in the band from 30."""

TONES = tuple(range(1, 11))
"""Of the Monk scale, the lightest first."""


class Described(Protocol):
    """What is known of one person."""

    @property
    def sex(self) -> str:
        """Returns "male" or "female"."""
        ...

    @property
    def years(self) -> float:
        """Returns the age."""
        ...

    @property
    def tone(self) -> int:
        """Returns the tone of the skin on the Monk scale, 1 to 10."""
        ...


def demography(people: Sequence[Described]) -> dict[str, Any]:
    """Returns how many people there are of each kind; a person counts once, however many faces show them.

    Returns:
        ``n``; ``tones``, the ten counts; ``age_bands``, their names; ``female`` and ``male``, counts by age band; and
        ``tone_by_sex``.
    """
    bands = [f"{low}–{high - 1}" for low, high in pairwise(AGE_EDGES)]
    bands[0], bands[-1] = f"under {AGE_EDGES[1]}", f"{AGE_EDGES[-2]} and over"
    sexes = ("female", "male")
    return {
        "n": len(people),
        "tones": [sum(one.tone == tone for one in people) for tone in TONES],
        "age_bands": bands,
        **{sex: [_within(people, sex, *ends) for ends in pairwise(AGE_EDGES)] for sex in sexes},
        "tone_by_sex": {
            sex: [sum(one.tone == tone and one.sex == sex for one in people) for tone in TONES] for sex in sexes
        },
    }


def _within(people: Sequence[Described], sex: str, low: int, high: int) -> int:
    return sum(one.sex == sex and low <= one.years < high for one in people)
