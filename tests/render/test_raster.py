"""The rasteriser against geometry whose answer is known."""

import numpy as np
import pytest

from faceset.spec import Lamp, LightSpec
from render.backends import open_backend
from render.camera import Camera
from render.errors import BackendError
from render.mesh import Topology
from render.scene import Material, Scene, SceneMesh

SIZE, DISTANCE, FOCAL, RADIUS = 96, 1.0, 300.0, 0.12
DARK = LightSpec((), (0.0, 0.0, 0.0), (0.0, 0.0, 0.0))


def camera(size=SIZE):
    pose = np.eye(4)
    pose[2, 3] = -DISTANCE
    return Camera(FOCAL, (size / 2, size / 2), pose, size, size)


def mesh_of(vertices, faces, colour=(200, 200, 200)):
    vertices, faces = np.asarray(vertices, np.float32), np.asarray(faces, np.int32)
    return SceneMesh(
        name="mesh",
        vertices=vertices,
        normals=Topology(faces, len(vertices)).normals(vertices),
        uv=np.zeros((len(vertices), 2), np.float32),
        faces=faces,
        albedo=np.full((4, 4, 3), colour, np.uint8),
        segments=np.ones((1, 1), np.uint8),
        occlusion=np.ones(len(vertices), np.float32),
        material=Material(0.0, 0.9),
    )


def sphere(rings=64, segments=128):
    polar = np.linspace(0, np.pi, rings + 1)[:, None]
    turn = np.linspace(0, 2 * np.pi, segments, endpoint=False)[None]
    points = np.stack([np.sin(polar) * np.cos(turn), np.cos(polar) + 0 * turn, -np.sin(polar) * np.sin(turn)], -1)
    index = np.arange((rings + 1) * segments).reshape(rings + 1, segments)
    a, b, c, d = index[:-1], index[1:], np.roll(index, -1, 1)[1:], np.roll(index, -1, 1)[:-1]
    faces = np.concatenate([np.stack([a, b, c], -1).reshape(-1, 3), np.stack([a, c, d], -1).reshape(-1, 3)])
    return mesh_of(RADIUS * points.reshape(-1, 3), faces)


def scene(*meshes, light=DARK, background=0):
    return Scene(meshes, camera(), light, np.full((SIZE, SIZE, 3), background, np.uint8))


def sphere_depth():
    """Depth of the sphere along the axis at every pixel's centre, inf where the ray misses it."""
    axis = (np.arange(SIZE) + 0.5 - SIZE / 2) / FOCAL
    x, y = np.meshgrid(axis, axis)
    length = x**2 + y**2 + 1
    root = DISTANCE**2 - length * (DISTANCE**2 - RADIUS**2)
    return np.where(root >= 0, (DISTANCE - np.sqrt(np.maximum(root, 0))) / length, np.inf)


def test_depth_inside_a_sphere_is_analytic(raster):
    frame = raster.render(scene(sphere()), ("depth", "face_index"))
    expected = sphere_depth()
    inside = np.isfinite(frame["depth"]) & np.isfinite(expected)
    assert inside.sum() > 0.99 * np.isfinite(expected).sum()
    core = expected < DISTANCE - 0.3 * RADIUS
    assert np.abs(frame["depth"][core] - expected[core]).max() < 0.0004
    assert ((frame["face_index"] >= 0) == np.isfinite(frame["depth"])).all()


def test_barycentrics_reproduce_the_point_behind_the_pixel(raster):
    triangle = mesh_of([[-0.1, -0.1, 0], [0.12, -0.08, 0.05], [0.0, 0.1, -0.05]], [[0, 1, 2]])
    frame = raster.render(scene(triangle), ("face_index", "barycentric", "depth"))
    row, column = np.nonzero(frame["face_index"] == 0)
    first = frame["barycentric"][row, column]
    weights = np.concatenate([first, 1 - first.sum(1, keepdims=True)], 1)
    points = weights @ triangle.vertices
    pixels = camera().project(points)
    assert np.abs(pixels - np.stack([column + 0.5, row + 0.5], 1)).max() < 0.01
    assert np.abs(-camera().to_camera(points)[:, 2] - frame["depth"][row, column]).max() < 1e-5


