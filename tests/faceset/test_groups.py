"""Groups count people and not faces."""

import numpy as np
import pytest

from faceset.groups import group_rows, groupings, smallest_share
from faceset.intervals import wilson


def test_people_are_counted_once_and_unknown_ones_not_at_all() -> None:
    people = np.array([0, 0, 0, 1, 2, 3])
    tone = np.array([1, 1, 1, 10, 10, np.nan])
    years = np.array([17, 17, 17, 30, 75, np.nan])
    female = np.array([0, 0, 0, 1, 1, np.nan])
    by_tone, by_age, by_sex = groupings(tone, years, female)
    luma = np.array([0.1, 0.2, 0.3, 0.5, 0.7, 0.9])
    rows = {row["group"]: row for row in group_rows(by_tone, people, {"luma": luma})}
    assert (rows["Monk 1"]["people"], rows["Monk 1"]["faces"]) == (1, 3)
    assert (rows["Monk 10"]["people"], rows["Monk 10"]["faces"]) == (2, 2)
    assert rows["Monk 10"]["share"] == wilson(2, 3).as_dict()
    assert rows["Monk 1"]["luma"]["value"] == pytest.approx(0.2)
    assert rows["Monk 1"]["luma"]["low"] is None  # one person
    assert [row["people"] for row in group_rows(by_age, people, {})] == [1, 0, 1, 0, 0, 1]
    assert [row["people"] for row in group_rows(by_sex, people, {})] == [1, 2]
    name, share = smallest_share(list(rows.values()), ["Monk 1", "Monk 10"])
    assert (name, share.value) == ("Monk 1", pytest.approx(1 / 3))
