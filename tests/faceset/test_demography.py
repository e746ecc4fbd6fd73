"""Who is in a set, against plain counting."""

from dataclasses import dataclass

import numpy as np

from faceset.demography import AGE_EDGES, demography


@dataclass(frozen=True)
class One:
    sex: str
    years: float
    tone: int


def test_every_person_is_counted_once_in_each_table() -> None:
    rng = np.random.default_rng(0)
    people = [
        One(str(rng.choice(["female", "male"])), float(rng.uniform(5, 95)), int(rng.integers(1, 11))) for _ in range(90)
    ]
    found = demography(people)
    assert found["n"] == sum(found["tones"]) == sum(found["female"]) + sum(found["male"]) == 90
    assert len(found["age_bands"]) == len(AGE_EDGES) - 1 == len(found["female"])
    assert found["tones"] == [sum(pair) for pair in zip(*found["tone_by_sex"].values(), strict=True)]
    assert found["tones"][3] == sum(one.tone == 4 for one in people)
    assert found["male"][1] == sum(one.sex == "male" and 18 <= one.years < 30 for one in people)


def test_a_birthday_moves_to_the_next_band() -> None:
    found = demography([One("male", 29.99, 1), One("male", 30.0, 1)])
    assert found["male"] == [0, 1, 1, 0, 0, 0]
    assert found["age_bands"][:2] == ["under 18", "18–29"]
