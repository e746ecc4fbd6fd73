"""The mirrored labels of a face are the labels of the mirrored face: every channel's rule against the renderer."""

import dataclasses

import numpy as np
import pytest

from faceset.channels import mirror
from faceset.spec import CameraSpec
from facs.expression import Expression
from render.labels import LABELS_ON_REQUEST
from render.scene import SEGMENT_SWAP

SIZE = 128
NAMES = (*LABELS_ON_REQUEST, "landmarks", "landmarks_3d", "landmark_visible", "head_pose", "gaze", "camera")


@pytest.fixture(scope="module")
def pair(labelled, plain_spec):
    """The mirrored labels of one specification, and the labels of the specification of its mirror image."""
    # Hair is nobody's mirror image.
    spec = dataclasses.replace(
        plain_spec,
        appearance=dataclasses.replace(plain_spec.appearance, hair_style="bald"),
        expression=Expression({"AU12L": 0.9, "AU2R": 0.8, "AU26": 0.5, "AU25": 0.5, "AU45R": 1.0}),
        head_pose=(0.3, -0.1, 0.08),
        gaze=(0.2, 0.1),
        camera=CameraSpec(width=SIZE, height=SIZE, shift_jitter=(0.05, 0.02), roll_jitter=0.1, scale_jitter=0.95),
    )
    other = dataclasses.replace(
        spec,
        expression=Expression({"AU12R": 0.9, "AU2L": 0.8, "AU26": 0.5, "AU25": 0.5, "AU45L": 1.0}),
        head_pose=(-0.3, -0.1, -0.08),
        gaze=(-0.2, 0.1),
        camera=dataclasses.replace(spec.camera, shift_jitter=(-0.05, 0.02), roll_jitter=-0.1),
    )
    return mirror(labelled(spec, *NAMES), SIZE, SEGMENT_SWAP), labelled(other, *NAMES)


@pytest.mark.parametrize(
    ("name", "tolerance"),
    [
        ("landmarks", 0.4),
        ("landmarks_3d", 0.001),
        ("dense_landmarks", 0.4),
        ("dense_landmarks_3d", 0.001),
        ("head_pose", 0.002),
        ("gaze", 1e-6),
    ],
)
def test_points_and_angles(pair, name, tolerance):
    mirrored, truth = (each[name] for each in pair)
    assert np.abs(mirrored - truth).max() < tolerance


def test_the_camera(pair):
    mirrored, truth = (each["camera"] for each in pair)
    np.testing.assert_allclose(mirrored[:4], truth[:4], rtol=2e-3)
    np.testing.assert_allclose(mirrored[4:], truth[4:], atol=2e-3)


@pytest.mark.parametrize("name", ["landmark_visible", "dense_visible", "segmentation", "au_region"])
def test_classes(pair, name):
    mirrored, truth = (each[name] for each in pair)
    assert (mirrored == truth).mean() > 0.97


@pytest.mark.parametrize(("name", "tolerance"), [("depth", 0.002), ("normal_camera", 0.08), ("flow", 0.3)])
def test_what_each_pixel_measures(pair, name, tolerance):
    mirrored, truth = (np.where(np.isfinite(each[name]), each[name], 9) for each in pair)
    assert (np.abs(mirrored - truth) < tolerance).mean() > 0.97
    assert (np.abs(mirrored[:, ::-1] - truth) < tolerance).mean() < 0.9, "a rule that does nothing would fail"
