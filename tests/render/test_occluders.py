"""Contract of the occluders: every kind in the registry."""

from dataclasses import replace

import numpy as np
import pytest
from scipy.spatial import cKDTree

from faceset.spec import OccluderSpec
from facs.expression import NEUTRAL, Expression
from render.assembly import assemble, head_at_rest, pose_face
from render.config import SamplingConfig
from render.occluders import OCCLUDERS
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
