"""The neck bends between a turned head and shoulders that stay behind; the face knows nothing of it."""

from dataclasses import replace

import numpy as np

from faceset.pose import rotation
from render.assembly import pose_face
from render.neck import shoulders
from render.rigs.chest import DOWN
from render.scene import SEGMENT

POSE = (0.7, -0.3, 0.2)


def test_a_head_that_looks_ahead_has_a_straight_neck(any_model):
    vertices = any_model.average.astype(np.float64)
    assert any_model.neck.bent(vertices, (0.0, 0.0, 0.0)) is vertices


def test_the_face_stays_rigid_and_the_shoulders_take_their_share(any_model):
    vertices, neck = any_model.average.astype(np.float64), any_model.neck
    bent = neck.bent(vertices, POSE)
    marks = np.unique(any_model.basis.landmark_vertices)
    assert np.array_equal(bent[marks], vertices[marks])
    assert np.array_equal(bent[~neck.moved], vertices[~neck.moved])
    low = neck.share[:, 0] == 1.0
    # In the world the chest is the unposed chest turned by its share: the angles between its points are kept.
    world = (bent[low] - neck.joint) @ rotation(*POSE).T
    expected = (vertices[low] - neck.joint) @ rotation(0.35 * POSE[0], 0.2 * POSE[1], 0.3 * POSE[2]).T
    np.testing.assert_allclose(shoulders((3.0, 0.0, -0.1)), (2.0, 0.0, -0.03))
    np.testing.assert_allclose(world, expected, atol=1e-12)


def test_the_certificate_does_not_count_the_neck(model, plain_spec):
    face = pose_face(replace(plain_spec, head_pose=POSE), model)
    assert (face.touched >= model.neck.moved).all()
    found = model.rig.measure(face.neutral, face.shown, face.touched)
    assert np.abs(found.activations).max() < 1e-9
    assert found.unexplained < 1e-12


def test_the_chest_reaches_below_the_picture(any_model, plain_spec):
    average, basis = any_model.average, any_model.basis
    skin = average[np.unique(basis.faces_of("skin"))]
    assert skin[:, 1].min() < average[basis.landmark_vertices[8, 0], 1] - DOWN
    assert len(basis.skin_faces) == len(basis.faces_of("skin"))
    assert np.array_equal(basis.skin_index[basis.skin_faces], basis.faces_of("skin"))


def test_a_lowered_head_shows_clothes_at_the_lower_edge(plain_spec):
    from render.sample import SampleRenderer

    renderer = SampleRenderer(channels=("segmentation",))
    camera = replace(plain_spec.camera, scale_jitter=0.8)
    shown = renderer.render(replace(plain_spec, head_pose=(0.0, -0.55, 0.0), camera=camera))["segmentation"]
    renderer.close()
    middle = shown[-1, shown.shape[1] // 4 : -shown.shape[1] // 4]
    assert (middle == SEGMENT["clothing"]).all()
