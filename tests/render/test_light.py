"""Light: surroundings as numbers, their key lamp, shadows, backdrops; the same light in every renderer."""

import dataclasses
import sys

import numpy as np
import pytest

from faceset.spec import BackgroundSpec, EnvironmentSpec, Lamp, LightSpec
from facs.expression import Expression
from render.appearance.colour import to_linear, to_srgb
from render.assembly import assemble
from render.backends.film import eased
from render.background import backdrop
from render.camera import Camera
from render.environments import ENVIRONMENTS, photographed
from render.environments.harmonics import gradient, harmonics, irradiance, turned_harmonics
from render.environments.light import ambient, radiance
from render.environments.maps import LUMA, directions, mean, seen, smaller, solid_angles, total, turned
from render.environments.shiny import ROUGHNESS, levels, shiny
from render.environments.surroundings import prepared, surroundings, without_key
from render.errors import RenderError
from render.lighting import FACING, sample_light
from render.planck import planckian
from render.scene import Material, Scene, SceneMesh
from render.shadow import Shadow

WAY = directions(64, 128)
DARK = (0.0, 0.0, 0.0)


def grey(values):
    return np.repeat(np.asarray(values, np.float32)[..., None], 3, axis=2)


# --- maps and harmonics


def test_the_solid_angles_of_a_map_make_a_sphere():
    assert solid_angles(64, 128).sum() * 128 == pytest.approx(4 * np.pi)
    np.testing.assert_allclose(total(np.ones((64, 128, 3), np.float32)), 4 * np.pi, rtol=1e-6)


def test_a_direction_finds_its_own_texel():
    names = np.random.default_rng(0).uniform(size=(64, 128, 3)).astype(np.float32)
    np.testing.assert_allclose(seen(names, WAY), names, atol=1e-4)


def test_even_light_gives_every_surface_its_radiance():
    found = irradiance(harmonics(np.full((64, 128, 3), 0.7, np.float32)), WAY)
    np.testing.assert_allclose(found, 0.7, rtol=1e-3)


@pytest.mark.parametrize("axis", [(0, 1, 0), (1, 0, 0), (0.6, 0.0, -0.8)])
def test_the_irradiance_of_a_cosine_lobe_is_analytic(axis):
    factors = harmonics(grey(np.maximum(WAY @ np.array(axis), 0)))
    across = np.cross(axis, (0.0, 0.6, 0.8))
    across /= np.linalg.norm(across)
    found = irradiance(factors, np.array([axis, across, np.negative(axis)]))[:, 0]
    # Integrals of cos^2 over a hemisphere and of cos sin cos over its quarter, over pi; degree 2 leaves 1 %.
    np.testing.assert_allclose(found, [2 / 3, 2 / (3 * np.pi), 0.0], atol=0.01)


def test_an_evenly_rising_sky_is_that_of_its_map():
    light = LightSpec((), (0.8, 0.7, 0.5), (0.1, 0.2, 0.3))
    normals = WAY[::8, ::8]
    np.testing.assert_allclose(
        irradiance(gradient(light), normals), irradiance(harmonics(radiance(light, WAY)), normals), atol=1e-3
    )


def test_turning_the_factors_is_turning_the_map():
    around, angle = surroundings("room", 3), 0.83
    there = seen(around.rest, turned(WAY, -angle))
    found, expected = irradiance(turned_harmonics(around.factors, angle), WAY), irradiance(harmonics(there), WAY)
    np.testing.assert_allclose(found, expected, atol=0.01 * expected.max())


def test_mirrors_of_every_roughness_keep_the_mean_light():
    around = surroundings("street", 1)
    for level in levels(shiny(around.rest)):
        np.testing.assert_allclose(mean(level), mean(around.rest), rtol=0.05)
    spread = [level.std() for level in levels(around.shiny)]
    assert len(spread) == len(ROUGHNESS) and (np.diff(spread) < 0).all()


# --- the key lamp


def test_the_lamp_of_a_disc_in_even_light_is_that_disc():
    middle = np.array([0.48, 0.6, -0.64])
    disc = WAY @ middle > np.cos(0.12)
    rest, direction, rgb = without_key(grey(0.4 + 50.0 * disc))
    assert direction @ middle > np.cos(0.01)
    np.testing.assert_allclose(rgb, 50.0 * (disc * solid_angles(64, 128)).sum() / np.pi, rtol=1e-4)
    np.testing.assert_allclose(rest, 0.4, rtol=1e-4)


@pytest.mark.parametrize("kind", sorted(ENVIRONMENTS))
def test_taking_out_the_lamp_loses_no_light(kind):
    around = surroundings(kind, 0)
    np.testing.assert_allclose(
        mean(around.rest).sum() * 4 * np.pi + np.pi * around.key_rgb.sum(), 12 * np.pi, rtol=1e-3
    )
    assert np.linalg.norm(around.key_direction) == pytest.approx(1)
    assert around.rest.min() >= 0 and around.rest.shape == (64, 128, 3)
    np.testing.assert_allclose(mean(around.view.astype(np.float32)).mean(), 1, rtol=0.03)


