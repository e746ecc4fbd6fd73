"""Head poses as they stand in the world, whatever the camera does."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from faceset.pose import angles, rotation, upright

ANGLE = st.floats(-1.2, 1.2)


@given(ANGLE, ANGLE, ANGLE, st.floats(-0.6, 0.6))
def test_a_leaning_camera_changes_no_upright_pose(yaw, pitch, roll, lean):
    turn = rotation(0.0, 0.0, -lean)
    seen = angles(turn @ rotation(yaw, pitch, roll))
    camera = np.concatenate([[300, 300, 64, 64], np.column_stack([turn, [0, 0, -1]]).ravel()])
    np.testing.assert_allclose(upright([seen], [camera]), [[yaw, pitch, roll]], atol=1e-9)


def test_no_faces_have_no_poses():
    assert upright(np.zeros((0, 3)), np.zeros((0, 16))).shape == (0, 3)
