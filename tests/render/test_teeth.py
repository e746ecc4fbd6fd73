"""Teeth painted on a band, and the inside of the mouth."""

import dataclasses

import numpy as np
import pytest

from render.appearance.teeth import LENGTH, WIDTHS, arch_uv, paint_teeth, tint
from render.assembly import assemble, pose_face
from render.config import SamplingConfig
from render.sampling import sample_spec
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


@pytest.mark.parametrize("number", [9, 14, 36])
def test_the_mouths_inside_does_not_show_through_flat_cheeks(raster, model, number):
    # Three of forty people on whose cheeks it made dark spots.
    spec = sample_spec(SamplingConfig(identities=40, size=192, occlusion=0.0), 7, number, "look")
    spec = dataclasses.replace(spec, head_pose=(0.0, 0.0, 0.0))
    scene, face = assemble(spec, model), pose_face(spec, model)
    starts = np.cumsum([0, *(len(mesh.faces) for mesh in scene.meshes)])
    cavity = [mesh.name for mesh in scene.meshes].index("mouth_cavity")
    seen = raster.render(scene, ("face_index",))["face_index"]
    rows, columns = np.nonzero((seen >= starts[cavity]) & (seen < starts[cavity + 1]))
    lips = scene.camera.project(face.to_world(model.basis.landmarks(face.shown)))[48:60]
    places = np.stack([columns, rows], axis=1)
    assert ((places > lips.min(axis=0) - 2) & (places < lips.max(axis=0) + 2)).all()


def test_the_usual_shade_changes_nothing_and_yellow_takes_blue_most():
    np.testing.assert_array_equal(tint(0.3), 1.0)
    red, green, blue = tint(1.0)
    assert blue < green < red < 1
    white, usual, yellow = (paint_teeth("upper_teeth", shade) for shade in (0.0, 0.3, 1.0))
    enamel = [painted.albedo[painted.segments == SEGMENT["teeth"]].mean(axis=0) for painted in (white, usual, yellow)]
    assert (np.diff([colour[2] for colour in enamel]) < 0).all()
    gum = usual.segments == SEGMENT["inner_mouth"]
    np.testing.assert_allclose(white.albedo[gum].mean(axis=0), yellow.albedo[gum].mean(axis=0), atol=4)
