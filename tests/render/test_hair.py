"""Scalp hair: rooted on the scalp, outside the head, out of the face, and the same whatever the face does."""

from dataclasses import replace

import numpy as np
import pytest
from scipy.spatial import cKDTree

from faceset.spec import Identity, OccluderSpec
from facs.expression import Expression
from render.assembly import assemble, pose_face
from render.errors import RenderError
from render.hair import FACIAL_HAIR, STYLES
from render.hair.growth import Roots, grow, lengths
from render.hair.skull import CLOSE, HIGH, LOW, PITCH, Skull
from render.labels import LABELS, LABELS_ON_REQUEST
from render.labels.context import LabelContext
from render.mesh import Topology
from render.occluders import OCCLUDERS
from render.sample import VISIBILITY
from render.scene import SEGMENT

PEOPLE = (
    Identity("woman", {"age": 0.62, "gender": 0.95, "weight": 0.3, "african": 0.0, "asian": 0.2, "caucasian": 0.8}),
    Identity("man", {"age": 0.75, "gender": 0.05, "weight": 0.7, "african": 1.0, "asian": 0.0, "caucasian": 0.0}),
)
MOVED = Expression.bilateral({"AU1": 1.0, "AU2": 1.0, "AU12": 1.0, "AU25": 1.0, "AU27": 1.0})
WORN = sorted(name for name, style in STYLES.items() if style.clumps)


def combed_person(plain_spec, model, style, identity=PEOPLE[0], **looks):
    """Returns the specification of a person with a style."""
    looks = {"hair_style": style, "hair_length": 0.5, "texture_seed": 4} | looks
    appearance = replace(plain_spec.appearance, **looks)
    return replace(plain_spec, identity=identity, appearance=appearance, face_model=model.name)


def hair_of(model, spec):
    """Returns the worn hair of a specification."""
    return model.salon.worn(spec.appearance, model.neutral(spec.identity))


def depth_in_skin(model, person, points):
    """Returns how deep points (n, 3) lie in a person's skin, metres: against the planes at the nearest vertices."""
    skin = np.unique(model.basis.faces_of("skin"))
    normals = Topology(model.basis.faces_of("skin"), len(person)).normals(person.astype(np.float32))[skin]
    distance, nearest = cKDTree(person[skin]).query(points)
    height = np.einsum("nk,nk->n", points - person[skin[nearest]], normals[nearest])
    return np.where(height < 0, -height, 0.0) * (distance < 0.03)


def curves_of(hair):
    """Returns the (n, P, 3) middles of the ribbons."""
    count, points, _ = hair.curves.shape
    return hair.ribbons.vertices.reshape(count, points, 2, 3).mean(axis=2)


@pytest.mark.parametrize("style", WORN)
def test_hair_roots_on_the_scalp_and_stays_outside_the_head(style, any_model, plain_spec):
    for identity in PEOPLE:
        spec = combed_person(plain_spec, any_model, style, identity)
        hair, person = hair_of(any_model, spec), any_model.neutral(identity).astype(np.float64)
        curves = curves_of(hair)
        scalp = any_model.salon.dresser.scalp
        placed = scalp.on(person, np.arange(len(scalp.place)))
        rooted = curves[: len(hair.root)][hair.root >= 0]
        assert cKDTree(placed).query(rooted[:, 0])[0].max() < 1e-9
        away = np.linalg.norm(curves - curves[:, :1], axis=2) > 0.01
        depth = depth_in_skin(any_model, person, curves[away])
        assert np.quantile(depth, 0.99) < 0.001, (identity.name, np.quantile(depth, 0.99))


