import pickle

import pytest
from hypothesis import given
from hypothesis import strategies as st

from facs import CATALOGUE, CODES, OPENFACE17, Expression
from facs.errors import IntensityError, UnknownActionUnitError
from facs.expression import NEUTRAL

KEYS = [key for unit in CATALOGUE.values() for key in unit.keys if not unit.position and unit.code != "AU43"]
ACTIVATION = st.floats(0, 1)
EXPRESSIONS = st.dictionaries(st.sampled_from(KEYS), ACTIVATION).map(Expression)


@given(EXPRESSIONS)
def test_mirroring_twice_is_the_identity_and_keeps_the_bilateral_score(expression):
    mirrored = expression.mirrored()
    assert mirrored.mirrored() == expression
    assert (mirrored.vector(OPENFACE17) == expression.vector(OPENFACE17)).all()
    for code in CODES:
        assert mirrored.left(code) == expression.right(code)


@given(EXPRESSIONS)
def test_the_bilateral_score_is_the_higher_side(expression):
    for code in CODES:
        assert expression.both(code) == max(expression.left(code), expression.right(code))


@given(EXPRESSIONS)
def test_equal_faces_are_equal_values_in_any_order_and_with_explicit_zeros(expression):
    reordered = dict(reversed(list(expression.intensity.items())))
    zeros = dict.fromkeys(set(KEYS) - set(expression.intensity), 0.0)
    other = Expression(reordered | zeros)
    assert other == expression
    assert hash(other) == hash(expression)
    assert pickle.loads(pickle.dumps(expression)) == expression  # noqa: S301 - our own bytes


def test_bilateral_sets_both_sides_and_midline_aus_have_one():
    expression = Expression.bilateral({"AU12": 0.5, "AU25": 0.25})
    assert dict(expression.intensity) == {"AU12L": 0.5, "AU12R": 0.5, "AU25": 0.25}
    assert expression.left("AU25") == expression.right("AU25") == 0.25


def test_setting_one_au_keeps_the_others():
    expression = Expression({"AU1L": 0.2, "AU12L": 0.9}).with_au("AU12", 0.4)
    assert dict(expression.intensity) == {"AU1L": 0.2, "AU12L": 0.4, "AU12R": 0.4}
    assert expression.with_au("AU12", 0.0) == Expression({"AU1L": 0.2})


@given(EXPRESSIONS, ACTIVATION)
def test_scaling_multiplies_every_activation(expression, factor):
    for key, value in expression.intensity.items():
        assert expression.scaled(factor).intensity.get(key, 0.0) == value * factor


@pytest.mark.parametrize("value", [-0.01, 1.01, float("nan"), float("inf")])
def test_activations_outside_the_unit_interval_are_refused(value):
    with pytest.raises(IntensityError, match=r"AU12L: the activation must lie in \[0, 1\]"):
        Expression({"AU12L": value})


def test_a_sided_au_without_its_side_is_refused():
    with pytest.raises(IntensityError, match="use AU12L and AU12R"):
        Expression({"AU12": 0.5})
    with pytest.raises(UnknownActionUnitError):
        Expression({"AU99": 0.5})


def test_neutral_is_empty_and_frozen():
    assert not NEUTRAL.intensity
    with pytest.raises(TypeError):
        NEUTRAL.intensity["AU12L"] = 1.0


def test_a_closed_eye_is_43_and_45_at_once():
    closed = Expression({"AU43L": 0.5, "AU45R": 0.25})
    assert closed == Expression({"AU45L": 0.5, "AU43R": 0.25})
    assert closed.vector(["AU43", "AU45"]).tolist() == [0.5, 0.5]
    assert closed.right("AU43") == closed.right("AU45") == 0.25
    assert closed.with_au("AU43", 0.0) == NEUTRAL
    with pytest.raises(IntensityError, match="the same closed eye"):
        Expression({"AU43L": 0.5, "AU45L": 0.5})


def test_a_position_is_no_expression():
    with pytest.raises(IntensityError, match=r"AU51 \(Head Turn Left\) is a position"):
        Expression({"AU51": 0.5})
