"""Contract of the occluders: every kind in the registry."""

from collections import Counter
from dataclasses import replace

import numpy as np
import pytest
from scipy.spatial import cKDTree

from faceset.spec import OccluderSpec
from facs.action_units import CODES
from facs.expression import NEUTRAL, Expression
from render.assembly import assemble, head_at_rest, pose_face
from render.config import SamplingConfig
from render.occluders import NEAR, OCCLUDERS, sample_occluders
from render.occluders.heights import draped, heights
from render.rigs.hand import BONES, build_hand_rig
from render.sampling import sample_specs
from render.scene import SEGMENT, SEGMENT_SWAP, SEGMENTS

WORN = tuple(kind for kind in OCCLUDERS if kind != "card")
"""Kinds that know the head's surface."""

SOLID = ("skin", "tongue", "upper_teeth", "lower_teeth", "left_eye", "right_eye")

WIDE_OPEN = Expression.bilateral({"AU25": 1.0, "AU27": 1.0})
EXTREMES = (
    WIDE_OPEN,
    Expression.bilateral({"AU19": 1.0, "AU25": 1.0, "AU26": 1.0}),
    Expression.bilateral({"AU18": 1.0, "AU17": 1.0}),
    Expression.bilateral({"AU34": 1.0}),
    Expression.bilateral({"AU1": 1.0, "AU2": 1.0, "AU5": 1.0, "AU12": 1.0, "AU6": 1.0}),
    Expression({"AU29": 1.0, "AU30L": 1.0}),
)
"""What moves skin and tongue the furthest."""


def dressed(model, kind, count, size=64, **config):
    """Returns drawn specifications of one face model that all have an occluder of one kind."""
    drawn = sample_specs(SamplingConfig(identities=count, size=size, face_model=model.name, **config), 5, count, "worn")
    random = np.random.default_rng(7)
    return [replace(spec, occluders=(OccluderSpec(kind, OCCLUDERS[kind].sample_params(random)),)) for spec in drawn]


def crossings(edges, triangles):
    """Returns how many segments (E, 2, 3) pass through triangles (T, 3, 3): Moeller and Trumbore, near pairs only."""
    start, way = edges[:, 0], edges[:, 1] - edges[:, 0]
    middle, centre = edges.mean(axis=1), triangles.mean(axis=1)
    reach = np.linalg.norm(triangles - centre[:, None], axis=2).max(axis=1) + np.linalg.norm(way, axis=1).max() / 2
    near = cKDTree(middle).query_ball_point(centre, reach)
    if not sum(map(len, near)):
        return 0
    t = np.repeat(np.arange(len(triangles)), [len(each) for each in near])
    e = np.concatenate([np.asarray(each, dtype=int) for each in near])
    a, b = triangles[t, 1] - triangles[t, 0], triangles[t, 2] - triangles[t, 0]
    across, offset = np.cross(way[e], b), start[e] - triangles[t, 0]
    scale = np.einsum("nk,nk->n", a, across)
    safe = np.where(np.abs(scale) < 1e-15, np.inf, scale)
    u, turned = np.einsum("nk,nk->n", offset, across) / safe, np.cross(offset, a)
    v, along = np.einsum("nk,nk->n", way[e], turned) / safe, np.einsum("nk,nk->n", b, turned) / safe
    hit = np.isfinite(safe) & (u >= 0) & (v >= 0) & (u + v <= 1) & (along >= 0) & (along <= 1)
    return int(hit.sum())


def triangles_and_edges(mesh, low, high):
    """Returns the triangles (T, 3, 3) of a mesh that reach into a box and their edges (E, 2, 3), in pieces of 8 mm."""
    corners = mesh.vertices[mesh.faces].astype(np.float64)
    faces = mesh.faces[((corners.max(axis=1) > low) & (corners.min(axis=1) < high)).all(axis=1)]
    pairs = np.unique(np.sort(faces[:, [[0, 1], [1, 2], [2, 0]]].reshape(-1, 2), axis=1), axis=0)
    ends = mesh.vertices[pairs].astype(np.float64)
    pieces = np.maximum(np.ceil(np.linalg.norm(ends[:, 1] - ends[:, 0], axis=1) / 0.008).astype(int), 1)
    which = np.repeat(np.arange(len(ends)), pieces)
    step = np.arange(len(which)) - np.repeat(np.cumsum(pieces) - pieces, pieces)
    share = np.stack([step, step + 1], axis=1)[..., None] / pieces[which, None, None]
    return mesh.vertices[faces].astype(np.float64), ends[which, :1] * (1 - share) + ends[which, 1:] * share


