"""The AU partition rule: its groups, and the geometry of its sub-regions on a face of whole numbers."""

import numpy as np
import pytest

from facs.action_units import CATALOGUE
from facs.partition import AU_GROUPS, SUBREGIONS, au_group, subregion_polygon

MIRROR_PAIRS = {
    1: 6, 2: 5, 3: 4, 7: 14, 8: 13, 9: 12, 10: 11, 15: 20, 16: 19, 17: 18, 21: 24, 22: 23, 25: 28, 26: 27, 29: 32,
    30: 31, 33: 36, 34: 35, 37: 37, 38: 39, 40: 41, 42: 43,
}  # fmt: skip


def test_the_groups_are_those_of_table_2() -> None:
    found = {group.number: tuple(int(code[2:]) for code in group.codes) for group in AU_GROUPS}
    assert found == {
        1: (1, 2, 5, 7), 2: (4,), 3: (6,), 4: (9,), 5: (10, 11, 12, 13, 14, 15), 6: (16, 20, 25, 26, 27), 7: (17,),
        8: (18, 22, 23, 24, 28),
    }  # fmt: skip
    assert [group.subregions for group in AU_GROUPS][:4] == [
        (1, 2, 5, 6, 8, 9, 12, 13, 40, 41, 42, 43),
        (1, 2, 3, 4, 5, 6, 8, 9, 12, 13, 40, 41),
        (16, 17, 18, 19, 42, 43),
        (10, 11, 17, 18, 22, 23),
    ]
    assert [group.subregions for group in AU_GROUPS][4:] == [
        (21, 22, 23, 24, 25, 26, 27, 28, 37),
        (25, 26, 27, 28, 29, 30, 31, 32, 33, 34, 35, 36, 37),
        (29, 30, 31, 32, 33, 34, 35, 36),
        (26, 27, 29, 30, 31, 32, 37),
    ]
    assert [group.inside for group in AU_GROUPS] == [(2,), (), (), (3,), (6,), (5,), (6,), (7, 6)]


@pytest.mark.parametrize("code", [code for code, unit in CATALOGUE.items() if unit.number <= 28 and code != "AU19"])
def test_every_facial_au_up_to_28_has_one_group(code: str) -> None:
    group = au_group(code)
    assert group is not None
    assert [other.number for other in AU_GROUPS if code in other.codes] == [group.number]


def test_aus_that_table_2_does_not_list_have_no_group() -> None:
    assert {code for code in CATALOGUE if au_group(code) is None} >= {"AU19", "AU43", "AU45"}


def test_a_group_is_mirror_symmetric() -> None:
    both = MIRROR_PAIRS | {right: left for left, right in MIRROR_PAIRS.items()}
    assert set(both) == set(SUBREGIONS) == set(range(1, 44))
    for group in AU_GROUPS:
        assert {both[number] for number in group.subregions} == set(group.subregions)


def test_corners_lie_on_landmarks_between_them_and_over_them() -> None:
    marks = np.stack([np.arange(68.0), 2.0 * np.arange(68)], axis=1)
    np.testing.assert_array_equal(subregion_polygon(40, marks), marks[[19, 37, 38]])
    np.testing.assert_array_equal(subregion_polygon(1, marks)[0], marks[17] + (0, 10))
    np.testing.assert_array_equal(subregion_polygon(3, marks)[1], marks[27] + (0, 20))
    np.testing.assert_array_equal(subregion_polygon(15, marks)[1], (marks[2] + marks[41]) / 2)