@pytest.mark.parametrize("style", WORN)
def test_no_hair_hangs_before_the_eyes(style, any_model, plain_spec):
    for identity in PEOPLE:
        hair = hair_of(any_model, combed_person(plain_spec, any_model, style, identity))
        marks = any_model.basis.landmarks(any_model.neutral(identity))
        corners = hair.ribbons.vertices[hair.ribbons.faces].mean(axis=1)
        for eye in (marks[36:42], marks[42:48]):
            low, high = eye[:, :2].min(axis=0), eye[:, :2].max(axis=0)
            before = ((corners[:, :2] > low) & (corners[:, :2] < high)).all(axis=1) & (corners[:, 2] > eye[:, 2].min())
            assert not before.any()


def test_twins_share_their_hair_to_the_last_bit(any_model, plain_spec):
    spec = replace(combed_person(plain_spec, any_model, "long_wavy"), head_pose=(0.5, 0.1, 0.0))
    meshes = []
    for expression in (spec.expression, MOVED):
        scene = assemble(replace(spec, expression=expression), any_model)
        meshes.append(next(mesh for mesh in scene.meshes if mesh.name == "hair"))
    for name in ("vertices", "normals", "uv", "faces", "albedo", "occlusion"):
        np.testing.assert_array_equal(getattr(meshes[0], name), getattr(meshes[1], name))


@pytest.mark.parametrize("style", ["short", "ponytail", "afro"])
def test_the_same_person_has_the_same_hair_each_time(style, any_model, plain_spec):
    spec = combed_person(plain_spec, any_model, style)
    first = hair_of(any_model, spec).ribbons.vertices.copy()
    hair_of(any_model, combed_person(plain_spec, any_model, "bob", PEOPLE[1]))
    np.testing.assert_array_equal(first, hair_of(any_model, spec).ribbons.vertices)


def mirrored(points):
    """Returns points (..., 3) on the other side."""
    return points * (-1.0, 1.0, 1.0)


def ball():
    """Returns a head that is a ball: it is its own mirror image."""
    axes = [np.arange(low, high + PITCH / 2, PITCH) for low, high in zip(LOW, HIGH, strict=True)]
    offset = np.stack(np.meshgrid(*axes, indexing="ij"), axis=-1).reshape(-1, 3) - (0.0, 0.70, 0.03)
    size = np.maximum(np.linalg.norm(offset, axis=1, keepdims=True), 1e-9)
    field = np.hstack([size - 0.09, offset / size]).astype(np.float32)
    return Skull(field, tuple(len(axis) for axis in axes))


@pytest.mark.parametrize("name", ["side_part", "long_straight", "fringe", "ponytail"])
def test_a_parting_on_the_other_side_gives_the_mirror_image(name):
    style, random = STYLES[name], np.random.default_rng(3)
    normal = random.normal(size=(40, 3)) * (1, 0.3, 1) + (0, 1, 0)
    normal /= np.linalg.norm(normal, axis=1, keepdims=True)
    place, draws = (0.0, 0.70, 0.03) + 0.09 * normal, random.uniform(-1, 1, (40, 3))
    here, there = (Roots(turn(place), turn(normal), np.full(40, 0.02)) for turn in (np.asarray, mirrored))
    length = lengths(style, here, 0.5, np.full(40, 0.5))
    left = grow(style, here, length, 1.0, draws, ball())
    right = grow(style, there, length, -1.0, draws * (-1, 1, 1), ball())
    np.testing.assert_allclose(left, mirrored(right), atol=1e-6)


