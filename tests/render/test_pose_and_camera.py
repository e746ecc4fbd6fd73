import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from faceset.pose import angles, rotation
from render.camera import Camera

ANGLE = st.floats(-1.4, 1.4)


@given(ANGLE, ANGLE, ANGLE)
def test_angles_invert_rotation(yaw, pitch, roll):
    matrix = rotation(yaw, pitch, roll)
    assert np.allclose(matrix @ matrix.T, np.eye(3), atol=1e-12)
    assert np.linalg.det(matrix) == pytest.approx(1.0)
    assert angles(matrix) == pytest.approx((yaw, pitch, roll), abs=1e-9)


def test_positive_yaw_turns_to_the_persons_left_and_positive_pitch_up():
    face_direction = np.array([0.0, 0.0, 1.0])
    assert (rotation(0.3, 0, 0) @ face_direction)[0] > 0
    assert (rotation(0, 0.3, 0) @ face_direction)[1] > 0
    assert (rotation(0, 0, 0.3) @ [1.0, 0, 0])[1] > 0


def camera_at(distance=2.0, focal=500.0, centre=(40.0, 70.0), width=128, height=96):
    pose = np.eye(4)
    pose[2, 3] = -distance
    return Camera(focal, centre, pose, width, height)


def test_projection_of_known_points():
    camera = camera_at()
    assert camera.project([[0, 0, 0]])[0] == pytest.approx((40.0, 70.0))
    # 0.1 m to the right and up at 2 m is 500 * 0.1 / 2 = 25 pixels right and up.
    assert camera.project([[0.1, 0.1, 0.0]])[0] == pytest.approx((65.0, 45.0))


@given(st.tuples(*[st.floats(-0.2, 0.2)] * 3))
def test_the_opengl_projection_agrees_with_the_pinhole(point):
    camera = camera_at()
    clip = camera.projection() @ camera.world_to_camera @ [*point, 1.0]
    x, y = clip[:2] / clip[3]
    pixel = ((x + 1) / 2 * camera.width, (1 - y) / 2 * camera.height)
    assert pixel == pytest.approx(tuple(camera.project([point])[0]), abs=1e-7)


@given(
    st.floats(0.2, 3), st.floats(-3, 3), st.tuples(*[st.floats(-50, 50)] * 2), st.tuples(*[st.floats(-0.2, 0.2)] * 3)
)
def test_framing_is_the_similarity_it_claims_to_be(scale, angle, shift, point):
    camera = camera_at()
    framed = camera.framed(scale, angle, shift, 64, 64)
    c, s = np.cos(angle), np.sin(angle)
    expected = scale * np.array([[c, -s], [s, c]]) @ camera.project([point])[0] + shift
    assert framed.project([point])[0] == pytest.approx(tuple(expected), abs=1e-7)
