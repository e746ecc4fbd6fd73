"""The last step of the renderers: shoulder, background and encoding."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from render.appearance.colour import ENCODED, to_srgb
from render.backends.film import KNEE, developed, eased
from render.backends.lamps import looking_from
from render.kernels.encoding import shaded_rows, stored

EVERY_VALUE = np.arange(256, dtype=np.uint8).repeat(3).reshape(-1, 3)


def test_the_shoulder_leaves_the_dark_alone_and_rises_smoothly_to_white():
    light = np.linspace(0, 20, 20001)
    shown = eased(light)
    np.testing.assert_allclose(shown[light <= KNEE], light[light <= KNEE], rtol=1e-6)
    assert (np.diff(shown) >= 0).all() and shown.max() <= 1
    assert np.abs(np.diff(shown, 2)).max() < 1e-5


def test_an_uncovered_pixel_is_the_background_exactly():
    nothing = np.zeros((256, 1))
    np.testing.assert_array_equal(developed(np.full((256, 3), 5.0), nothing, EVERY_VALUE), EVERY_VALUE)


def test_a_covered_pixel_does_not_know_the_background():
    light = np.linspace(0, 0.79, 256)[:, None].repeat(3, axis=1)
    np.testing.assert_array_equal(developed(light, np.ones((256, 1)), EVERY_VALUE), to_srgb(light))


@given(st.tuples(*[st.floats(-1, 1)] * 3).filter(lambda direction: np.linalg.norm(direction) > 0.01))
def test_a_lamp_shines_from_its_direction(direction):
    turn = looking_from(direction)[:3, :3]
    np.testing.assert_allclose(turn @ turn.T, np.eye(3), atol=1e-9)
    assert np.linalg.det(turn) > 0
    np.testing.assert_allclose(turn[:, 2], np.array(direction) / np.linalg.norm(direction), atol=1e-9)


def test_compiled_loops_store_light_as_the_shoulder_and_the_encoding_do():
    random = np.random.default_rng(2)
    light = random.uniform(-0.1, 3.0, (9, 11, 3)).astype(np.float32)
    off = stored(light, KNEE, ENCODED).astype(int) - to_srgb(eased(light))
    # In single precision, as there, light may fall on the other side of a step.
    assert np.abs(off).max() <= 1 and (off != 0).mean() < 0.02
    row, shade = random.uniform(0, 1, (7, 3)).astype(np.float32), random.uniform(0.5, 1.3, 5)
    expected = to_srgb(np.clip(row * shade[:, None, None], 0.0, 0.9))
    np.testing.assert_array_equal(shaded_rows(row, shade, 0.9, ENCODED), expected)
