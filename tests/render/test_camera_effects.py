"""Camera effects do what their values say, alike for twins, and nothing by default."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.ndimage import binary_dilation

from faceset.spec import CameraEffects, SampleSpec
from facs.expression import Expression
from render.appearance.colour import to_linear
from render.backends.film import KNEE, WHITE, eased, uneased
from render.camera_effects import (
    JPEG_BLOCK,
    LUMA,
    _blurred,
    _moved,
    effects_of,
    photographed,
    reach,
    sample_camera_effects,
)
from render.config import SamplingConfig
from render.sample import SampleRenderer
from render.sampling import sample_specs

NOTHING = CameraEffects()
NEARLY_NOTHING = CameraEffects(exposure=1e-12)
EVERY_VALUE = np.arange(256, dtype=np.uint8).repeat(3).reshape(16, 16, 3)


def flat(value: int, side: int = 128) -> np.ndarray:
    return np.full((side, side, 3), value, np.uint8)


@pytest.fixture(scope="module")
def renderer():
    made = SampleRenderer()
    yield made
    made.close()


@pytest.fixture(scope="module")
def picture(renderer, plain_spec):
    return renderer.render(plain_spec)["image"]


def test_by_default_a_picture_is_returned_itself():
    assert photographed(EVERY_VALUE, NOTHING, 0) is EVERY_VALUE


def test_the_way_back_to_light_and_forth_again_changes_no_value():
    np.testing.assert_array_equal(photographed(EVERY_VALUE, NEARLY_NOTHING, 0), EVERY_VALUE)


def test_the_shoulder_is_undone():
    shown = np.linspace(0, WHITE, 5001)
    np.testing.assert_allclose(eased(uneased(shown)), shown, atol=1e-6)
    assert uneased(np.ones(1)) == uneased(np.full(1, WHITE)) > 1.5


@given(st.integers(0, 255), st.floats(-3, 3))
def test_a_stop_doubles_the_light(value: int, stops: float) -> None:
    found = photographed(flat(value, 2), CameraEffects(exposure=stops), 0)[0, 0, 0]
    asked = to_linear(value / 255) * 2**stops
    if max(asked, to_linear(value / 255)) < KNEE:
        low, high = to_linear((np.array([-0.51, 0.51]) + found) / 255)
        assert low <= asked <= high
    if stops < -0.1 and value > 100:
        assert found < value


def test_white_balance_multiplies_each_colour():
    gains = (1.4, 1.0, 0.6)
    found = photographed(EVERY_VALUE[:9], CameraEffects(white_balance=gains), 0)
    asked = to_linear(EVERY_VALUE[:9] / 255) * gains
    np.testing.assert_allclose(found, 255 * to_encoded(asked), atol=0.51)


def to_encoded(linear: np.ndarray) -> np.ndarray:
    return np.where(linear <= 0.0031308, 12.92 * linear, 1.055 * np.maximum(linear, 1e-9) ** (1 / 2.4) - 0.055)


def test_the_corners_lose_what_vignetting_says_and_the_middle_nothing():
    light = to_linear(photographed(flat(150, 64), CameraEffects(vignetting=0.4), 0) / 255)[..., 0]
    whole = to_linear(150 / 255)
    assert light[0, 0] == pytest.approx(0.6 * whole, rel=0.03)
    assert light[32, 32] == pytest.approx(whole, rel=0.01)
    np.testing.assert_array_equal(light, light[::-1, ::-1])


@pytest.mark.parametrize("deviation", [0.8, 1.5, 3.0])
def test_blur_keeps_the_light_and_spreads_a_point_as_asked(deviation):
    point = np.zeros((41, 41, 3))
    point[20, 20] = 1.0
    spread = _blurred(point, deviation)
    away = np.arange(41) - 20.0
    assert spread[..., 0].sum() == pytest.approx(1)
    assert (spread[..., 0].sum(0) * away**2).sum() == pytest.approx(deviation**2, rel=0.01)
    uneven = np.random.default_rng(0).random((40, 40, 3))
    assert _blurred(uneven, deviation).mean() == pytest.approx(uneven.mean())


@given(st.floats(0.5, 9), st.floats(0, np.pi))
@settings(max_examples=30)
def test_motion_smears_along_its_direction_alone(length: float, angle: float) -> None:
    point = np.zeros((31, 31, 1))
    point[15, 15] = 1.0
    spread = _moved(point, length, angle)[..., 0]
    y, x = 15.0 - np.mgrid[:31, :31][0], np.mgrid[:31, :31][1] - 15.0
    along, across = x * np.cos(angle) + y * np.sin(angle), y * np.cos(angle) - x * np.sin(angle)
    assert spread.sum() == pytest.approx(1)
    assert (spread * along).sum() == pytest.approx(0, abs=1e-9)
    assert (spread * along**2).sum() == pytest.approx(length**2 / 12, abs=0.26), "and a pixel's own width"
    assert (spread * across**2).sum() < 0.26


@pytest.mark.parametrize(("value", "full_well", "read"), [(60, 3000, 0), (128, 3000, 0), (128, 800, 20), (180, 500, 5)])
def test_the_noise_of_a_flat_picture_has_the_variance_of_the_sensor(value, full_well, read):
    effects = CameraEffects(full_well=full_well, read_noise=read)
    light = to_linear(photographed(flat(value, 256), effects, 7) / 255).astype(np.float64)
    whole = float(to_linear(value / 255))
    step = float(to_linear((value + 1) / 255)) - whole
    assert light.mean() == pytest.approx(whole, rel=0.003)
    assert light.var() == pytest.approx(whole / full_well + (read / full_well) ** 2 + step**2 / 12, rel=0.03)
    left, right = light[:, :-1] - whole, light[:, 1:] - whole
    assert abs((left * right).mean()) < 0.02 * light.var(), "neighbours know nothing of each other"


def test_noise_follows_the_seed(picture):
    effects = CameraEffects(full_well=2000)
    first, again, other = (photographed(picture, effects, seed) for seed in (1, 1, 2))
    np.testing.assert_array_equal(first, again)
    assert (first != other).mean() > 0.3


def test_contrast_and_saturation_turn_about_grey():
    grey = EVERY_VALUE[[0, 7, 15]]
    np.testing.assert_array_equal(photographed(grey, CameraEffects(saturation=0.3), 0), grey)
    steep = photographed(EVERY_VALUE, CameraEffects(contrast=1.3), 0)[..., 0].ravel().astype(int)
    assert (np.diff(steep) >= 0).all() and (steep[0], steep[255]) == (0, 255)
    assert steep[144] - steep[112] == pytest.approx(1.3 * 32, abs=1.5)
    colour = flat(0, 2) + np.array([120, 90, 60], np.uint8)
    dull = to_linear(photographed(colour, CameraEffects(saturation=0.0), 0)[0, 0] / 255)
    assert dull == pytest.approx([float(to_linear(colour[0, 0] / 255) @ LUMA)] * 3, rel=0.02)


def test_jpeg_is_closer_the_higher_its_quality_and_the_same_each_time(picture):
    def error(quality: int) -> float:
        made = photographed(picture, CameraEffects(jpeg_quality=quality), 0)
        np.testing.assert_array_equal(made, photographed(picture, CameraEffects(jpeg_quality=quality), 1))
        return float(((made.astype(float) - picture) ** 2).mean())

    errors = [error(quality) for quality in (10, 30, 50, 70, 90)]
    assert errors == sorted(errors, reverse=True)
    assert errors[0] > 3 * errors[-1] > 0


def test_drawn_effects_are_those_of_photographs():
    drawn = [sample_camera_effects(np.random.default_rng(number), 128) for number in range(400)]
    assert all(-1 <= each.exposure <= 0.8 and 30 <= each.jpeg_quality <= 95 for each in drawn)
    assert all(500 <= each.full_well <= 20_000 and 0 < each.blur < 3 for each in drawn)
    assert all(np.array(each.white_balance) @ LUMA == pytest.approx(1) for each in drawn)
    assert 0.08 < np.mean([each.motion > 0 for each in drawn]) < 0.25
    assert np.median([each.jpeg_quality for each in drawn]) > 65, "most are good"


def test_effects_grow_with_the_picture():
    small, large = (effects_of(np.random.default_rng(3), size, 0.6) for size in (64, 256))
    assert large.blur == pytest.approx(4 * small.blur)
    assert replace(large, blur=small.blur, motion=small.motion) == small


def test_effects_survive_json(plain_spec):
    spec = replace(plain_spec, camera_effects=sample_camera_effects(np.random.default_rng(1), 128))
    assert SampleSpec.from_json(spec.to_json()) == spec
    assert SampleSpec.from_json(plain_spec.to_json()).camera_effects == NOTHING


def specs_with(share: float) -> list[SampleSpec]:
    return sample_specs(SamplingConfig(identities=3, size=64, twins_per_sample=1, camera_effects=share), 5, 6, "taken")


def test_effects_are_drawn_for_the_share_that_was_asked_and_shift_no_other_draw():
    none, some, every = (specs_with(share) for share in (0.0, 0.5, 1.0))
    assert all(spec.camera_effects == NOTHING for spec in none)
    assert all(spec.camera_effects != NOTHING for spec in every)
    assert {spec.camera_effects == NOTHING for spec in some} == {True, False}
    assert [replace(spec, camera_effects=NOTHING) for spec in every] == none
    by_key = {spec.key: spec for spec in every}
    assert all(spec.camera_effects == by_key[spec.twin_of].camera_effects for spec in every if spec.twin_of)
    with pytest.raises(ValueError, match="camera_effects: expected a probability"):
        SamplingConfig(camera_effects=1.5)


def test_effects_change_the_image_and_no_label_in_any_order(renderer):
    clean, taken = specs_with(0.0)[:4], specs_with(1.0)[:4]
    forward = [renderer.render(spec) for spec in taken]
    backward = [renderer.render(spec) for spec in taken[::-1]][::-1]
    for spec, one, other in zip(clean, forward, backward, strict=True):
        bare = renderer.render(spec)
        assert all(np.array_equal(one[name], other[name]) for name in one)
        assert {name for name in one if not np.array_equal(one[name], bare[name])} == {"image", "checksum"}


def test_every_renderer_s_picture_is_taken_by_the_same_camera():
    taken = specs_with(1.0)[0]
    made = SampleRenderer("pyrender")
    bare, shown = (made.render(spec)["image"] for spec in (replace(taken, camera_effects=NOTHING), taken))
    made.close()
    np.testing.assert_array_equal(shown, photographed(bare, taken.camera_effects, taken.render_seed))
    assert (shown != bare).mean() > 0.5


def test_twins_differ_no_further_than_blur_and_the_blocks_of_jpeg_carry_their_change(renderer, plain_spec):
    spec = replace(plain_spec, render_seed=3)
    twin = spec.twin("plain-0000000t0", Expression.bilateral({"AU12": 0.8}))
    changed = different(renderer, spec, twin, NOTHING)
    raw = effects_of(np.random.default_rng(0), 128, 0.5)
    raw = replace(raw, motion=2.0, jpeg_quality=0)
    widened = binary_dilation(changed, np.ones((2 * reach(raw) + 1,) * 2))
    found = different(renderer, spec, twin, raw)
    assert found.any() and not found[~widened].any()
    blocks = widened.reshape(128 // JPEG_BLOCK, JPEG_BLOCK, -1, JPEG_BLOCK).any(axis=(1, 3))
    blocks = binary_dilation(blocks.repeat(JPEG_BLOCK, 0).repeat(JPEG_BLOCK, 1), np.ones((3, 3)))
    found = different(renderer, spec, twin, replace(raw, jpeg_quality=60))
    assert found.any() and not found[~blocks].any()
    assert not blocks.all(), "and some of the picture is further away"


def different(renderer: SampleRenderer, spec: SampleSpec, twin: SampleSpec, effects: CameraEffects) -> np.ndarray:
    images = [renderer.render(replace(each, camera_effects=effects))["image"] for each in (spec, twin)]
    return np.asarray((images[0] != images[1]).any(axis=2))
