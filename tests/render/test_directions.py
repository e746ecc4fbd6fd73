"""Every direction that the params allow: turned up to 90 degrees, near and far, with the labels still exact."""

import dataclasses
from math import radians

import numpy as np
import pytest

from faceset.pose import angles, rotation
from faceset.spec import CameraSpec
from render.assembly import face_camera, pose_face
from render.config import SamplingConfig
from render.sampling import sample_specs

RIGHT = (*range(7), *range(17, 21), *range(36, 42))
LEFT = (*range(10, 17), *range(23, 27), *range(42, 48))
"""Landmarks of jaw, brow and eye of the person's right and left side, in one order but for left and right."""

EXTREMES = [
    (yaw, pitch, roll) for yaw in (-90, 0, 90) for pitch in (-45, 0, 45) for roll in (-30, 30) if (yaw, pitch) != (0, 0)
]


def turned(spec, yaw, pitch, roll, distance=1.0):
    camera = CameraSpec(distance=distance, width=96, height=96)
    return dataclasses.replace(spec, head_pose=(radians(yaw), radians(pitch), radians(roll)), camera=camera)


@pytest.mark.parametrize("pose", EXTREMES)
def test_labels_of_extreme_directions(plain_spec, labelled, pose):
    labels = labelled(turned(plain_spec, *pose), "head_pose", "camera", "landmarks", "landmarks_3d", "segmentation")
    camera = labels["camera"]
    world_to_camera = camera[4:].reshape(3, 4)
    # The aligner takes the roll away; the recorded camera says by how much.
    relative = world_to_camera[:, :3].astype(np.float64) @ rotation(*np.radians(pose))
    np.testing.assert_allclose(rotation(*labels["head_pose"]), relative, atol=1e-5)
    points = labels["landmarks_3d"]
    projected = camera[2:4] + camera[:2] * np.array([1, -1]) * points[:, :2] / -points[:, 2:]
    np.testing.assert_allclose(labels["landmarks"], projected, atol=2e-2)
    assert (labels["segmentation"] > 0).mean() > 0.15


def test_a_profile_shows_the_near_side_alone(plain_spec, labelled):
    right, left = (labelled(turned(plain_spec, yaw, 0, 0), "landmark_visible")["landmark_visible"] for yaw in (-90, 90))
    # Turned to the person's right, the camera sees the left side. Ears and lids may hide a few of its landmarks.
    for seen, near, far in ((right, LEFT, RIGHT), (left, RIGHT, LEFT)):
        assert not seen[list(far)].any()
        assert seen[list(near)].mean() > 0.5


@pytest.mark.parametrize("distance", [0.15, 0.3, 1.0, 3.0])
def test_perspective_is_that_of_the_distance(model, plain_spec, distance):
    spec = turned(plain_spec, 0, 0, 0, distance)
    face = pose_face(spec, model)
    camera, marks = face_camera(spec, model, face), face.to_world(model.basis.landmarks(face.neutral))
    assert -camera.to_camera([[0.0, 0.0, 0.0]])[0, 2] == pytest.approx(distance, abs=1e-9)
    pixel = camera.project(marks)
    # Widths appear as 1 over the distance of what is measured: nostrils against the temples behind them.
    nose, temples = (np.linalg.norm(pixel[a] - pixel[b]) / np.linalg.norm(marks[a] - marks[b]) for a, b in PAIRS)
    depths = [distance - np.mean([marks[a, 2], marks[b, 2]]) for a, b in PAIRS]
    assert nose / temples == pytest.approx(depths[1] / depths[0], rel=2e-3)


PAIRS = ((31, 35), (0, 16))


def test_nearby_cameras_see_a_larger_nose(model, plain_spec):
    shares = []
    for distance in (0.15, 0.5, 3.0):
        spec = turned(plain_spec, 0, 0, 0, distance)
        face = pose_face(spec, model)
        pixel = face_camera(spec, model, face).project(face.to_world(model.basis.landmarks(face.neutral)))
        shares.append(np.linalg.norm(pixel[31] - pixel[35]) / np.linalg.norm(pixel[0] - pixel[16]))
    assert shares[0] > 1.25 * shares[1] > 1.25 * shares[2]


def test_drawn_directions_fill_what_is_allowed():
    limits = radians(90), radians(45), radians(30)
    yaw, pitch, roll = limits
    config = SamplingConfig(identities=50, size=32, max_yaw=yaw, max_pitch=pitch, max_roll=roll, distance=(0.15, 3.0))
    specs = sample_specs(config, 3, 400, "wide")
    poses = np.degrees([spec.head_pose for spec in specs])
    distances = np.array([spec.camera.distance for spec in specs])
    assert (np.abs(poses).max(axis=0) <= (90, 45, 30)).all()
    assert (np.abs(poses).max(axis=0) > (85, 42, 28)).all()
    assert distances.min() < 0.17
    assert distances.max() > 2.8
    assert distances.max() <= 3.0
    rebuilt = [angles(rotation(*spec.head_pose)) for spec in specs[:20]]
    np.testing.assert_allclose(rebuilt, [spec.head_pose for spec in specs[:20]], atol=1e-6)
