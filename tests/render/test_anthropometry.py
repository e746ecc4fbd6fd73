"""Lengths of heads: exact under scaling and mirroring, and over many people near those of people."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from render.anthropometry import PUBLISHED, measured, tape
from render.people import sample_identity
from render.randomness import stream
from render.rigs.variety import Variety, variety

PEOPLE = 240
MEAN_OFF, SPREAD_RATIO = 8.5, (0.6, 1.75)
"""Largest distance of a mean from the published one, millimetres, and bounds of the ratio of standard deviations."""


@pytest.fixture(scope="module")
def lengths(model):
    names = tuple(map(str, model.basis.local_names))
    found = {"male": [], "female": []}
    for number in range(PEOPLE):
        person = sample_identity(stream(2, "lengths", number), str(number), names, variety("anny"))
        sex = "male" if person.phenotype["gender"] < 0.5 else "female"
        found[sex].append(list(measured(model, model.neutral(person)).values()))
    return {sex: np.array(rows) for sex, rows in found.items()}


@given(st.floats(0.5, 2.0))
@settings(max_examples=10, deadline=None)
def test_lengths_grow_with_the_head(model, factor):
    whole, scaled = measured(model, model.average), measured(model, model.average * factor)
    assert {name: value * factor for name, value in whole.items()} == pytest.approx(dict(scaled), rel=1e-5)


def test_lengths_do_not_depend_on_where_the_head_is(model):
    moved = model.average.astype(np.float64) + np.array((0.3, -0.2, 0.1))
    assert dict(measured(model, moved)) == pytest.approx(dict(measured(model, model.average)), abs=0.01)


def test_a_wider_head_is_wider_alone(model):
    wide = model.average * np.array((1.1, 1.0, 1.0), dtype=np.float32)
    before, after = measured(model, model.average), measured(model, wide)
    for name in ("bizygomatic breadth", "bigonial breadth", "nose breadth", "interpupillary distance", "head breadth"):
        assert after[name] == pytest.approx(1.1 * before[name], rel=1e-5)
    for name in ("head length", "menton-sellion length", "nose protrusion", "subnasale-sellion length"):
        assert after[name] == pytest.approx(before[name], abs=0.05)


def test_the_tape_is_laid_symmetrically(model):
    for indices in (tape(model).zygomatic, tape(model).jaw, tape(model).braincase, tape(model).alar):
        x = model.average[indices, 0]
        assert x.max() == pytest.approx(-x.min(), abs=0.0005)


@pytest.mark.parametrize("sex", ["male", "female"])
@pytest.mark.parametrize("name", PUBLISHED)
def test_people_measure_like_people(lengths, name, sex):
    values = lengths[sex][:, list(PUBLISHED).index(name)]
    mean, spread = PUBLISHED[name][sex]
    assert values.mean() == pytest.approx(mean, abs=MEAN_OFF)
    assert SPREAD_RATIO[0] < values.std() / spread < SPREAD_RATIO[1]


def test_faces_are_nearly_symmetric(model):
    names = tuple(map(str, model.basis.local_names))
    person = sample_identity(stream(2, "lengths", 1), "one", names, variety("anny"))
    marks = model.basis.landmarks(model.neutral(person)) * 1000
    assert 0 < abs(marks[36, 0] + marks[45, 0]) < 2.5
    assert 0 < abs(marks[48, 1] - marks[54, 1]) < 2.5


def test_a_change_varies_around_its_mean():
    given_ = Variety(spread=0.1, limit=0.2, means=(("eye-*", 0.5),), sides=("l-", "r-"))
    names = ("l-eye-trans-out", "r-eye-trans-out", "nose")
    drawn = [given_.sample(np.random.Generator(np.random.Philox(seed)), names) for seed in range(300)]
    left, right, nose = np.array([[person[name] for name in names] for person in drawn]).T
    assert left.mean() == pytest.approx(0.5, abs=0.02)
    assert nose.mean() == pytest.approx(0.0, abs=0.02)
    assert (left == right).all()
    assert (left.min(), left.max()) == (pytest.approx(0.3), pytest.approx(0.7))
