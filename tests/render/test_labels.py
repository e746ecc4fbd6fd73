"""Labels against scenes whose answer is known: spheres, planes, rigid motions, rays."""

import dataclasses
from types import SimpleNamespace

import numpy as np
import pytest

from faceset.pose import angles, rotation
from faceset.spec import LightSpec, OccluderSpec
from facs.expression import Expression
from render.assembly import assemble, head_at_rest, pose_face
from render.camera import Camera
from render.labels import flow, geometry, landmarks, pixels
from render.labels.context import LabelContext
from render.occluders import occluder_meshes
from render.sample import VISIBILITY
from render.scene import SEGMENT, Scene, SceneMesh

SIZE, FOCAL = 120, 260.0


def turned_camera():
    """A camera beside the axis, turned and rolled."""
    placed = np.eye(4)
    placed[:3, :3] = rotation(0.2, -0.1, 0.3)
    placed[:3, 3] = 0.02, -0.03, -1.1
    return Camera(FOCAL, (52.5, 63.0), placed, SIZE, SIZE)


def rays(camera):
    """The (H, W, 3) direction of each pixel centre's ray in the camera frame, with z = -1."""
    x, y = np.meshgrid(np.arange(camera.width) + 0.5, np.arange(camera.height) + 0.5)
    return np.stack([(x - camera.centre[0]) / camera.focal, (camera.centre[1] - y) / camera.focal, 0 * x - 1], -1)


def mesh(name, vertices, faces, normals, uv=None, segments=((1,),)):
    count = len(vertices)
    return SceneMesh(
        name=name,
        vertices=np.asarray(vertices, np.float32),
        normals=np.asarray(normals, np.float32),
        uv=np.full((count, 2), 0.5, np.float32) if uv is None else np.asarray(uv, np.float32),
        faces=np.asarray(faces, np.int32),
        albedo=np.full((4, 4, 3), 128, np.uint8),
        segments=np.asarray(segments, np.uint8),
        occlusion=np.ones(count, np.float32),
    )


CORNERS = np.array([[-0.6, -0.5, -0.2], [0.5, -0.6, 0.1], [0.6, 0.5, 0.3], [-0.5, 0.6, 0.0]])
"""A parallelogram: opposite sides are equal."""


def plane(**kept):
    normal = np.cross(CORNERS[1] - CORNERS[0], CORNERS[3] - CORNERS[0])
    normals = np.tile(normal / np.linalg.norm(normal), (4, 1))
    return mesh("skin", CORNERS, [[0, 1, 2], [0, 2, 3]], normals, [[0, 1], [1, 1], [1, 0], [0, 0]], **kept)


def sphere(radius, rings=96):
    polar, turn = np.meshgrid(np.linspace(0, np.pi, rings + 1), np.linspace(0, 2 * np.pi, 2 * rings + 1))
    unit = np.stack([np.sin(polar) * np.cos(turn), np.sin(polar) * np.sin(turn), np.cos(polar)], -1)
    index = np.arange(polar.size).reshape(polar.shape)
    a, b, c, d = index[:-1, :-1], index[:-1, 1:], index[1:, 1:], index[1:, :-1]
    unit = unit.reshape(-1, 3)
    return mesh("sphere", radius * unit, np.stack([a, b, c, a, c, d], axis=-1).reshape(-1, 3), unit)


def context_of(raster, *meshes, camera=None, **kept):
    camera = camera or turned_camera()
    background = np.zeros((camera.height, camera.width, 3), np.uint8)
    scene = Scene(meshes, camera, LightSpec(), background)
    unused = {"spec": None, "model": None, "face": None}
    return LabelContext(**unused | kept, scene=scene, visibility=seen(raster, scene))


def seen(raster, scene):
    return raster.render(scene, VISIBILITY)


def face_context(raster, spec, model):
    face = pose_face(spec, model)
    scene = assemble(spec, model, face)
    return LabelContext(spec, model, face, scene, seen(raster, scene))