def test_the_nearer_mesh_hides_the_other_and_indices_count_over_meshes(raster):
    square = [[-1, -1, 0], [1, -1, 0], [1, 1, 0], [-1, 1, 0]]
    far = mesh_of(np.array(square) * 0.1 - (0, 0, 0.1), [[0, 1, 2], [0, 2, 3]])
    near = mesh_of(np.array(square) * 0.03, [[0, 1, 2], [0, 2, 3]])
    frame = raster.render(scene(far, near), ("face_index",))
    middle = frame["face_index"][SIZE // 2, SIZE // 2]
    assert middle in (2, 3)
    assert set(np.unique(frame["face_index"])) == {-1, 0, 1, 2, 3}


def test_a_lambertian_plane_under_a_lamp_has_the_computed_colour(raster):
    plane = mesh_of(np.array([[-1, -1, 0], [1, -1, 0], [1, 1, 0], [-1, 1, 0]]), [[0, 1, 2], [0, 2, 3]], (188, 188, 188))
    direction = (0.0, 0.6, 0.8)
    light = LightSpec((Lamp(direction, (0.5, 0.5, 0.5)),), (0.1, 0.1, 0.1), (0.1, 0.1, 0.1))
    colour = raster.render(scene(plane, light=light), ("colour",))["colour"]
    linear = ((188 / 255 + 0.055) / 1.055) ** 2.4 * (0.5 * 0.8 + 0.1)
    expected = 255 * (1.055 * linear ** (1 / 2.4) - 0.055)
    assert colour[SIZE // 2, SIZE // 2] == pytest.approx(expected, abs=1.0)
    assert np.ptp(colour[4:-4, 4:-4].reshape(-1, 3), axis=0).max() <= 1


def test_the_background_shows_where_nothing_is_and_edges_are_smooth(raster):
    frame = raster.render(scene(sphere(), background=200), ("colour", "depth"))
    outside = ~np.isfinite(sphere_depth())
    assert (frame["colour"][:4, :4] == 200).all()
    values = np.unique(frame["colour"][outside])
    assert ((values > 0) & (values < 200)).any(), "coverage is averaged at the silhouette"


def test_rendering_twice_gives_the_same_bytes(raster, drawn_specs, model):
    from render.assembly import assemble

    first = raster.render(assemble(drawn_specs[5], model))
    raster.render(assemble(drawn_specs[9], model))
    again = raster.render(assemble(drawn_specs[5], model))
    assert all(first[name].tobytes() == again[name].tobytes() for name in raster.passes)


def test_two_rasterisers_in_one_process_do_not_disturb_each_other(raster):
    other = open_backend("raster")
    try:
        for shade in (50, 150, 250):
            square = mesh_of([[-0.1, -0.1, 0], [0.1, -0.1, 0], [0, 0.1, 0]], [[0, 1, 2]], (shade, shade, shade))
            light = LightSpec((), (0.9, 0.9, 0.9), (0.9, 0.9, 0.9))
            frames = [one.render(scene(square, light=light), ("colour", "depth")) for one in (raster, other)]
            assert frames[0]["colour"].tobytes() == frames[1]["colour"].tobytes()
            assert frames[0]["depth"].tobytes() == frames[1]["depth"].tobytes()
    finally:
        other.close()


def test_a_missing_library_of_a_renderer_is_one_clear_message(monkeypatch):
    from render import backends

    def refuse():
        raise ImportError("libSM.so.6: cannot open shared object file")

    monkeypatch.setitem(backends.BACKENDS, "blender", refuse)
    with pytest.raises(BackendError, match=r"renderer blender cannot start: libSM.so.6.*facsmith doctor"):
        open_backend("blender")


def test_an_unknown_pass_is_refused(raster):
    with pytest.raises(BackendError, match="delivers colour, depth, face_index, barycentric, not flow"):
        raster.render(scene(sphere()), ("flow",))


def test_more_meshes_than_can_be_numbered_are_refused(raster):
    triangle = mesh_of([[-0.1, -0.1, 0], [0.1, -0.1, 0], [0.0, 0.1, 0]], [[0, 1, 2]])
    with pytest.raises(BackendError, match=r"up to 128 meshes.*the scene has 129.*leave meshes out"):
        raster.render(scene(*[triangle] * 129))


def test_an_unknown_backend_is_refused():
    with pytest.raises(BackendError, match="known: raster, pyrender, blender"):
        open_backend("unreal")
