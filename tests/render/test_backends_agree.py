"""The raster and the pyrender backend against analytic truth and against each other."""

import dataclasses
import pickle
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from faceset.spec import CameraSpec, Lamp, LightSpec
from facs.expression import Expression
from render.appearance.colour import to_linear
from render.assembly import assemble
from render.backends import open_backend
from render.camera import Camera
from render.errors import BackendError
from render.scene import Material, Scene, SceneMesh

GREY = np.full((4, 4, 3), 128, np.uint8)
EVEN = LightSpec((), (0.6, 0.6, 0.6), (0.6, 0.6, 0.6))
MATT = Material(specular=0.0, roughness=1.0)
WIDTH, HEIGHT = 96, 72


def off_centre_camera():
    """A camera that is turned, shifted and rolled, with its principal point away from the middle."""
    placed = np.eye(4)
    placed[:3, 3] = 0.02, -0.01, -1.2
    turn = np.eye(4)
    turn[:3, :3] = [[np.cos(0.2), 0, np.sin(0.2)], [0, 1, 0], [-np.sin(0.2), 0, np.cos(0.2)]]
    camera = Camera(260.0, (41.5, 40.25), placed @ turn, WIDTH, HEIGHT)
    return camera.framed(1.1, 0.3, (6.0, -9.0), WIDTH, HEIGHT)


def facing_camera(distance, focal, size):
    """A camera on the +Z axis that looks at the origin."""
    placed = np.eye(4)
    placed[2, 3] = -distance
    return Camera(focal, (size / 2, size / 2), placed, size, size)


def mesh(name, vertices, faces, normals, uv=None, albedo=GREY, material=MATT, occlusion=1.0):
    count = len(vertices)
    uv = np.full((count, 2), 0.5) if uv is None else uv
    return SceneMesh(
        name,
        np.asarray(vertices, np.float32),
        np.asarray(normals, np.float32),
        np.asarray(uv, np.float32),
        np.asarray(faces, np.int32),
        albedo,
        np.zeros((1, 1), np.uint8),
        np.full(count, occlusion, np.float32),
        material,
    )


def sphere(centre, radius, rings=96):
    latitude, longitude = np.meshgrid(np.linspace(0, np.pi, rings + 1), np.linspace(0, 2 * np.pi, 2 * rings + 1))
    unit = np.stack([np.sin(latitude) * np.cos(longitude), np.sin(latitude) * np.sin(longitude), np.cos(latitude)], -1)
    index = np.arange(unit[..., 0].size).reshape(latitude.shape)
    a, b, c, d = index[:-1, :-1], index[:-1, 1:], index[1:, 1:], index[1:, :-1]
    faces = np.stack([a, b, c, a, c, d], axis=-1).reshape(-1, 3)
    unit = unit.reshape(-1, 3)
    return mesh("sphere", np.asarray(centre) + radius * unit, faces, unit)


def quad(corners, **kept):
    corners = np.asarray(corners, np.float64)
    normal = np.cross(corners[1] - corners[0], corners[3] - corners[0])
    uv = [[0, 1], [1, 1], [1, 0], [0, 0]]
    return mesh("quad", corners, [[0, 1, 2], [0, 2, 3]], np.tile(normal / np.linalg.norm(normal), (4, 1)), uv, **kept)


def scene_of(*meshes, light=EVEN, camera=None):
    camera = camera or off_centre_camera()
    backdrop = np.random.default_rng(3).integers(0, 255, (camera.height, camera.width, 3)).astype(np.uint8)
    return Scene(meshes, camera, light, backdrop)


def rays(camera):
    """The direction of each pixel centre's ray in the camera frame, with z = -1."""
    x, y = np.meshgrid(np.arange(camera.width) + 0.5, np.arange(camera.height) + 0.5)
    cx, cy = camera.centre
    return np.stack([(x - cx) / camera.focal, (cy - y) / camera.focal, np.full_like(x, -1.0)], axis=-1)


@pytest.fixture(params=["raster", "pyrender"])
def backend(request, raster, pyrender_backend):
    return {"raster": raster, "pyrender": pyrender_backend}[request.param]


def face(model, plain_spec, **changed):
    camera = CameraSpec(width=96, height=96, shift_jitter=(0.06, -0.04), roll_jitter=0.1)
    spec = dataclasses.replace(plain_spec, camera=camera, head_pose=(0.3, -0.1, 0.05), **changed)
    return assemble(spec, model)