def touches(scene, kind):
    """Returns how often the occluder and the head's skin, tongue, teeth or eyes pass through each other."""
    worn = next(mesh for mesh in scene.meshes if mesh.name == kind)
    count = 0
    for other in (mesh for mesh in scene.meshes if mesh.name in SOLID):
        box = [
            op(first, second)
            for op, first, second in zip(
                (np.maximum, np.minimum),
                (worn.vertices.min(axis=0), worn.vertices.max(axis=0)),
                (other.vertices.min(axis=0), other.vertices.max(axis=0)),
                strict=True,
            )
        ]
        (these, these_edges), (those, those_edges) = (triangles_and_edges(mesh, *box) for mesh in (worn, other))
        if len(these) and len(those):
            count += crossings(these_edges, those) + crossings(those_edges, these)
    return count


@pytest.mark.parametrize("kind", sorted(OCCLUDERS))
def test_every_occluder_has_a_segmentation_class_of_its_own(kind, model, plain_spec):
    occluder, face = OCCLUDERS[kind], pose_face(plain_spec, model)
    mesh = occluder.build(occluder.sample_params(np.random.default_rng(3)), head_at_rest(plain_spec, model, face))
    assert set(np.unique(mesh.segments)) == {SEGMENT[kind]}
    assert SEGMENTS.index(kind) > SEGMENTS.index("clothing")
    np.testing.assert_allclose(np.linalg.norm(mesh.normals, axis=1), 1.0, atol=1e-4)


def test_left_and_right_classes_change_places_and_no_others():
    named = {SEGMENTS[one]: SEGMENTS[other] for one, other in SEGMENT_SWAP.items()}
    assert named == {"left_brow": "right_brow", "left_eye": "right_eye", "left_ear": "right_ear"}


def test_a_segment_and_a_triangle_that_cross_are_found():
    triangle = np.array([[[0.0, 0, 0], [1, 0, 0], [0, 1, 0]]])
    through, beside = [[0.2, 0.2, -1], [0.2, 0.2, 1]], [[0.8, 0.8, -1], [0.8, 0.8, 1]]
    assert crossings(np.array([through, beside, through]), triangle) == 2


@pytest.mark.parametrize("kind", WORN)
def test_no_occluder_touches_a_face_whatever_it_shows(kind, any_model):
    for spec, shown in zip(dressed(any_model, kind, 6), EXTREMES, strict=True):
        for expression in (shown, spec.expression):
            scene = assemble(replace(spec, expression=expression), any_model)
            assert touches(scene, kind) == 0, (spec.key, expression)


@pytest.mark.parametrize("kind", sorted(OCCLUDERS))
def test_twins_wear_the_same_to_the_last_bit(kind, any_model):
    spec = dressed(any_model, kind, 1)[0]
    meshes = [assemble(replace(spec, expression=each), any_model).meshes[-1] for each in (NEUTRAL, WIDE_OPEN)]
    np.testing.assert_array_equal(*(mesh.vertices for mesh in meshes))
    np.testing.assert_array_equal(*(mesh.normals for mesh in meshes))


HIDDEN = {"mask": (slice(48, 68), 1.0), "cup": ([57], 1.0), "microphone": ([57], 0.0)}
"""Landmarks that a kind covers in every picture from the front, and the share of them that is hidden at least."""


@pytest.mark.parametrize("kind", sorted(HIDDEN))
def test_what_is_covered_is_known(kind, any_model, labelled):
    which, share = HIDDEN[kind]
    for spec in dressed(any_model, kind, 3, max_yaw=0.05, max_pitch=0.05):
        labels = labelled(replace(spec, expression=NEUTRAL), "landmark_visible", "segmentation")
        free = labelled(replace(spec, occluders=(), expression=NEUTRAL), "segmentation")
        shown = labels["segmentation"] == SEGMENT[kind]
        np.testing.assert_array_equal(labels["segmentation"][~shown], free["segmentation"][~shown])
        assert shown.mean() > 0.01
        assert 1 - labels["landmark_visible"][which].mean() >= share


COVERS = {
    "sunglasses": ("AU7", "AU12"),
    "mask": ("AU12", "AU45"),
    "scarf": ("AU26", "AU45"),
    "hand": ("AU25", "AU1"),
    "cup": ("AU17", "AU45"),
    "beanie": (None, "AU12"),
    "hat": (None, "AU12"),
    "headscarf": (None, "AU12"),
    "hood": (None, "AU12"),
    "glasses": (None, "AU25"),
}
"""An Action Unit whose region a kind hides, and one that it leaves alone, in pictures from the front."""

