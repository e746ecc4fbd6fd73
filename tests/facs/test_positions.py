from math import radians

import pytest
from hypothesis import given
from hypothesis import strategies as st

from facs import CATALOGUE
from facs.errors import IntensityError
from facs.positions import FORWARD_AXIS, GAZE_AXES, HEAD_AXES, Positions

AXES = (*HEAD_AXES, FORWARD_AXIS, *GAZE_AXES)
SHARE = st.floats(-1, 1).map(lambda value: round(value, 6))


@given(st.tuples(*[SHARE] * len(AXES)))
def test_activations_and_angles_round_trip_and_opposites_never_meet(shares):
    values = [share * axis.full for share, axis in zip(shares, AXES, strict=True)]
    positions = Positions(tuple(values[:3]), values[3], tuple(values[4:]))
    activations = positions.activations
    assert all(min(activations[axis.positive], activations[axis.negative]) == 0.0 for axis in AXES)
    again = Positions.of(activations)
    assert (*again.head_pose, again.head_forward, *again.gaze) == pytest.approx(values)


def test_every_position_of_the_catalogue_has_an_axis():
    assert list(Positions().activations) == [code for code, unit in CATALOGUE.items() if unit.position]


def test_left_and_right_are_the_persons():
    assert Positions.of({"AU51": 0.5}).head_pose[0] == pytest.approx(radians(30))
    assert Positions.of({"AU52": 1.0}).head_pose[0] < 0 < Positions.of({"AU61": 1.0}).gaze[0]
    assert Positions.of({"AU54": 1.0}).head_pose[1] < 0
    assert Positions.of({"AU55": 1.0}).head_pose[2] < 0


@pytest.mark.parametrize(
    ("activations", "message"),
    [
        ({"AU51": 0.5, "AU52": 0.5}, "opposite positions"),
        ({"AU51": 1.5}, r"must lie in \[0, 1\]"),
        ({"AU12": 0.5}, "not a position"),
    ],
)
def test_impossible_positions_are_refused(activations, message):
    with pytest.raises(IntensityError, match=message):
        Positions.of(activations)