def test_depth_of_a_sphere_is_where_its_rays_meet_it(backend):
    camera, radius = off_centre_camera(), 0.1
    depth = backend.render(scene_of(sphere((0, 0, 0), radius)), ("depth",))["depth"]
    centre, ray = camera.to_camera([[0, 0, 0]])[0], rays(camera)
    a, b, c = (ray**2).sum(-1), -2 * ray @ centre, centre @ centre - radius**2
    hit = b * b - 4 * a * c
    inside = hit > 0.15 * np.max(hit)
    truth = (-b - np.sqrt(np.maximum(hit, 0))) / (2 * a)
    assert inside.sum() > 500
    np.testing.assert_allclose(depth[inside], truth[inside], atol=2e-4)
    assert np.isinf(depth[hit < 0]).all()


def test_depth_of_a_slanted_plane_is_exact(backend):
    corners = np.array([[-1, -1, -0.4], [1, -1, 0.2], [1, 1, 0.3], [-1, 1, -0.3]], np.float64)
    camera = off_centre_camera()
    depth = backend.render(scene_of(quad(corners)), ("depth",))["depth"]
    seen = camera.to_camera(corners)
    normal = np.cross(seen[1] - seen[0], seen[3] - seen[0])
    np.testing.assert_allclose(depth, (seen[0] @ normal) / (rays(camera) @ normal), atol=2e-5)


def test_the_back_of_a_surface_has_depth_too(backend):
    corners = np.array([[-1, -1, 0], [1, -1, 0], [1, 1, 0], [-1, 1, 0]], np.float64)[::-1]
    assert np.isfinite(backend.render(scene_of(quad(corners)), ("depth",))["depth"]).all()


def test_points_appear_where_the_camera_projects_them(backend):
    camera = off_centre_camera()
    for point in ([0.04, 0.03, 0.05], [-0.05, 0.02, -0.1], [0.02, -0.04, 0.2]):
        depth = backend.render(scene_of(sphere(point, 0.012, rings=24)), ("depth",))["depth"]
        rows, columns = np.nonzero(np.isfinite(depth))
        found = np.array([columns.mean() + 0.5, rows.mean() + 0.5])
        np.testing.assert_allclose(found, camera.project([point])[0], atol=0.35)


def test_the_background_is_untouched_where_nothing_is(backend):
    scene = scene_of(sphere((0, 0, 0), 0.05))
    frame = backend.render(scene, ("colour", "depth"))
    empty = np.isinf(frame["depth"])
    around = np.lib.stride_tricks.sliding_window_view(np.pad(empty, 1, constant_values=True), (3, 3)).all((-1, -2))
    assert around.sum() > 1000
    np.testing.assert_array_equal(frame["colour"][around], scene.background[around])


def test_edges_mix_the_surface_with_the_background(backend):
    scene = dataclasses.replace(scene_of(sphere((0, 0, 0), 0.05)), background=np.zeros((HEIGHT, WIDTH, 3), np.uint8))
    level = backend.render(scene, ("colour",))["colour"][..., 0]
    assert ((level > 0.2 * level.max()) & (level < 0.8 * level.max())).sum() > 20


def test_textures_stand_upright(backend):
    albedo = np.zeros((2, 2, 3), np.uint8)
    albedo[0, 0], albedo[0, 1], albedo[1, 0] = (255, 0, 0), (0, 255, 0), (0, 0, 255)
    scene = scene_of(
        quad(
            [[-0.2, -0.2, 0], [0.2, -0.2, 0], [0.2, 0.2, 0], [-0.2, 0.2, 0]],
            albedo=albedo.repeat(16, axis=0).repeat(16, axis=1),
        ),
        camera=facing_camera(1.0, 100.0, 64),
    )
    colour = backend.render(scene, ("colour",))["colour"]
    assert [int(colour[row, column].argmax()) for row, column in ((20, 20), (20, 43), (43, 20))] == [0, 1, 2]
    assert colour[43, 43].max() < 20


@pytest.mark.parametrize("strength", [0.2, 0.6, 1.0])
def test_a_matt_wall_has_the_brightness_of_albedo_times_light(backend, strength):
    facing = [[-1, -1, 0], [1, -1, 0], [1, 1, 0], [-1, 1, 0]]
    light = LightSpec((Lamp((0.0, 0.6, 0.8), (strength,) * 3),), (0.3, 0.3, 0.3), (0.1, 0.1, 0.1))
    camera = facing_camera(1.0, 60.0, 32)
    colour = backend.render(scene_of(quad(facing), light=light, camera=camera), ("colour",))["colour"]
    truth = to_linear(128 / 255) * (0.8 * strength + 0.2)
    np.testing.assert_allclose(to_linear(colour[16, 16] / 255), truth, rtol=0.06)