def test_a_smaller_map_sends_the_same_light():
    large = np.random.default_rng(1).uniform(size=(256, 512, 3)).astype(np.float32)
    np.testing.assert_allclose(total(smaller(large, 64)), total(large), rtol=1e-5)


# --- the registry


@pytest.mark.parametrize("kind", ["sky", "room", "street", "foliage"])
def test_procedural_surroundings_follow_their_seed(kind):
    first, again, other = (ENVIRONMENTS[kind](seed) for seed in (5, 5, 6))
    np.testing.assert_array_equal(first, again)
    assert np.abs(first - other).mean() > 0.02
    assert np.isfinite(first).all() and first.min() >= 0 and first.dtype == np.float32
    assert first.shape[1] == 2 * first.shape[0]


def test_surroundings_come_from_the_cache_as_they_were_made(tmp_path, monkeypatch):
    monkeypatch.setenv("FACSMITH_CACHE", str(tmp_path))
    surroundings.cache_clear()
    made = surroundings("foliage", 2)
    surroundings.cache_clear()
    (tmp_path / "environment-1-foliage-3.npz").write_bytes(b"torn")
    kept = surroundings("foliage", 2)
    for entry in dataclasses.fields(made):
        np.testing.assert_array_equal(getattr(made, entry.name), getattr(kept, entry.name))
    np.testing.assert_array_equal(surroundings("foliage", 3).rest, prepared(ENVIRONMENTS["foliage"](3)).rest)
    surroundings.cache_clear()


def test_without_blenders_package_the_message_says_what_to_do(monkeypatch):
    monkeypatch.setattr(sys.modules[photographed.__module__], "find_spec", lambda name: None)
    with pytest.raises(RenderError, match=r"not installed: pip install bpy.*environments: 0"):
        ENVIRONMENTS["city"](0)


def test_reading_panoramas_does_not_start_blender():
    ENVIRONMENTS["studio"](0)
    assert "bpy" not in sys.modules


def test_an_unknown_kind_is_refused():
    with pytest.raises(RenderError, match="unknown environment 'moon'; known: none, city"):
        surroundings("moon")


# --- draws


def test_drawn_light_suits_a_camera_and_its_first_lamp_is_the_brightest():
    for number in range(60):
        light = sample_light(np.random.default_rng(number), 0.6)
        bright = [np.dot(lamp.rgb, LUMA) for lamp in light.lamps]
        assert bright == sorted(bright, reverse=True)
        face = irradiance(ambient(light), FACING)
        for lamp in light.lamps:
            assert np.linalg.norm(lamp.direction) == pytest.approx(1)
            face = face + np.maximum(FACING @ np.array(lamp.direction), 0)[:, None] * lamp.rgb
        assert 0.2 < (face @ LUMA).mean() < 2.2, number


def test_the_share_of_surroundings_is_as_asked():
    kinds = [[sample_light(np.random.default_rng(n), p).environment.kind for n in range(150)] for p in (0.0, 0.5, 1.0)]
    shares = [np.mean([kind != "none" for kind in each]) for each in kinds]
    assert shares[0] == 0 and shares[2] == 1 and 0.35 < shares[1] < 0.65
    assert set(kinds[2]) == set(ENVIRONMENTS)


def test_glowing_bodies_are_red_then_white_then_blue():
    warm, white, cool = (planckian(t) for t in (2700, 6500, 12000))
    assert warm[0] > warm[1] > warm[2] and cool[2] > cool[0]
    np.testing.assert_allclose(white, 1.0, atol=0.06)
    for colour in (warm, white, cool):
        assert colour @ LUMA == pytest.approx(1, abs=0.01)


# --- shadows


def plane_and_disc(height=0.05, radius=0.03):
    axis = np.linspace(-0.15, 0.15, 76)
    x, y = np.meshgrid(axis, axis)
    points = np.stack([x, y, 0 * x], axis=-1).reshape(-1, 3)
    index = np.arange(x.size).reshape(x.shape)
    a, b, c, d = index[:-1, :-1], index[:-1, 1:], index[1:, 1:], index[1:, :-1]
    faces = np.stack([a, b, c, a, c, d], axis=-1).reshape(-1, 3).astype(np.int32)
    lifted = points + np.array([0, 0, height])
    kept = faces[(np.hypot(*np.moveaxis(points[faces][..., :2], -1, 0)) < radius).all(axis=1)]
    used, kept = np.unique(kept, return_inverse=True)
    return points, faces, lifted[used], kept.reshape(-1, 3).astype(np.int32)


