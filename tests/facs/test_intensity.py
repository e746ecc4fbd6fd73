import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from facs import intensity
from facs.errors import IntensityError

ACTIVATION = st.floats(0, 1)


@given(ACTIVATION, ACTIVATION)
def test_every_scale_is_monotone(first, second):
    low, high = sorted((first, second))
    assert intensity.ordinal(low) <= intensity.ordinal(high)
    assert intensity.score(low) <= intensity.score(high)


@given(st.floats(0, intensity.KNOTS[-1]))
def test_score_and_activation_are_inverse_below_the_plateau(value):
    assert intensity.activation(intensity.score(value)) == pytest.approx(value, abs=1e-12)


@given(ACTIVATION)
def test_the_ordinal_is_the_whole_part_of_the_score(value):
    assert intensity.ordinal(value) == int(intensity.score(value))


def test_letters_begin_at_the_knots():
    assert intensity.letter(0.0) == ""
    assert [intensity.letter(knot) for knot in intensity.KNOTS[1:]] == list(intensity.LETTERS)
    assert intensity.letter(1.0) == "E"


@given(ACTIVATION, st.integers(2, 11))
def test_quantising_is_idempotent_and_moves_by_half_a_step_at_most(value, levels):
    once = intensity.quantised(value, levels)
    assert intensity.quantised(once, levels) == once
    assert abs(once - value) <= 0.5 / (levels - 1) + 1e-12


@pytest.mark.parametrize("function", [intensity.ordinal, intensity.score])
@pytest.mark.parametrize("value", [-0.1, 1.1, np.nan])
def test_values_off_the_scale_are_refused(function, value):
    with pytest.raises(IntensityError, match=r"\[0, 1\]"):
        function(value)


def test_scores_and_levels_off_the_scale_are_refused():
    with pytest.raises(IntensityError, match=r"\[0, 5\]"):
        intensity.activation([5.5])
    with pytest.raises(IntensityError, match="at least 2 levels"):
        intensity.quantised(0.5, 1)