def where_rays_meet_the_plane(camera):
    """The (H, W) depths and (H, W, 2) texture coordinates of the plane, by solving for each ray."""
    origin, across, along = camera.to_camera(CORNERS[[0, 1, 3]]) - [[0, 0, 0], *2 * [camera.to_camera(CORNERS[:1])[0]]]
    ray = rays(camera)
    normal = np.cross(across, along)
    depth = (origin @ normal) / (ray @ normal)
    u, v = np.linalg.lstsq(
        np.stack([across, along], 1), (depth[..., None] * ray - origin).reshape(-1, 3).T, rcond=None
    )[0]
    return depth, np.stack([u, 1 - v], axis=-1).reshape(*depth.shape, 2)


def test_depth_and_uv_of_a_slanted_plane_are_where_the_rays_meet_it(raster):
    context = context_of(raster, plane())
    depth, uv = where_rays_meet_the_plane(context.scene.camera)
    inside = ((uv > 0.001) & (uv < 0.999)).all(axis=-1)
    assert inside.sum() > 3000
    np.testing.assert_allclose(pixels.depth(context)[inside], depth[inside], atol=2e-5)
    np.testing.assert_allclose(pixels.uv(context)[inside], uv[inside], atol=2e-4)
    outside = ((uv < -0.001) | (uv > 1.001)).any(axis=-1)
    assert np.isinf(pixels.depth(context)[outside]).all()
    assert (pixels.uv(context)[outside] == 0).all()


def test_segmentation_is_the_texel_that_the_ray_meets(raster):
    texels = np.arange(1, 16, dtype=np.uint8).reshape(3, 5)
    context = context_of(raster, plane(segments=texels))
    _, uv = where_rays_meet_the_plane(context.scene.camera)
    place = uv * (5, 3)
    clear = ((uv > 0) & (uv < 1)).all(axis=-1) & (np.abs(place - np.round(place)) > 0.005).all(axis=-1)
    column, row = np.floor(place[clear]).astype(int).T
    np.testing.assert_array_equal(pixels.segmentation(context)[clear], texels[row, column])
    assert (pixels.segmentation(context)[np.isinf(pixels.depth(context))] == SEGMENT["background"]).all()


def test_normals_of_a_sphere_point_from_its_centre(raster):
    radius = 0.15
    context = context_of(raster, sphere(radius))
    camera = context.scene.camera
    centre, ray = camera.to_camera([[0, 0, 0]])[0], rays(camera)
    a, b, c = (ray**2).sum(-1), -2 * ray @ centre, centre @ centre - radius**2
    hit = b * b - 4 * a * c
    core = hit > 0.1 * hit.max()
    depth = (-b - np.sqrt(np.maximum(hit, 0))) / (2 * a)
    truth = (depth[..., None] * ray - centre) / radius
    found = pixels.normal_camera(context)
    assert core.sum() > 1500
    assert np.degrees(np.arccos(np.clip((found * truth).sum(-1)[core], -1, 1))).max() < 0.5
    np.testing.assert_allclose(np.linalg.norm(found[core], axis=-1), 1, atol=1e-6)
    np.testing.assert_allclose(pixels.depth(context)[core], depth[core], atol=3e-4)
    assert (found[hit < 0] == 0).all()


def test_flow_of_a_plane_that_slid_is_its_slide_over_its_depth(raster):
    placed = np.eye(4)
    placed[2, 3] = -1.1
    camera = dataclasses.replace(turned_camera(), world_to_camera=placed)
    slide = np.array([0.02, -0.01, 0.0])
    face = SimpleNamespace(shown=CORNERS, rest=lambda: CORNERS - slide, to_world=np.asarray)
    model = SimpleNamespace(basis=SimpleNamespace(skin_index=np.arange(4)))
    context = context_of(raster, plane(), camera=camera, face=face, model=model)
    found, depth = flow.flow(context), pixels.depth(context)
    shown = np.isfinite(depth)
    truth = FOCAL / depth[shown][:, None] * (slide[:2] * (1, -1))
    np.testing.assert_allclose(found[shown], truth, rtol=1e-3)
    assert (found[~shown] == 0).all()


