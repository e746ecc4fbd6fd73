"""What the recipe files say of a face beside its Action Units: where things lie on it and how people vary."""

import numpy as np
import pytest

from render.errors import RecipeError
from render.rigs import FACE_MODELS
from render.rigs.sections import section
from render.rigs.surface import surface
from render.rigs.variety import Variety, variety

NAMES = ("l-ear-flap", "r-ear-flap", "nose-hump", "mouth-width", "head-trans-out")


def random(seed=1):
    return np.random.Generator(np.random.Philox(seed))


@pytest.mark.parametrize("name", FACE_MODELS)
def test_every_face_model_says_where_things_lie(name):
    found = surface(name)
    azimuth, height = found.hairline.T
    assert (np.diff(azimuth) > 0).all()
    assert azimuth[[0, -1]] == pytest.approx([0, np.pi])
    assert height[-1] < height[0], "hair grows lower at the nape than at the forehead"
    assert found.collar < found.beard.throat[0] < found.ears.high < height[0]
    assert variety(name).limit > variety(name).spread


def test_the_hairline_is_measured_around_the_axis():
    found = surface("anny")
    front, side = np.array([0.0, 0.753, 0.2]), np.array([0.2, 0.8, found.axis_z])
    assert found.azimuth(np.stack([front, side])) == pytest.approx([0, np.pi / 2], abs=1e-6)
    assert found.above_hairline(front) == pytest.approx(0, abs=1e-6)
    assert found.above_hairline(side) > 0.1


def test_an_ear_has_two_sides():
    found = surface("ict")
    middle = (found.ears.low + found.ears.high) / 2
    ears = np.array([[x, middle, np.mean(found.ears.depth)] for x in (-0.085, 0.085, 0.03)])
    assert found.is_ear(ears).tolist() == [True, True, False]


def test_sides_share_their_draw_and_patterns_set_the_spread():
    given = Variety(spread=0.2, limit=0.7, own_spread=0.01, spreads=(("head-trans-*", 0.05),), sides=("l-", "r-"))
    drawn = [given.sample(random(seed), NAMES) for seed in range(400)]
    table = np.array([[person[name] for name in NAMES] for person in drawn])
    left, right, nose, _, head = table.T
    assert np.corrcoef(left, right)[0, 1] > 0.98
    assert (left != right).all()
    assert abs(np.corrcoef(left, nose)[0, 1]) < 0.15
    assert (nose.std(), head.std()) == (pytest.approx(0.2, rel=0.1), pytest.approx(0.05, rel=0.1))


def test_nobody_passes_the_limit():
    given = Variety(spread=1.0, limit=2.5)
    values = [abs(value) for seed in range(300) for value in given.sample(random(seed), NAMES).values()]
    assert max(values) == 2.5


def test_a_missing_section_is_named():
    with pytest.raises(RecipeError, match=r"render/rigs/ict.yaml: expected a section 'hair', found frame, sides, "):
        section("ict", "hair")
