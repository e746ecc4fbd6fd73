"""The painter's compiled loops against the same steps of numpy, picture by picture."""

import numpy as np
import pytest

from render.appearance.colour import ENCODED, LINEAR, to_srgb
from render.appearance.noise import generator, moved, movement, smoothstep
from render.appearance.texels import laid_over, shades_of
from render.kernels import painting

SIZE = 48
WINDOW = slice(5, 40), slice(7, 46)
CORNER = (5, 7)


def noise(number):
    return np.random.default_rng(number).uniform(-1, 1, (SIZE, SIZE)).astype(np.float32)


def movements(seed, count):
    """The same movements twice: as a kernel takes them, and as a generator from which ``moved`` draws them."""
    return np.stack([movement(SIZE, generator(seed, 1)) for _ in range(count)]), lambda: generator(seed, 1)


def texture(seed=0):
    return np.random.default_rng(seed).integers(0, 256, (SIZE, SIZE, 3), dtype=np.uint8)


@pytest.mark.parametrize("seed", range(6))
def test_pigments_are_sums_of_maps_and_moved_noise(seed):
    noises, random = (noise(1), noise(2), noise(3)), generator(seed, 0)
    at = np.stack([movement(SIZE, random) for _ in noises])
    again = generator(seed, 0)
    clouds, mottling, grain = (moved(each, again) for each in noises)
    shade, flush, hollow = maps = np.random.default_rng(seed).random((3, SIZE, SIZE)).astype(np.float32)
    m, h = (0.5, 0.9, 0.03, 0.02, 0.05), (0.4, 0.8, 0.3, 0.1)
    single = [tuple(np.float32(value) for value in each) for each in (m, h)]
    brown, red = painting.pigmented(maps, noises, at, *single)
    np.testing.assert_allclose(brown, m[0] + m[1] * shade + m[2] * clouds + m[3] * grain + m[4] * hollow, rtol=1e-5)
    np.testing.assert_allclose(red, h[0] + h[1] * flush + h[2] * mottling + h[3] * hollow, rtol=1e-5)


def test_colours_are_those_of_the_nearest_amounts():
    table = np.random.default_rng(1).integers(0, 256, (7, 5, 3), dtype=np.uint8)
    melanin, haemoglobin = (
        np.random.default_rng(n).uniform(-0.2, 1.3, (SIZE, SIZE)).astype(np.float32) for n in (2, 3)
    )
    found = painting.coloured(melanin, haemoglobin, (6.0, 4.0), table)
    nearest = [np.clip(np.floor(a * s + 0.5), 0, s).astype(int) for a, s in ((melanin, 6), (haemoglobin, 4))]
    np.testing.assert_array_equal(found, table[tuple(nearest)])


def test_a_colour_is_mixed_as_light():
    albedo, over = texture(), np.array([0.4, 0.2, 0.1], np.float32)
    weight = np.clip(np.random.default_rng(4).uniform(-0.3, 1, (35, 39)), 0, 1).astype(np.float32)
    expected = albedo.copy()
    below = LINEAR[albedo[WINDOW]]
    expected[WINDOW] = to_srgb(below + (over - below) * weight[..., None])
    laid_over(albedo, over, weight, WINDOW)
    assert np.abs(albedo.astype(int) - expected).max() <= 1
    assert (albedo == expected).mean() > 0.99