FORCED = {
    "scarf": {"level": 3.0},
    "hand": {"place": 0.0, "tilt": 1.0, "azimuth": 0.1, "elevation": 0.0, "curl": 0.0, "x": 0.0, "y": 0.0},
}
"""Parameters with which a kind covers what ``COVERS`` says."""


@pytest.mark.parametrize("kind", sorted(COVERS))
def test_the_visible_share_of_action_units_falls_where_they_are_covered(kind, model, labelled):
    spec = dressed(model, kind, 1, max_yaw=0.05, max_pitch=0.05)[0]
    params = {**spec.occluders[0].params, **FORCED.get(kind, {})}
    spec = replace(spec, occluders=(OccluderSpec(kind, params),), expression=NEUTRAL)
    worn, free = (labelled(each, "au_visible")["au_visible"] for each in (spec, replace(spec, occluders=())))
    assert (worn <= free + 1e-6).all()
    hidden, shown = COVERS[kind]
    if hidden:
        assert worn[CODES.index(hidden)] < 0.6 * free[CODES.index(hidden)]
    if shown:
        assert worn[CODES.index(shown)] > 0.9 * free[CODES.index(shown)]


@pytest.mark.parametrize("kind", sorted(OCCLUDERS))
def test_parameters_are_plain_numbers_and_the_same_draw_is_the_same_thing(kind, model):
    first, again = (OCCLUDERS[kind].sample_params(np.random.default_rng(5)) for _ in range(2))
    assert first == again
    assert all(type(value) is float and np.isfinite(value) for value in first.values())
    colours = [value for name, value in first.items() if name.split("_")[-1] in ("red", "green", "blue")]
    assert all(0 <= value <= 1 for value in colours)
    spec = dressed(model, kind, 1)[0]
    head = head_at_rest(spec, model, pose_face(spec, model))
    meshes = [OCCLUDERS[kind].build(first, head) for _ in range(2)]
    np.testing.assert_array_equal(*(mesh.vertices for mesh in meshes))
    assert meshes[0].faces.min() >= 0 and meshes[0].faces.max() < len(meshes[0].vertices)
    assert ((meshes[0].uv[:, 1] >= 0) & (meshes[0].uv[:, 1] <= 1)).all()


@pytest.mark.parametrize("kind", sorted(OCCLUDERS))
def test_two_renderers_see_the_same_thing_worn(kind, model, labelled, pyrender_backend):
    spec = dressed(model, kind, 1, size=96, max_yaw=0.6)[0]
    spec = replace(spec, head_pose=(0.5, 0.0, 0.0), appearance=replace(spec.appearance, hair_style="bald"))
    here = labelled(spec, "segmentation")["segmentation"] == SEGMENT[kind]
    there = pyrender_backend.render(assemble(spec, model), ("segmentation",))["segmentation"] == SEGMENT[kind]
    assert here.sum() > 20
    # What is thinner than a pixel may fall between the centres of one renderer and not of the other.
    assert (here != there).sum() <= max(4, 0.03 * here.sum())


PAIRS = (("mask", "glasses"), ("glasses", "hand"), ("sunglasses", "beanie"), ("mask", "headscarf"), ("scarf", "hat"))


@pytest.mark.parametrize("pair", PAIRS)
def test_what_is_worn_together_does_not_pass_through_each_other(pair, model):
    random = np.random.default_rng(2)
    spec = dressed(model, "card", 1)[0]
    both = tuple(OccluderSpec(kind, OCCLUDERS[kind].sample_params(random)) for kind in pair)
    lower, upper = assemble(replace(spec, occluders=both), model).labelled[-2:]
    assert (lower.name, upper.name) == (pair[0], f"{pair[1]}_1")
    box = (upper.vertices.min(axis=0), upper.vertices.max(axis=0))
    (these, these_edges), (those, those_edges) = (triangles_and_edges(mesh, *box) for mesh in (lower, upper))
    apart = not len(these) or not len(those)
    assert apart or crossings(these_edges, those) + crossings(those_edges, these) == 0