def turn_between(one, other):
    """The rotation that takes points (n, 3) nearest to others (Kabsch 1976)."""
    u, _, vt = np.linalg.svd((one - one.mean(0)).T @ (other - other.mean(0)))
    sign = np.sign(np.linalg.det(vt.T @ u.T))
    return vt.T @ np.diag([1, 1, sign]) @ u.T


@pytest.mark.parametrize("pose", [(0.5, -0.2, 0.1), (-0.6, 0.3, -0.2)])
def test_head_pose_and_gaze_are_measured_back_from_the_mesh(raster, model, plain_spec, pose):
    camera = dataclasses.replace(plain_spec.camera, roll_jitter=0.15)
    spec = dataclasses.replace(plain_spec, head_pose=pose, gaze=(0.25, -0.15), camera=camera)
    context = face_context(raster, spec, model)
    to_camera = context.scene.camera.to_camera
    skin = next(each for each in context.scene.meshes if each.name == "skin")
    head = turn_between(context.face.shown[model.basis.skin_index], to_camera(skin.vertices))
    np.testing.assert_allclose(angles(head), geometry.head_pose(context), atol=1e-4)
    ahead = face_context(raster, dataclasses.replace(spec, gaze=(0.0, 0.0)), model)
    for side in ("left_eye", "right_eye"):
        straight, looking = (
            to_camera(next(each for each in one.scene.meshes if each.name == side).vertices) for one in (ahead, context)
        )
        look = head.T @ turn_between(straight, looking) @ head
        np.testing.assert_allclose(angles(look)[:2], geometry.gaze(context), atol=2e-3)


def test_a_card_hides_the_landmarks_that_project_into_it_and_no_others(raster, model, plain_spec):
    params = {"x": 0.15, "y": -0.3, "half_width": 0.35, "half_height": 0.2, "angle": 0.5}
    spec = dataclasses.replace(
        plain_spec, occluders=(OccluderSpec("card", params | dict.fromkeys(("red", "green", "blue"), 0.5)),)
    )
    free, hidden = (face_context(raster, each, model) for each in (plain_spec, spec))
    card = occluder_meshes(spec.occluders, head_at_rest(spec, model, hidden.face))[0]
    corners, points = (hidden.scene.camera.project(each) for each in (card.vertices, landmarks._world(hidden)))
    side = np.roll(corners, -1, axis=0) - corners
    # Positive inside: the distance in pixels from each of the card's sides, which run counter-clockwise.
    offset = points[:, None] - corners
    depth = -(side[:, 0] * offset[..., 1] - side[:, 1] * offset[..., 0]) / np.linalg.norm(side, axis=1)
    inside = depth.min(axis=1)
    before, after = (landmarks.landmark_visible(each).astype(bool) for each in (free, hidden))
    assert (inside > 1.5).sum() > 8
    assert not after[inside > 1.5].any()
    np.testing.assert_array_equal(after[inside < -1.5], before[inside < -1.5])


def test_depth_and_classes_are_what_rays_hit_first(raster, model, plain_spec):
    expression = Expression.bilateral({"AU26": 0.8, "AU25": 0.8})
    spec = dataclasses.replace(plain_spec, head_pose=(0.4, 0.1, 0.0), expression=expression)
    context = face_context(raster, spec, model)
    random = np.random.default_rng(2)
    row, column = random.integers(10, 118, (2, 80))
    ray = rays(context.scene.camera)[row, column]
    hits = [first_hit(context.scene, each) for each in ray]
    np.testing.assert_allclose(pixels.depth(context)[row, column], [depth for depth, _ in hits], atol=2e-5)
    same = pixels.segmentation(context)[row, column] == [segment for _, segment in hits]
    assert same.mean() > 0.97, "but for rays that meet the edge of a texel"
    assert len({segment for _, segment in hits}) >= 7