@pytest.mark.parametrize("seed", range(4))
def test_a_shaven_beard_is_shadow_cover_and_dots(seed):
    albedo, share = texture(), np.random.default_rng(5).random((35, 39)).astype(np.float32)
    at, again = movements(seed, 1)
    grain = moved(noise(6), again(), WINDOW)
    shadow, hair = np.array([0.62, 0.74, 0.86], np.float32), np.array([0.05, 0.03, 0.02], np.float32)
    light = LINEAR[albedo[WINDOW]]
    light = light + light * (shadow - 1) * (share * 0.8 * (1 + 0.1 * grain))[..., None]
    light = light + (hair - light) * (share**2 * 0.3)[..., None]
    light = light + (hair - light) * (share * 0.6 * np.clip(grain - 0.2, 0, 1))[..., None]
    expected = to_srgb(light)
    painting.shaven(albedo, share, CORNER, noise(6), at[0], (0.8, 0.3, 0.6, 0.2), shadow, hair, LINEAR, ENCODED)
    assert np.abs(albedo[WINDOW].astype(int) - expected).max() <= 1
    outside = np.ones((SIZE, SIZE), bool)
    outside[WINDOW] = False
    np.testing.assert_array_equal(albedo[outside], texture()[outside])


def blended(albedo, shade, weight, table):
    over = table[np.clip(np.floor(shade * 127.5 + 0.5), 0, 255).astype(int)]
    return np.floor(weight[..., None] * over + (1 - weight[..., None]) * albedo[WINDOW] + 0.5)


@pytest.mark.parametrize("seed", range(4))
def test_hair_covers_the_scalp_above_its_ragged_line(seed):
    albedo, segments = texture(), np.zeros((SIZE, SIZE), np.uint8)
    inside = np.random.default_rng(7).uniform(-0.02, 0.02, (35, 39)).astype(np.float32)
    left = np.random.default_rng(8).random((35, 39)).astype(np.float32)
    random = generator(seed, 0)
    at = np.stack([movement(SIZE, random) for _ in range(2)])
    random = generator(seed, 0)
    edge, streaks = (moved(noise(each), random, WINDOW) for each in (9, 10))
    weight = smoothstep(-0.004, 0.004, inside - 0.004 * edge) * left
    table = shades_of(np.array([0.1, 0.06, 0.03], np.float32))
    expected = blended(albedo, 1 + 0.35 * streaks, weight * 0.9, table)
    painting.haired(albedo, segments, 14, inside, left, CORNER, (noise(9), noise(10)), at, 0.9, table)
    assert np.abs(albedo[WINDOW] - expected).max() <= 1
    clear = np.abs(weight - 0.5) > 1e-5
    np.testing.assert_array_equal((segments[WINDOW] == 14)[clear], (weight > 0.5)[clear])


@pytest.mark.parametrize("seed", range(4))
def test_cloth_begins_at_the_neckline_with_a_border_and_a_seam(seed):
    albedo, segments = texture(), np.zeros((SIZE, SIZE), np.uint8)
    height = np.repeat(np.linspace(0.05, -0.08, 35, dtype=np.float32)[:, None], 39, axis=1)
    middle = np.repeat(np.linspace(0, 1, 39, dtype=np.float32)[None], 35, axis=0)
    random = generator(seed, 0)
    at = np.stack([movement(SIZE, random) for _ in range(2)])
    random = generator(seed, 0)
    fine, coarse = (moved(noise(each), random, WINDOW) for each in (11, 12))
    below = -0.002 - 0.04 * middle - height
    weave = 1 + 0.10 * fine + 0.06 * coarse
    past = (below - 0.01) / 0.0016
    weave = np.where(past < 0, 0.9 * weave, weave) * (1 - 0.35 * np.maximum(0, 1 - past**2))
    weight, table = smoothstep(-0.0008, 0.0008, below), shades_of(np.array([0.2, 0.3, 0.5], np.float32))
    expected = blended(albedo, weave, weight, table)
    cut = (0.002, 0.04, 0.01, 0.9, 0.0016)
    painting.clothed(albedo, segments, 16, height, middle, CORNER, (noise(11), noise(12)), at, cut, table)
    assert np.abs(albedo[WINDOW] - expected).max() <= 2
    assert (np.abs(albedo[WINDOW] - expected) > 1).mean() < 0.01
    clear = np.abs(weight - 0.5) > 1e-4
    np.testing.assert_array_equal((segments[WINDOW] == 16)[clear], (weight > 0.5)[clear])
