"""What the rasteriser's shading looks up, against OpenCV, and against the project's own formulas."""

import cv2
import numpy as np
import pytest

from render.appearance.colour import LINEAR
from render.backends.film import eased
from render.backends.raster_textures import folds, sized
from render.environments.harmonics import irradiance
from render.environments.maps import seen
from render.environments.shiny import levels, shiny
from render.kernels import shading
from render.kernels.visibility import surfaces_of
from render.relief import slopes_and_creases


def unit_vectors(count, seed=0):
    found = np.random.default_rng(seed).normal(size=(count, 3))
    return found / np.linalg.norm(found, axis=1, keepdims=True)


def test_texels_blend_and_repeat():
    random = np.random.default_rng(1)
    pixels = random.integers(0, 256, (24, 40, 3), dtype=np.uint8)
    texture, uv = sized(pixels), random.uniform(-1.5, 2.5, (200, 2))
    framed = np.pad(LINEAR[pixels], ((1, 1), (1, 1), (0, 0)), mode="wrap")
    at = ((uv % 1) * (40, 24) + 0.5).astype(np.float32)
    expected = cv2.remap(framed, at[:, 0], at[:, 1], cv2.INTER_LINEAR)[:, 0]
    found = [shading._texel(texture.texels, texture.levels, 0, u, v, LINEAR) for u, v in uv]
    # OpenCV rounds weights to 1/32.
    np.testing.assert_allclose(found, expected, atol=0.035)
    assert np.abs(np.array(found) - expected).mean() < 0.007


def test_each_size_of_a_texture_is_the_mean_of_the_one_before():
    pixels = np.random.default_rng(2).integers(0, 256, (64, 32, 3), dtype=np.uint8)
    texture = sized(pixels)
    assert texture.levels[:, 1:].tolist() == [[64, 32], [32, 16], [16, 8], [8, 4]]
    for (start, height, width), (first, high, wide) in zip(texture.levels, texture.levels[1:], strict=False):
        large = texture.texels[start : start + height * width].reshape(high, 2, wide, 2, 3)
        small = texture.texels[first : first + high * wide].reshape(high, wide, 3)
        assert np.abs(large.mean(axis=(1, 3)) - small).max() <= 0.51


def test_folds_blend_and_end_at_the_edge():
    relief = np.random.default_rng(3).normal(size=(9, 13, 3)).astype(np.float32)
    places = np.random.default_rng(4).uniform((-2, -2), (15, 11), (200, 2))
    expected = cv2.remap(relief, *(places.astype(np.float32) - 0.5).T, cv2.INTER_LINEAR, None, cv2.BORDER_REPLICATE)
    found = np.array([shading._fold(relief, x, y) for x, y in places])
    assert np.abs(found - expected[:, 0]).mean() < 0.03
    flat = np.full((5, 5, 3), (1.0, -2.0, 0.5), np.float32)
    np.testing.assert_allclose(shading._folds(flat, 2.0, 3.0, 4.0, 1.0), (1.0, -2.0, 0.5))


@pytest.mark.parametrize("shrink", [1, 2])
def test_the_window_of_a_relief_stands_where_it_is_raised(shrink):
    relief = np.zeros((128, 128), np.float32)
    relief[40:44, 80:90] = 0.001
    slopes, (u, v, across, down) = folds(relief, shrink)
    assert (across, down) == (128 / shrink, 128 / shrink)
    whole = slopes_and_creases(relief if shrink == 1 else cv2.resize(relief, None, fx=0.5, fy=0.5, interpolation=3))
    top, left = round(v * down), round(u * across)
    np.testing.assert_array_equal(whole[top : top + slopes.shape[0], left : left + slopes.shape[1]], slopes)
    assert np.count_nonzero(whole) == np.count_nonzero(slopes) > 0
    assert folds(None, shrink)[0].size == folds(np.zeros((16, 16), np.float32), shrink)[0].size == 0


def test_surroundings_are_seen_as_their_map_shows_them():
    smooth = cv2.GaussianBlur(np.random.default_rng(5).uniform(size=(64, 128, 3)).astype(np.float32), (0, 0), 2)
    maps, ways = shiny(smooth), unit_vectors(100)
    turn = np.array([1.0, 1.0, 0.0])
    light = np.zeros(3), np.zeros(3), turn, maps
    for level, roughness in zip(levels(maps), (0.1, 0.25, 0.5, 0.8), strict=True):
        found = [shading._mirror(light, tuple(way), roughness) for way in ways]
        np.testing.assert_allclose(found, seen(level, ways[:, None])[:, 0], atol=0.01)
    between = [shading._mirror(light, tuple(way), 0.375) for way in ways]
    ends = [[shading._mirror(light, tuple(way), roughness) for way in ways] for roughness in (0.25, 0.5)]
    np.testing.assert_allclose(between, np.mean(ends, axis=0))


def test_even_light_and_the_shoulder_are_those_of_the_project():
    factors = np.random.default_rng(6).normal(size=(9, 3))
    found = [shading._even(factors, tuple(way), 0.5) for way in unit_vectors(50)]
    np.testing.assert_allclose(found, 0.5 * irradiance(factors, unit_vectors(50)), atol=1e-12)
    light = np.linspace(0, 5, 500)
    np.testing.assert_allclose([shading._eased(value) for value in light], eased(light), atol=1e-6)


def test_a_pixel_is_shared_by_its_surfaces():
    # Two meshes side by side, one of them in two depths, and a corner of nothing.
    seen_ = np.array([[-1, 0, 0], [2 << 24, 0, 7], [2 << 24, 2 << 24 | 5, 7]], np.int32)
    nearness = np.array([[0, 1, 1], [1, 1, 0.5], [1, 1, 0.5]], np.float32)
    pixel, triangle, sample, weight, first = (each.tolist() for each in surfaces_of(seen_, nearness, 0.1, 3))
    assert first == [0, 2, 2, 3]
    assert pixel == [0, 0, 0]
    assert weight == [4 + 2 + 1, 2 + 1, 2 + 1 + 2]
    assert triangle == [0, 7, 0]
    assert sample == [4, 5, 3]


@pytest.mark.parametrize("seed", range(2))
def test_every_covered_sample_counts_once(seed):
    random = np.random.default_rng(seed)
    seen_ = (random.integers(-1, 6, (41, 33)) << 24).clip(-1).astype(np.int32)
    nearness = random.uniform(0.5, 2, seen_.shape).astype(np.float32)
    pixel, _, sample, weight, first = surfaces_of(seen_, nearness, 0.2, 6)
    shares = np.zeros(20 * 16)
    np.add.at(shares, pixel, weight)
    line = np.array([1, 2, 1])
    windows = np.lib.stride_tricks.sliding_window_view(seen_ >= 0, (3, 3))[::2, ::2]
    np.testing.assert_array_equal(shares.reshape(20, 16), (windows * np.outer(line, line)).sum(axis=(2, 3)))
    assert (seen_.ravel()[sample] >> 24 == np.repeat(np.arange(6), np.diff(first))).all()