def test_who_wears_a_head_covering_shows_no_hair_and_under_a_hat_only_what_hangs_out(model):
    spec = dressed(model, "headscarf", 1)[0]
    spec = replace(spec, appearance=replace(spec.appearance, hair_style="long_straight", hair_length=0.5))
    hair = {}
    for kind in ("card", "beanie", "headscarf"):
        params = OCCLUDERS[kind].sample_params(np.random.default_rng(1))
        scene = assemble(replace(spec, occluders=(OccluderSpec(kind, params),)), model)
        hair[kind] = sum(len(mesh.faces) for mesh in scene.meshes if mesh.name == "hair")
    assert hair["card"] > hair["beanie"] > 0 == hair["headscarf"]


def test_occluders_are_drawn_as_often_as_asked_and_go_together():
    random = np.random.default_rng(4)
    drawn = [sample_occluders(random, 0.5) for _ in range(3000)]
    assert 0.46 < np.mean([len(specs) > 0 for specs in drawn]) < 0.54
    assert {spec.kind for specs in drawn for spec in specs} == set(OCCLUDERS)
    pairs = [[OCCLUDERS[spec.kind] for spec in specs] for specs in drawn if len(specs) == 2]
    assert 0.15 < len(pairs) / sum(len(specs) > 0 for specs in drawn) < 0.25
    assert all(not one.takes & other.takes and one.layer <= other.layer for one, other in pairs)
    counts = Counter(specs[0].kind for specs in drawn if len(specs) == 1)
    assert counts["glasses"] > counts["hat"]


@pytest.mark.parametrize("side", [0.0, 1.0, 2.0, 3.0])
def test_a_border_covers_its_share_of_the_picture_and_hides_all_that_lies_there(side, model, labelled, plain_spec):
    fill = {"side": side, "first": 0.25, "second": 0.25, "red": 0.0, "green": 0.0, "blue": 0.0}
    spec = replace(plain_spec, head_pose=(0.3, 0.2, 0.1), occluders=(OccluderSpec("border", fill),))
    labels = labelled(spec, "segmentation", "landmark_visible", "landmarks")
    covered = labels["segmentation"] == SEGMENT["border"]
    wanted = np.zeros_like(covered)
    wanted[
        (slice(None), slice(32))
        if side == 0
        else (slice(None), slice(96, None))
        if side == 1
        else slice(32)
        if side == 2
        else slice(96, None)
    ] = True
    np.testing.assert_array_equal(covered, wanted)
    x, y = np.clip(np.floor(labels["landmarks"]).astype(int), 0, 127).T
    assert not labels["landmark_visible"][wanted[y, x]].any()


def test_nothing_stands_in_the_lens_of_a_near_camera(model, labelled):
    for kind in ("microphone", "hand", "hat", "cup"):
        spec = dressed(model, kind, 1)[0]
        near = replace(spec, camera=replace(spec.camera, distance=0.15), head_pose=(0.0, 0.0, 0.0))
        depth = labelled(near, "depth")["depth"]
        assert depth.min() > NEAR


def test_a_hand_bends_at_its_joints_and_closes_towards_the_palm():
    rig = build_hand_rig()
    np.testing.assert_allclose(rig.weights.sum(axis=1), 1.0)
    flat = rig.posed(np.zeros((5, 3)), 0.0, 0.0, 0.0)
    np.testing.assert_allclose(flat, rig.vertices, atol=1e-12)
    closed = rig.posed(np.full((5, 3), 0.6), 0.0, 0.0, 0.0)
    tips = rig.vertices[:, 1] > 0.06
    assert closed[tips, 2].max() < flat[tips, 2].min()
    fingers = rig.weights[:, [name.startswith("finger") for name in BONES]].sum(axis=1) == 0
    np.testing.assert_allclose(closed[fingers], flat[fingers], atol=1e-12)


def test_draped_things_lie_above_and_follow():
    random = np.random.default_rng(0)
    ball = random.normal(size=(20000, 3))
    ball = 0.08 * ball / np.linalg.norm(ball, axis=1, keepdims=True)
    x, y = np.meshgrid(np.linspace(-0.05, 0.05, 41), np.linspace(-0.05, 0.05, 41))
    sheet = np.stack([x.ravel(), y.ravel(), np.zeros(x.size)], axis=1)
    lying = draped(sheet, heights(ball, ((-0.1, -0.1), (0.1, 0.1)), 0.002), 0.001, 0.008, np.inf)
    off = np.linalg.norm(lying, axis=1) - 0.08
    assert off.min() > 0.0 and np.median(off) < 0.012
    np.testing.assert_array_equal(lying[:, :2], sheet[:, :2])
