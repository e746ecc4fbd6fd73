"""Skin tones on Monk's scale: those of painted skins are those that were asked for."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from faceset.spec import Appearance
from render import monk
from render.appearance.colour import skin_rgb, to_lab, to_linear
from render.appearance.skin import SkinPainter
from render.rigs.surface import surface

LIGHTNESS = [94.211, 92.275, 93.091, 87.573, 77.902, 55.142, 42.47, 30.678, 21.069, 14.61]
"""L* of the ten swatches as the scale's authors publish it."""


def test_swatches_have_the_published_lightness():
    assert monk.SWATCHES_LAB[:, 0] == pytest.approx(LIGHTNESS, abs=0.02)


def test_cielab_agrees_with_another_implementation():
    from skimage.color import rgb2lab

    srgb = np.random.Generator(np.random.Philox(3)).uniform(0, 1, (50, 3))
    assert to_lab(to_linear(srgb)) == pytest.approx(rgb2lab(srgb), abs=0.02)


def test_the_lightest_and_the_darkest_skin_are_seen_as_the_ends_of_the_scale():
    grey = [np.full(3, ((light + 16) / 116) ** 3) for light in monk.LIGHTNESS]
    assert monk.seen(grey)[:, 0] == pytest.approx([LIGHTNESS[-1], LIGHTNESS[0]], abs=0.02)


@given(st.sampled_from(monk.TONES), st.floats(0.0, 1.0))
def test_pigments_make_the_tone_asked_for(wanted, haemoglobin):
    melanin, blood = monk.pigments(wanted, haemoglobin)
    assert monk.tone(melanin, blood) == wanted
    assert 0 <= melanin <= 1
    assert min(haemoglobin, monk.USUAL) - 1e-3 <= blood <= max(haemoglobin, monk.USUAL) + 1e-3


def test_unknown_tones_are_named():
    with pytest.raises(ValueError, match="from 1 to 10, found 11"):
        monk.pigments(11, 0.5)


@given(st.floats(0.0, 0.98), st.floats(0.0, 1.0), st.floats(0.005, 0.02))
@settings(max_examples=50)
def test_more_of_a_pigment_makes_skin_darker(melanin, haemoglobin, more):
    skin = skin_rgb(melanin, haemoglobin)
    assert (skin_rgb(melanin + more, haemoglobin) < skin).all()
    assert (skin_rgb(melanin, haemoglobin + more) < skin).all()


@pytest.mark.parametrize("wanted", monk.TONES)
def test_the_mean_of_a_painted_face_has_the_tone_asked_for(any_model, wanted):
    painter = SkinPainter(any_model.basis, any_model.average, surface(any_model.name))
    for seed in range(4):
        melanin, haemoglobin = monk.pigments(wanted, (0.3, 0.45, 0.6, 0.8)[seed])
        look = Appearance(melanin=melanin, haemoglobin=haemoglobin, texture_seed=seed, wrinkles=0.2 * seed)
        painted = to_linear(painter.paint(look).albedo[painter.bare] / 255)
        assert monk.tones(painted.mean(axis=0)) == wanted