@pytest.mark.parametrize("direction", [(0.0, 0.0, 1.0), (0.5, 0.0, 0.866), (-0.3, 0.5, 0.812)])
def test_the_shadow_of_a_disc_lies_where_geometry_says(direction):
    points, faces, lifted, kept = plane_and_disc()
    direction = np.array(direction) / np.linalg.norm(direction)
    normals = np.tile([0.0, 0.0, 1.0], (len(points), 1))
    lit = Shadow(direction, [(points, faces), (lifted, kept)]).lit(points, normals)
    middle = -direction[:2] / direction[2] * 0.05
    away = np.hypot(*(points[:, :2] - middle).T)
    assert lit[away < 0.018].max() < 0.15
    assert lit[away > 0.045].min() > 0.97, "no plane shades itself"
    assert np.median(lit[np.abs(away - 0.03) < 0.002]) == pytest.approx(0.5, abs=0.3)


def test_a_nose_shades_the_cheek_away_from_the_lamp(model, plain_spec):
    light = LightSpec((Lamp((0.8, 0.3, 0.52), (1.0, 1.0, 1.0)),))
    skin = assemble(dataclasses.replace(plain_spec, light=light), model).meshes[0]
    lamp = skin.normals @ np.array((0.8, 0.3, 0.52)) > 0.15
    front = (np.abs(skin.vertices[:, 1] + 0.03) < 0.02) & (skin.vertices[:, 2] > -0.02) & lamp
    right, left = front & (skin.vertices[:, 0] < -0.012), front & (skin.vertices[:, 0] > 0.02)
    assert skin.lit[left].mean() > 0.97
    assert skin.lit[right].min() < 0.3


def test_no_expression_moves_a_shadow(model, plain_spec):
    light = LightSpec((Lamp((0.5, 0.6, 0.62), (1.0, 1.0, 1.0)),))
    spec = dataclasses.replace(plain_spec, light=light)
    moved = spec.twin("t", Expression.bilateral({"AU26": 1.0, "AU25": 1.0, "AU12": 1.0, "AU4": 1.0}))
    one, other = (assemble(each, model).meshes[0] for each in (spec, moved))
    np.testing.assert_array_equal(one.lit, other.lit)


# --- what renderers make of it


def sphere(radius=0.1, material=None, colour=255, rings=64):
    latitude, longitude = np.meshgrid(np.linspace(0, np.pi, rings + 1), np.linspace(0, 2 * np.pi, 2 * rings + 1))
    unit = np.stack([np.sin(latitude) * np.cos(longitude), np.cos(latitude), -np.sin(latitude) * np.sin(longitude)], -1)
    index = np.arange(latitude.size).reshape(latitude.shape)
    a, b, c, d = index[:-1, :-1], index[:-1, 1:], index[1:, 1:], index[1:, :-1]
    faces = np.stack([a, b, c, a, c, d], axis=-1).reshape(-1, 3).astype(np.int32)
    unit = unit.reshape(-1, 3).astype(np.float32)
    return SceneMesh(
        "sphere",
        (radius * unit).astype(np.float32),
        unit,
        np.full((len(unit), 2), 0.5, np.float32),
        faces,
        np.full((4, 4, 3), colour, np.uint8),
        np.zeros((1, 1), np.uint8),
        np.ones(len(unit), np.float32),
        material or Material(specular=0.0, roughness=1.0),
    )


def distant_camera(size=64):
    pose = np.eye(4)
    pose[2, 3] = -4.0
    return Camera(size * 17.0, (size / 2, size / 2), pose, size, size)


def scene_of(mesh, light, size=64):
    return Scene((mesh,), distant_camera(size), light, np.zeros((size, size, 3), np.uint8))


def normals_seen(size=64):
    """The sphere's normal at each pixel as a distant camera sees it, and where the sphere is well inside."""
    camera = distant_camera(size)
    x, y = np.meshgrid(np.arange(size) + 0.5 - size / 2, size / 2 - 0.5 - np.arange(size))
    x, y = x * 4.0 / camera.focal / 0.1, y * 4.0 / camera.focal / 0.1
    inside = np.hypot(x, y) < 0.85
    return np.stack([x, y, np.sqrt(np.maximum(1 - x**2 - y**2, 0))], axis=-1), inside


LIGHTS = [
    LightSpec((), DARK, DARK, EnvironmentSpec("interior", 0.7, 0.5)),
    LightSpec((), DARK, DARK, EnvironmentSpec("sky", -2.0, 0.6, 4)),
    LightSpec((), (0.6, 0.6, 0.7), (0.1, 0.1, 0.05)),
]