def test_closed_places_are_darker(backend):
    facing = [[-1, -1, 0], [1, -1, 0], [1, 1, 0], [-1, 1, 0]]
    camera = facing_camera(1.0, 60.0, 32)
    levels = [
        backend.render(scene_of(quad(facing, occlusion=value), camera=camera), ("colour",))["colour"].mean()
        for value in (0.0, 0.3, 1.0)
    ]
    assert levels[0] < 0.3 * levels[2] and levels[0] < levels[1] < levels[2]


def test_two_renderers_see_the_same_face(raster, pyrender_backend, model, plain_spec):
    scene = face(model, plain_spec, expression=Expression.bilateral({"AU12": 1.0, "AU25": 0.7}))
    first, second = (each.render(scene, ("colour", "depth")) for each in (raster, pyrender_backend))
    here, there = np.isfinite(first["depth"]), np.isfinite(second["depth"])
    both = here & there
    assert both.sum() / (here | there).sum() >= 0.99
    apart = np.abs(first["depth"][both] - second["depth"][both])
    assert np.quantile(apart, 0.999) < 0.0005
    means = [frame["colour"][both].mean(axis=0) for frame in (first, second)]
    np.testing.assert_allclose(means[0], means[1], atol=10)


def test_a_lamp_at_the_persons_left_brightens_the_left_cheek(backend, model, plain_spec):
    dim = (0.1, 0.1, 0.1)
    left_lamp = LightSpec((Lamp((0.9, 0.1, 0.424), (1.0, 1.0, 1.0)),), dim, dim)
    scene = assemble(dataclasses.replace(plain_spec, light=left_lamp), model)
    colour = backend.render(scene, ("colour",))["colour"].astype(float)
    # A face that looks into the camera has its left at the right of the picture.
    assert colour[75:95, 80:95].mean() > 1.5 * colour[75:95, 33:48].mean()


def test_same_scene_same_bytes(pyrender_backend, model, plain_spec):
    lamps = tuple(Lamp(d, (0.31, 0.3, 0.27)) for d in ((0.6, 0.0, 0.8), (-0.6, 0.0, 0.8), (0.0, 0.6, 0.8), (0, 0, 1)))
    scene = face(model, plain_spec, light=LightSpec(lamps))
    first = pyrender_backend.render(scene)
    other = open_backend("pyrender")
    pyrender_backend.render(scene_of(sphere((0, 0, 0), 0.1)))
    for again in (pyrender_backend.render(scene), other.render(scene)):
        for name in ("colour", "depth"):
            np.testing.assert_array_equal(again[name], first[name])
    other.close()


def test_two_gl_backends_share_a_process(raster):
    scene = scene_of(sphere((0, 0, 0), 0.1))
    before = raster.render(scene, ("colour", "depth"))
    other = open_backend("pyrender")
    other.render(scene, ("colour",))
    between = raster.render(scene, ("colour", "depth"))
    other.close()
    after = raster.render(scene, ("colour", "depth"))
    for name in ("colour", "depth"):
        np.testing.assert_array_equal(before[name], between[name])
        np.testing.assert_array_equal(before[name], after[name])


def test_an_unknown_pass_is_refused(pyrender_backend):
    with pytest.raises(BackendError, match="delivers colour, depth, segmentation, not flow"):
        pyrender_backend.render(scene_of(sphere((0, 0, 0), 0.1)), ("flow",))


LEAK_SCRIPT = """
import dataclasses, pathlib, pickle, sys
import numpy as np
from render.backends import open_backend

scene = pickle.loads(pathlib.Path(sys.argv[1]).read_bytes())
backend = open_backend("pyrender")

def resident():
    return int(pathlib.Path("/proc/self/statm").read_text().split()[1]) * 4096 / 2**20

def draw(count):
    for _ in range(count):
        fresh = tuple(dataclasses.replace(mesh, albedo=mesh.albedo.copy()) for mesh in scene.meshes)
        backend.render(dataclasses.replace(scene, meshes=fresh))

draw(100)
before = resident()
draw(400)
print(resident() - before)
backend.close()
"""


@pytest.mark.skipif(not Path("/proc/self/statm").exists(), reason="reads the process's memory from /proc")
def test_many_renders_do_not_fill_the_memory(tmp_path):
    # A kept texture would cost 85 kB, a kept mesh 27 kB: 400 of them 45 MB.
    ball = dataclasses.replace(sphere((0, 0, 0), 0.1, rings=12), albedo=np.zeros((128, 128, 3), np.uint8))
    scene = scene_of(ball, camera=facing_camera(1.0, 40.0, 16))
    path = tmp_path / "scene.pkl"
    path.write_bytes(pickle.dumps(scene))
    run = subprocess.run([sys.executable, "-c", LEAK_SCRIPT, path], check=True, capture_output=True, text=True)
    assert float(run.stdout) < 12