def test_distances_to_a_ball_are_known(any_model):
    del any_model
    turn, height = np.meshgrid(np.linspace(0, 2 * np.pi, 61)[:-1], np.linspace(-1, 1, 41))
    flat = np.sqrt(1 - height**2)
    points = np.stack([flat * np.sin(turn), height, flat * np.cos(turn)], axis=-1).reshape(-1, 3)
    rows, columns = 41, 60
    index = np.arange(rows * columns).reshape(rows, columns)
    a, b, c, d = index[:-1], np.roll(index, -1, axis=1)[:-1], index[1:], np.roll(index, -1, axis=1)[1:]
    faces = np.concatenate([np.stack([a, b, d], axis=-1).reshape(-1, 3), np.stack([a, d, c], axis=-1).reshape(-1, 3)])
    centre = np.array([0.0, 0.65, 0.0])
    skull = Skull.of(centre + 0.09 * points, faces.astype(np.int32))
    probes = np.random.default_rng(1).normal(size=(400, 3))
    probes *= (np.random.default_rng(2).uniform(0.07, 0.16, 400) / np.linalg.norm(probes, axis=1))[:, None]
    distance, outward = skull.at(centre + probes)
    truth = np.linalg.norm(probes, axis=1) - 0.09
    np.testing.assert_allclose(distance[truth < CLOSE - PITCH], truth[truth < CLOSE - PITCH], atol=0.0015)
    np.testing.assert_allclose(distance, truth, atol=PITCH)
    straight = np.einsum("nk,nk->n", outward, probes / np.linalg.norm(probes, axis=1)[:, None])
    assert straight[truth < CLOSE - PITCH].min() > 0.90 and straight.min() > 0.85


def test_labels_know_hair(any_model, plain_spec, labelled):
    bare = labelled(combed_person(plain_spec, any_model, "bald"), "segmentation")["segmentation"]
    assert not (bare == SEGMENT["hair"]).any()
    for style in ("shaved", "short", "long_straight"):
        found = labelled(combed_person(plain_spec, any_model, style), "segmentation")["segmentation"]
        assert (found == SEGMENT["hair"]).mean() > 0.01


def test_hair_changes_nothing_that_the_certificate_measures(any_model, plain_spec):
    bald, long = (pose_face(combed_person(plain_spec, any_model, style), any_model) for style in ("bald", "long_curly"))
    np.testing.assert_array_equal(bald.shown, long.shown)
    np.testing.assert_array_equal(bald.neutral, long.neutral)


def test_registries_say_whom_a_style_suits():
    assert sum(style.for_women > 0 for style in STYLES.values()) >= 14
    assert sum(style.for_men > 0 for style in STYLES.values()) >= 14
    for style in STYLES.values():
        assert 0 <= style.curl[0] < style.curl[1] <= 1 and 0 <= style.ages[0] < style.ages[1] <= 1
    assert "none" in FACIAL_HAIR and all(beard.for_men > 0 for beard in FACIAL_HAIR.values())


def rides(model, spec, name):
    """Returns one kind of hair on the face, and a function from expressions to its curves and vertices."""
    hair = model.salon.riding(spec.appearance)[name]

    def curves(expression):
        shown = pose_face(replace(spec, expression=expression), model).shown
        return hair.curves(shown), shown

    return hair, curves


def test_lashes_stay_on_the_lids_as_they_close(any_model, plain_spec):
    hair, curves = rides(any_model, combed_person(plain_spec, any_model, "bald", lashes=1.0), "lashes")
    rings = np.concatenate(list(any_model.lid_rings.values()))
    apart, heights = [], []
    for closed in (0.0, 0.25, 0.5, 0.75, 1.0):
        found, shown = curves(Expression.bilateral({"AU45": closed} if closed else {}))
        np.testing.assert_allclose(found[:, 0], hair.roots.place(shown), atol=1e-12)
        apart.append(cKDTree(shown[rings]).query(found[:, 0])[0])
        heights.append(found[:, -1, 1] - found[:, 0, 1])
        long = np.linalg.norm(found[:, -1] - found[:, 0], axis=1)
        np.testing.assert_allclose(long, np.linalg.norm(hair.shape[:, -1], axis=1), atol=1e-9)
    # The nearest vertex of the margin may be another one, and they lie some millimetres apart.
    assert np.abs(np.array(apart) - apart[0]).max() < 0.002
    upper = any_model.salon.rims.upper
    # The tips of the upper lashes point up on an open eye and down on a closed one.
    assert np.median(heights[0][upper]) > 0 > np.median(heights[-1][upper])


