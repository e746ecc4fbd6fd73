"""Painted skins: the same each time, everything where it belongs, and nothing anywhere else."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from faceset.spec import Appearance
from render.appearance.colour import skin_rgb, to_srgb
from render.appearance.eyes import IRIS_ANGLE, MAX_ANGLE, TEXTURE_SIZE, paint_eye
from render.appearance.noise import moved, shared_noise
from render.appearance.pigment import MOST_HAEMOGLOBIN, MOST_MELANIN, Pigment
from render.appearance.skin import SkinPainter
from render.rigs.surface import surface
from render.scene import SEGMENT

LOOK = Appearance(texture_seed=5)


@pytest.fixture(scope="module")
def painter(model):
    return SkinPainter(model.basis, model.average, surface("anny"))


def changed(painter, **values):
    """Returns which texels one other value changes."""
    return (painter.paint(LOOK).albedo != painter.paint(replace(LOOK, **values)).albedo).any(axis=-1)


def test_painting_again_gives_the_same_bytes(model, painter):
    again = SkinPainter(model.basis, model.average, surface("anny"))
    for look in (LOOK, Appearance(texture_seed=9, freckles=0.8, blemishes=0.9, stubble=0.5, wrinkles=0.9)):
        first, second = painter.paint(look), again.paint(look)
        assert (first.albedo == second.albedo).all()
        assert (first.segments == second.segments).all()
        assert (paint_eye(look) == paint_eye(look)).all()


def test_other_seeds_give_other_skins(painter):
    assert changed(painter, texture_seed=6).mean() > 0.8


def test_freckles_spots_and_age_spots_stay_on_the_bare_face(model, painter):
    region = np.abs(model.basis.texel_position[..., 0]) < 0.09
    for values in ({"freckles": 0.9}, {"blemishes": 1.0}):
        there = changed(painter, **values)
        assert there.sum() > 20
        assert not there[~region].any()
        assert there[~painter.bare].sum() < 0.25 * there.sum()


def test_stubble_stays_where_beards_grow(model, painter):
    position = model.basis.texel_position
    marks = model.basis.landmarks(model.average)
    there = changed(painter, stubble=0.7)
    assert there.sum() > 2000
    assert position[there][:, 1].max() < marks[28, 1], "sideburns reach higher than beards"
    assert there[painter.bare].mean() < 0.08, "the faintest edge alone"


def test_denser_brows_change_nothing_but_brows(model, painter):
    there = changed(painter, brow_density=0.95)
    marks = model.basis.landmarks(model.average)
    heights = model.basis.texel_position[there][:, 1]
    assert there.sum() > 100
    assert marks[36:48, 1].max() - 0.003 < heights.min()
    assert heights.max() < marks[17:27, 1].max() + 0.016


@pytest.mark.parametrize("side", ["left", "right"])
def test_brows_and_lips_lie_at_their_landmarks(model, painter, side):
    position, segments = model.basis.texel_position, painter.paint(LOOK).segments
    marks = model.basis.landmarks(model.average)
    brow = position[segments == SEGMENT[f"{side}_brow"]]
    line = marks[22:27] if side == "left" else marks[17:22]
    assert brow[:, :2].mean(axis=0) == pytest.approx(line[:, :2].mean(axis=0), abs=0.004)
    assert (np.sign(brow[:, 0]) == (1 if side == "left" else -1)).all()
    upper, lower = (position[segments == SEGMENT[name]] for name in ("upper_lip", "lower_lip"))
    assert upper[:, 1].mean() == pytest.approx(marks[[50, 51, 52, 61, 62, 63], 1].mean(), abs=0.003)
    assert lower[:, 1].mean() == pytest.approx(marks[[56, 57, 58, 65, 66, 67], 1].mean(), abs=0.003)


def test_lips_are_redder_than_the_skin(painter):
    for melanin in (0.05, 0.3, 0.6):
        texture = painter.paint(replace(LOOK, melanin=melanin, lip_redness=0.6))
        lips = np.isin(texture.segments, [SEGMENT["upper_lip"], SEGMENT["lower_lip"]])
        red, green, _ = texture.albedo[lips].mean(axis=0)
        skin_red, skin_green, _ = texture.albedo[painter.bare].mean(axis=0)
        assert red / green > 1.08 * skin_red / skin_green


def test_clothes_end_below_the_face(model, painter):
    marks = model.basis.landmarks(model.average)
    for seed in range(12):
        cloth = painter.paint(replace(LOOK, texture_seed=seed)).segments == SEGMENT["clothing"]
        front = cloth & (model.basis.texel_position[..., 2] > surface("anny").axis_z)
        assert cloth.sum() > 5000
        assert model.basis.texel_position[front][:, 1].max() < marks[8, 1]


@given(st.floats(0, MOST_MELANIN), st.floats(0, MOST_HAEMOGLOBIN))
def test_the_table_of_pigments_is_the_model_of_skin(melanin, haemoglobin):
    one = Pigment(np.full((2, 2), melanin, np.float32), np.full((2, 2), haemoglobin, np.float32))
    exact = to_srgb(skin_rgb(melanin, haemoglobin)).astype(int)
    assert np.abs(one.albedo()[0, 0].astype(int) - exact).max() <= 2


@given(st.integers(0, 2**31), st.integers(0, 60), st.integers(0, 60))
@settings(max_examples=30)
def test_moved_noise_is_a_part_of_the_shared_noise(seed, top, left):
    shared = shared_noise(64, (8, 8))
    window = (slice(top, 64), slice(left, 64))
    whole = moved(shared, np.random.Generator(np.random.Philox(seed)))
    part = moved(shared, np.random.Generator(np.random.Philox(seed)), window)
    assert sorted(whole.ravel()) == sorted(shared.ravel())
    assert np.isin(part, shared).all()
    assert part.shape == (64 - top, 64 - left)


@given(st.integers(0, 2**31), st.floats(0, 1), st.floats(0, 1))
@settings(max_examples=25, deadline=None)
def test_eyes_have_a_dark_pupil_a_coloured_iris_and_no_glowing_white(seed, redness, age):
    look = Appearance(texture_seed=seed, eye_redness=redness, wrinkles=age, iris_rgb=(0.34, 0.46, 0.58))
    eye = paint_eye(look).astype(int)
    middle = TEXTURE_SIZE // 2
    iris = round(0.8 * IRIS_ANGLE / MAX_ANGLE * middle)
    white = round(0.8 / MAX_ANGLE * middle)
    assert eye[middle, middle].max() < 40
    assert eye[middle, middle + iris, 2] > eye[middle, middle + iris, 0], "a blue iris"
    assert eye.max() < 235
    assert eye[middle + white, middle].min() > 120