def first_hit(scene, ray):
    """Depth and class where a ray from the camera first meets a triangle, either side (Möller & Trumbore 1997)."""
    found = [(np.inf, SEGMENT["background"])]
    for each in scene.labelled:
        corners = scene.camera.to_camera(each.vertices)[each.faces]
        a, first, second = corners[:, 0], corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0]
        volume = (first * np.cross(ray, second)).sum(1)
        with np.errstate(divide="ignore", invalid="ignore"):
            u = -(a * np.cross(ray, second)).sum(1) / volume
            v, depth = np.cross(-a, first) @ ray / volume, (np.cross(-a, first) * second).sum(1) / volume
        for index in np.flatnonzero((u >= 0) & (v >= 0) & (u + v <= 1) & (depth > 0)):
            place = np.array([1 - u[index] - v[index], u[index], v[index]]) @ each.uv[each.faces[index]]
            size = np.array(each.segments.shape[::-1])
            x, y = np.floor(place % 1 * size).astype(int)
            found.append((depth[index], each.segments[y, x]))
    return min(found)


def test_the_near_side_of_a_sphere_is_visible_and_the_far_side_is_not(raster):
    radius = 0.15
    context = context_of(raster, sphere(radius), face=SimpleNamespace(to_world=np.asarray))
    unit = np.random.default_rng(1).normal(size=(400, 3))
    unit /= np.linalg.norm(unit, axis=1, keepdims=True)
    towards = -context.scene.camera.to_camera(radius * unit)
    outwards = unit @ context.scene.camera.world_to_camera[:3, :3].T
    facing = (outwards * towards).sum(axis=1) / np.linalg.norm(towards, axis=1)
    visible = context.in_sight(radius * unit)
    assert visible[facing > 0.01].all()
    assert not visible[facing < -0.03].any()
    assert (facing > 0.01).sum() > 100 and (facing < -0.03).sum() > 100
    roughly = context.visible(radius * unit)
    assert (roughly == visible)[np.abs(facing) > 0.35].all()


def test_points_outside_the_picture_are_not_visible(raster):
    context = context_of(raster, sphere(0.15), face=SimpleNamespace(to_world=np.asarray))
    outside = np.array([[0.5, 0.0, 0.0], [0.0, -0.6, 0.0]])
    assert not context.visible(outside).any() and not context.in_sight(outside, beside=0.01).any()


def test_beside_a_card_a_point_is_seen_as_far_as_it_is_told_to_look(raster):
    placed = np.eye(4)
    placed[2, 3] = -1.0
    camera = Camera(FOCAL, (60.0, 60.0), placed, SIZE, SIZE)
    corners = np.array([[-1, -1, 0.1], [0, -1, 0.1], [0, 1, 0.1], [-1, 1, 0.1]], np.float64)
    card = mesh("card", corners, [[0, 1, 2], [0, 2, 3]], np.tile([0, 0, 1], (4, 1)))
    context = context_of(raster, card, camera=camera, face=SimpleNamespace(to_world=np.asarray))
    points = np.array([[0.0001, 0, 0], [-0.0012, 0, 0], [-0.0018, 0, 0]])
    assert context.in_sight(points).tolist() == [True, False, False]
    assert context.in_sight(points, beside=0.0015).tolist() == [True, True, False]


def test_every_mesh_of_the_face_says_which_vertices_it_draws(raster, model, plain_spec):
    context = face_context(raster, dataclasses.replace(plain_spec, head_pose=(0.2, 0.1, 0.0)), model)
    of_face = {each.name: context.model_vertices(each) for each in context.scene.labelled}
    assert {name for name, vertices in of_face.items() if vertices is None} == {"left_eye", "right_eye", "hair"}
    for each in context.scene.labelled:
        if of_face[each.name] is not None:
            drawn = context.face.to_world(context.face.shown[of_face[each.name]])
            np.testing.assert_allclose(each.vertices, drawn, atol=1e-6)
