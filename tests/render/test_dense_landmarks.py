"""Dense landmarks: the rule that places them, and where they appear."""

import dataclasses

import numpy as np
import pytest

from faceset.channels import DENSE, DENSE_FLIP, DENSE_MIDLINE
from faceset.spec import Appearance, CameraSpec, Identity, OccluderSpec, SampleSpec
from facs.expression import Expression
from render.canonical import canonical_68
from render.labels.dense import CLEAR, CLOSE, EYES, LIPS, MOUTH, STEP, dense_points
from render.polygons import distance
from render.scene import SEGMENTS


@pytest.fixture(scope="module")
def points():
    return dense_points()


def test_they_are_as_many_as_the_channel_states_and_mirror_images(points):
    assert points.shape == (DENSE, 2)
    np.testing.assert_array_equal(points[list(DENSE_FLIP)], points * (-1, 1))
    assert (points[:DENSE_MIDLINE, 0] == 0).all()
    assert (np.diff(points[:DENSE_MIDLINE, 1]) < 0).all(), "from top to bottom"
    assert (points[DENSE_MIDLINE::2, 0] < 0).all(), "the person's right first"


def test_none_lies_in_an_opening_and_all_lie_on_the_face(points):
    marks = canonical_68()
    for opening in (*EYES, MOUTH):
        assert distance(points, marks[opening]).min() >= CLEAR
    assert distance(points, marks[:17]).max() < 50
    assert points[:, 1].min() > marks[8, 1]


def test_neighbours_are_closer_near_the_eyes_and_the_lips(points):
    apart = np.linalg.norm(points[:, None] - points, axis=-1) + 1e9 * np.eye(len(points))
    close = np.min([distance(points, canonical_68()[part]) for part in (*EYES, LIPS)], axis=0) < CLOSE - STEP / 2
    np.testing.assert_allclose(apart.min(axis=1)[close], STEP / 2)
    assert apart.min() > 0.99 * STEP / 2
    far = np.min([distance(points, canonical_68()[part]) for part in (*EYES, LIPS)], axis=0) > CLOSE + STEP
    np.testing.assert_allclose(apart.min(axis=1)[far], STEP)


def test_all_of_a_frontal_face_are_visible_and_lie_on_its_surface(labelled, any_model):
    camera = CameraSpec(width=160, height=160, scale_jitter=0.8)
    bald = Appearance(hair_style="bald")
    spec = SampleSpec("plain-0000000", Identity("plain"), camera=camera, appearance=bald, face_model=any_model.name)
    names = ("dense_landmarks", "dense_visible", "dense_landmarks_3d", "depth", "segmentation")
    labels = labelled(spec, *names)
    assert labels["dense_visible"].all()
    column, row = np.floor(labels["dense_landmarks"]).astype(int).T
    assert np.abs(labels["depth"][row, column] + labels["dense_landmarks_3d"][:, 2]).max() < 0.004
    allowed = ("skin", "left_brow", "right_brow", "nose", "upper_lip", "lower_lip")
    assert {SEGMENTS[index] for index in labels["segmentation"][row, column]} == set(allowed)


def test_the_smile_of_one_side_is_the_mirror_image_of_the_others(labelled, plain_spec):
    left, right = (
        labelled(dataclasses.replace(plain_spec, expression=Expression({f"AU12{side}": 1.0})), "dense_landmarks")
        for side in "LR"
    )
    rest = labelled(plain_spec, "dense_landmarks")["dense_landmarks"]
    moved = np.linalg.norm(left["dense_landmarks"] - rest, axis=1)
    assert moved.max() > 4, "the lip corner moves"
    assert moved[(rest[:, 0] < 40) | (rest[:, 1] < 40)].max() < 1, "the other cheek and the forehead do not"
    mirrored = left["dense_landmarks"][list(DENSE_FLIP)] * (-1, 1) + (128, 0)
    assert np.abs(mirrored - right["dense_landmarks"]).max() < 1.0


def test_a_card_hides_those_behind_it(labelled, plain_spec):
    card = {"x": 0.0, "y": -0.55, "half_width": 0.4, "half_height": 0.22, "angle": 0.0, "red": 1, "green": 0, "blue": 0}
    spec = dataclasses.replace(plain_spec, occluders=(OccluderSpec("card", card),))
    visible = labelled(spec, "dense_visible")["dense_visible"]
    points = dense_points()
    assert visible[distance(points, canonical_68()[LIPS]) < CLOSE].max() == 0
    assert visible[points[:, 1] > -10].mean() > 0.98
