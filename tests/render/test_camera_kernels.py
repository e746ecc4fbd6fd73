"""The camera's compiled loops against scipy, and against the formulas of a camera."""

import numpy as np
import pytest
from scipy.ndimage import convolve, gaussian_filter

from render.appearance.colour import to_srgb
from render.backends.film import KNEE, eased
from render.camera_effects import BLUR_ENDS, LUMA, _blurred, _curve, _moved, _trace
from render.kernels.camera import exposed, smeared, toned


@pytest.mark.parametrize("deviation", [0.3, 0.9, 2.5, 6.0])
@pytest.mark.parametrize("channels", [1, 3])
def test_blur_is_scipys_up_to_the_edges(deviation, channels):
    light = np.random.default_rng(0).random((19, 23, channels))
    expected = gaussian_filter(light, (deviation, deviation, 0), mode="reflect", truncate=BLUR_ENDS)
    np.testing.assert_allclose(_blurred(light, deviation), expected, rtol=1e-12)


@pytest.mark.parametrize(("length", "angle"), [(1.0, 0.2), (4.0, 1.0), (9.0, 2.9), (30.0, 0.7)])
def test_motion_is_scipys_up_to_the_edges(length, angle):
    light = np.random.default_rng(1).random((17, 21, 3))
    expected = convolve(light, _trace(length, angle)[..., None], mode="reflect")
    np.testing.assert_allclose(_moved(light, length, angle), expected, rtol=1e-12)


def test_taps_look_where_they_say():
    light = np.zeros((5, 7, 1))
    light[2, 3] = 1.0
    out = smeared(light, np.array([1, 0]), np.array([0, -2]), np.array([0.25, 0.5]))
    assert out[1, 3, 0] == 0.25 and out[2, 5, 0] == 0.5 and out.sum() == 0.75


def test_what_is_far_from_a_change_is_the_same_to_the_last_bit():
    one = np.random.default_rng(2).random((40, 40, 3))
    other = one.copy()
    other[20, 20] += 1.0
    for spread, far in ((lambda light: _blurred(light, 1.0), 4), (lambda light: _moved(light, 4.0, 0.3), 3)):
        apart = (spread(one) != spread(other)).any(axis=2)
        rows, columns = np.nonzero(apart)
        assert apart.any() and max(np.abs(rows - 20).max(), np.abs(columns - 20).max()) <= far


def test_light_falls_off_by_the_law_of_the_cosine():
    picture, light_of = np.full((8, 12, 3), 7, np.uint8), np.linspace(0, 1, 256)
    found = exposed(picture, light_of, 3.0, 0.8)
    y, x = np.mgrid[:8, :12] + 0.5
    tangent_squared = 0.8 * ((2 * x / 12 - 1) ** 2 + (2 * y / 8 - 1) ** 2) / 2
    cosine = 1 / np.sqrt(1 + tangent_squared)
    np.testing.assert_allclose(found, np.repeat((3.0 * light_of[7] * cosine**4)[..., None], 3, axis=2))


@pytest.mark.parametrize("saturation", [1.0, 0.6, 1.5])
def test_tones_are_those_of_film_and_srgb(saturation):
    light, gains = np.random.default_rng(3).uniform(-0.2, 2.5, (32, 32, 3)), np.array([1.2, 1.0, 0.8])
    found = toned(light, gains, LUMA, saturation, KNEE, _curve(1.0))
    shown = eased(np.maximum(light * gains, 0))
    grey = (shown @ LUMA)[..., None]
    expected = to_srgb(np.clip(grey + saturation * (shown - grey), 0, 1))
    assert np.abs(found.astype(int) - expected).max() <= 1
    assert (found == expected).mean() > 0.97