@pytest.mark.parametrize("name", ["brows", "beard"])
def test_brow_hairs_and_beards_ride_the_skin(name, any_model, plain_spec):
    spec = combed_person(plain_spec, any_model, "short", facial_hair="full_beard")
    hair, curves = rides(any_model, spec, name)
    assert 30 < len(hair.width) < 1600
    for expression in (Expression.bilateral({}), MOVED):
        found, shown = curves(expression)
        corners = shown[hair.roots.corners]
        np.testing.assert_allclose(found[:, 0], np.einsum("nk,nkd->nd", hair.roots.weights, corners), atol=1e-12)
        normal = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
        normal /= np.linalg.norm(normal, axis=1, keepdims=True)
        assert np.einsum("nk,nk->n", found[:, 1] - found[:, 0], normal).min() > -0.001


def test_what_is_not_labelled_changes_no_label(any_model, plain_spec, raster):
    spec = replace(
        combed_person(plain_spec, any_model, "short", facial_hair="full_beard", lashes=1.0), expression=MOVED
    )
    face = pose_face(spec, any_model)
    scene = assemble(spec, any_model, face)
    assert [mesh.name for mesh in scene.meshes if not mesh.labelled] == ["lashes", "brows", "beard"]
    assert scene.meshes[: len(scene.labelled)] == scene.labelled
    bare = replace(scene, meshes=scene.labelled)
    frames = [raster.render(each, VISIBILITY) for each in (scene, bare)]
    for name in VISIBILITY:
        np.testing.assert_array_equal(frames[0][name], frames[1][name])
    contexts = [
        LabelContext(spec, any_model, face, each, frame) for each, frame in zip((scene, bare), frames, strict=True)
    ]
    for label in (LABELS | LABELS_ON_REQUEST).values():
        np.testing.assert_array_equal(label(contexts[0]), label(contexts[1]))
    assert (raster.render(scene, ("colour",))["colour"] != raster.render(bare, ("colour",))["colour"]).any()


def test_unknown_styles_are_named_with_those_that_exist(model, plain_spec):
    for field, known in (("hair_style", "long_wavy"), ("facial_hair", "goatee")):
        spec = replace(plain_spec, appearance=replace(plain_spec.appearance, **{field: "mullet"}))
        with pytest.raises(RenderError, match=rf"'mullet'; known: .*{known}"):
            assemble(spec, model)


def test_strands_are_made_when_asked_and_lie_along_their_ribbons(any_model, plain_spec):
    spec = combed_person(plain_spec, any_model, "long_straight", hair_curl=0.0, facial_hair="full_beard")
    drawn = {mesh.name: mesh for mesh in assemble(spec, any_model).meshes if mesh.strands is not None}
    assert set(drawn) == {"hair", "lashes", "brows", "beard"}
    for mesh in drawn.values():
        found, again = mesh.strands(), mesh.strands()
        np.testing.assert_array_equal(found.points, again.points)
        count, points, _ = found.points.shape
        assert found.radius.shape == (points,) and found.rgb.shape == (count, 3)
        assert (np.diff(found.radius) < 0).all() and (found.rgb > 0).all()
        width = np.linalg.norm(np.diff(mesh.vertices.reshape(-1, 2, 3), axis=1), axis=-1).max()
        assert cKDTree(mesh.vertices).query(found.points[:, ::2].reshape(-1, 3))[0].max() < 2 * width


def test_hairs_come_out_from_under_a_hat_and_never_through_it(model, plain_spec):
    spec = combed_person(plain_spec, model, "long_straight")
    hat = OccluderSpec("cap", OCCLUDERS["cap"].sample_params(np.random.default_rng(2)))
    bare, covered = (
        next(mesh for mesh in assemble(each, model).meshes if mesh.name == "hair")
        for each in (spec, replace(spec, occluders=(hat,)))
    )
    assert 0 < len(covered.faces) < len(bare.faces)
    assert covered.strands().points[..., 1].max() < bare.strands().points[..., 1].max() - 0.02
    assert covered.strands().points.shape[1:] == bare.strands().points.shape[1:]