@pytest.mark.parametrize("light", LIGHTS, ids=["interior", "sky", "gradient"])
def test_a_white_matt_sphere_shows_the_irradiance(raster, pyrender_backend, light):
    normals, inside = normals_seen()
    expected = to_linear(to_srgb(eased(irradiance(ambient(light), normals))) / 255)[inside]
    for backend, close in ((raster, 0.015), (pyrender_backend, 0.06)):
        colour = backend.render(scene_of(sphere(), light), ("colour",))["colour"]
        found = to_linear(colour / 255)[inside]
        assert np.abs(found - expected).mean() < close * expected.mean()


def test_a_mirror_shows_a_window_where_it_is(raster):
    light = LightSpec((), DARK, DARK, EnvironmentSpec("studio", 0.0, 1.0))
    eye = Material(specular=8.0, roughness=0.1)
    colour = raster.render(scene_of(sphere(material=eye, colour=0), light), ("colour",))["colour"]
    normals, inside = normals_seen()
    view = np.array([0.0, 0.0, 1.0])
    mirrored = 2 * (normals @ view)[..., None] * normals - view
    bright = radiance(light, mirrored) @ LUMA
    found = to_linear(colour / 255) @ LUMA
    assert np.corrcoef(found[inside], np.minimum(0.32 * bright, 1.0)[inside])[0, 1] > 0.9


def test_the_backdrop_is_what_lies_behind_in_the_same_light():
    light = LightSpec((), DARK, DARK, EnvironmentSpec("street", 0.4, 0.5, 2))
    size = 32
    camera = distant_camera(size)
    image = backdrop(BackgroundSpec("environment", view=0.8, blur=0.0), light, camera)
    x = (np.arange(size) + 0.5 - size / 2) / (size / 2) * np.tan(0.4)
    ray = np.stack(np.broadcast_arrays(x[None], -x[:, None], -1.0), axis=-1)
    ray /= np.linalg.norm(ray, axis=-1, keepdims=True)
    view = surroundings("street", 2).view.astype(np.float32)
    expected = to_srgb(eased(0.5 * seen(view, turned(ray, -0.4))))
    assert np.abs(image.astype(int) - expected).max() <= 1
    blurred = backdrop(BackgroundSpec("environment", view=0.8, blur=0.1), light, camera)
    assert np.abs(np.diff(blurred.astype(float), axis=1)).mean() < np.abs(np.diff(image.astype(float), axis=1)).mean()


@pytest.mark.parametrize("angle", [0.1, 0.6, 1.2])
def test_an_edge_covers_pixels_as_geometry_says(raster, angle):
    size = 64
    across = np.array([np.cos(angle), np.sin(angle), 0.0])
    along = np.array([-np.sin(angle), np.cos(angle), 0.0])
    corners = np.array([0.013 * across + s * along + t * across for s, t in ((-1, 0), (1, 0), (1, -1), (-1, -1))])
    mesh = dataclasses.replace(
        sphere(rings=2),
        vertices=corners.astype(np.float32),
        normals=np.tile(np.array([0, 0, 1], np.float32), (4, 1)),
        uv=np.full((4, 2), 0.5, np.float32),
        faces=np.array([[0, 1, 2], [0, 2, 3]], np.int32),
        occlusion=np.ones(4, np.float32),
    )
    light = LightSpec((), (0.75,) * 3, (0.75,) * 3)
    colour = raster.render(scene_of(mesh, light), ("colour",))["colour"]
    found = to_linear(colour[..., 0] / 255)
    found /= found.max()
    camera, fine = distant_camera(size), 16
    at = (np.arange(size * fine) + 0.5) / fine - size / 2
    x, y = np.meshgrid(at * 4 / camera.focal, -at * 4 / camera.focal)
    inside = x * across[0] + y * across[1] < 0.013
    truth = inside.reshape(size, fine, size, fine).mean(axis=(1, 3))
    assert found.sum() == pytest.approx(truth.sum(), rel=0.002)
    edge = (truth > 0) & (truth < 1)
    # Three samples across: an edge along the grid has the steps 0, 1/4, 3/4 and 1.
    assert np.abs(found - truth)[edge].mean() < 0.11 and np.abs(found - truth).max() <= 0.26


def test_the_same_light_gives_the_same_bytes(raster, model, plain_spec):
    light = LightSpec((surroundings("sunrise").key(EnvironmentSpec("sunrise", 1.0, 0.5)),), DARK, DARK)
    light = dataclasses.replace(light, environment=EnvironmentSpec("sunrise", 1.0, 0.5))
    spec = dataclasses.replace(plain_spec, light=light, background=BackgroundSpec("environment"))
    first = raster.render(assemble(spec, model), ("colour",))["colour"].copy()
    raster.render(scene_of(sphere(), LIGHTS[0]), ("colour",))
    assert raster.render(assemble(spec, model), ("colour",))["colour"].tobytes() == first.tobytes()
