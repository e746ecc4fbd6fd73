import pytest

from facs import CATALOGUE, EMOTIONET12, OPENFACE17, action_unit
from facs.action_units import DISFA12, OPENFACE18
from facs.errors import UnknownActionUnitError

# Column names of a real OpenFace CSV (facts: formats.md), the order in which its intensities stand.
OPENFACE_HEADER = (
    "AU01_r AU02_r AU04_r AU05_r AU06_r AU07_r AU09_r AU10_r AU12_r AU14_r AU15_r AU17_r AU20_r AU23_r AU25_r AU26_r "
    "AU45_r"
)


def test_openface_order_is_that_of_its_csv():
    assert tuple(f"AU{int(column[2:4])}" for column in OPENFACE_HEADER.split()) == OPENFACE17


def test_openface_presence_adds_au28():
    assert set(OPENFACE18) - set(OPENFACE17) == {"AU28"}


@pytest.mark.parametrize("codes", [OPENFACE17, OPENFACE18, EMOTIONET12, DISFA12])
def test_label_sets_are_in_the_catalogue_once_each(codes):
    assert set(codes) <= set(CATALOGUE)
    assert len(set(codes)) == len(codes)


def test_catalogue_entries_describe_themselves():
    for code, unit in CATALOGUE.items():
        assert unit.code == code
        assert unit.muscles
        assert all(unit.muscles)
        assert unit.keys == ((f"{code}L", f"{code}R") if unit.sided else (code,))
        assert all(action_unit(key) is unit for key in unit.keys)


@pytest.mark.parametrize("code", ["AU3", "au12", "", "AU12C"])
def test_unknown_codes_are_refused_with_a_hint(code):
    with pytest.raises(UnknownActionUnitError, match="unknown Action Unit"):
        action_unit(code)


def test_the_nearest_code_is_named():
    with pytest.raises(UnknownActionUnitError, match=r"did you mean AU12\?"):
        action_unit("AU 12")


@pytest.mark.parametrize(("code", "right"), [("AU25L", "use AU25$"), ("AU12LR", "use AU12L or AU12R")])
def test_a_side_that_the_au_lacks_is_refused(code, right):
    with pytest.raises(UnknownActionUnitError, match=right):
        action_unit(code)
