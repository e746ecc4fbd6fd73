"""Pictures of labels show what the labels say."""

import numpy as np
import pytest

from render.contact_sheet import contact_sheet, label_pictures, segment_colours
from render.scene import SEGMENTS

SIZE = 24


def sample(**changed):
    plain = {
        "image": np.full((SIZE, SIZE, 3), 100, np.uint8),
        "landmarks": np.array([[6.5, 6.5], [18.5, 6.5]], np.float32),
        "landmark_visible": np.array([1, 0], np.uint8),
        "dense_landmarks": np.zeros((0, 2), np.float32),
        "dense_visible": np.zeros(0, np.uint8),
        "segmentation": np.zeros((SIZE, SIZE), np.uint8),
        "au_region": np.zeros((SIZE, SIZE), np.uint8),
        "depth": np.full((SIZE, SIZE), np.inf, np.float32),
        "normal_camera": np.zeros((SIZE, SIZE, 3), np.float32),
        "flow": np.zeros((SIZE, SIZE, 2), np.float32),
    }
    return plain | changed


def test_a_sample_is_eight_pictures_of_one_size():
    pictures = label_pictures(sample())
    assert len(pictures) == 8
    assert {(picture.shape, picture.dtype.name) for picture in pictures} == {((SIZE, SIZE, 3), "uint8")}
    assert contact_sheet(pictures, 4).shape == (2 * SIZE + 2, 4 * SIZE + 6, 3)


def test_visible_landmarks_are_green_and_hidden_ones_red():
    picture = label_pictures(sample())[1].astype(int)
    assert picture[6, 6].argmax() == 1
    assert picture[6, 18].argmax() == 0


def test_what_did_not_move_is_white_and_directions_have_hues():
    still = label_pictures(sample())[7]
    assert (still == 255).all()
    flow = np.zeros((SIZE, SIZE, 2), np.float32)
    flow[4, 4], flow[4, 20], flow[20, 4] = (3, 0), (-3, 0), (1.5, 0)
    picture = label_pictures(sample(flow=flow))[7].astype(int)
    assert (picture[12, 12] == 255).all()
    assert np.abs(picture[4, 4] - picture[4, 20]).max() > 200
    assert (255 - picture[20, 4]).sum() == pytest.approx((255 - picture[4, 4]).sum() / 2, abs=3), "paler, moved less"


def test_regions_tint_the_picture_and_only_there():
    region = np.zeros((SIZE, SIZE), np.uint8)
    region[:, :12], region[:6, :12] = 1, 3
    picture = label_pictures(sample(au_region=region))[4]
    assert (picture[:, 12:] == 100).all()
    assert len({tuple(picture[row, column]) for row, column in ((2, 2), (12, 2), (12, 20))}) == 3


def test_the_palette_tells_all_classes_apart():
    colours = segment_colours().astype(int)
    assert len(colours) == len(SEGMENTS)
    apart = np.abs(colours[:, None] - colours).max(axis=-1) + 999 * np.eye(len(colours), dtype=int)
    assert apart.min() > 20
