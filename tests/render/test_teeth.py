"""Teeth painted on a band."""

import numpy as np
import pytest

from render.appearance.teeth import LENGTH, WIDTHS, arch_uv, paint_teeth
from render.scene import SEGMENT

PARTS = ("upper_teeth", "lower_teeth")


@pytest.mark.parametrize("part", PARTS)
def test_a_parabolic_band_is_unrolled_in_millimetres(part):
    x = np.linspace(-0.03, 0.03, 41)
    z = 0.13 - 35.0 * x**2
    up = 1 if part == "upper_teeth" else -1
    rows = [np.stack([x, 0.6 + up * height + 0 * x, z], axis=1) for height in (0.0, 0.004, 0.009)]
    found = arch_uv(np.concatenate(rows), part).reshape(3, 41, 2)
    arc = np.concatenate([[0.0], np.cumsum(np.hypot(np.diff(x), np.diff(z)))]) * 1000
    for row, height in zip(found, (0.0, 4.0, 9.0), strict=True):
        np.testing.assert_allclose((row[:, 0] - 0.5) * LENGTH, arc - arc[20], atol=0.05)
        np.testing.assert_allclose(row[:, 1] * 20, height, atol=0.05)


@pytest.mark.parametrize("part", PARTS)
def test_the_models_band_is_symmetric_and_as_long_as_a_jaw(model, part):
    uv, places = model.teeth_uv[part], model.average[model.part_vertices[part]]
    front = places[:, 2] > 0.1
    mirror = np.linalg.norm(places[:, None] * (-1, 1, 1) - places[None], axis=2).argmin(axis=1)
    np.testing.assert_allclose(uv[front][:, 0] + uv[mirror][front][:, 0], 1.0, atol=0.004)
    assert 0.8 < np.ptp(uv[:, 0]) * LENGTH / (2 * sum(WIDTHS[part])) < 1.4


@pytest.mark.parametrize("part", PARTS)
def test_every_crown_ends_in_a_dark_line_and_the_gum(part):
    texture = paint_teeth(part)
    brightness = texture.albedo[12].astype(int).sum(axis=1)
    ends = (0.5 + np.cumsum(WIDTHS[part])[:6] / LENGTH) * 512
    for end in ends.round().astype(int):
        assert brightness[end - 1 : end + 2].min() < 0.85 * brightness[end - 12 : end + 12].max()
    assert (texture.segments[0] == SEGMENT["teeth"]).all()
    assert (texture.segments[-1] == SEGMENT["inner_mouth"]).all()
    np.testing.assert_array_equal(texture.albedo, texture.albedo[:, ::-1])
