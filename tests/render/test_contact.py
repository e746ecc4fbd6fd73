"""Lids rest on the eye and lips on the teeth."""

import numpy as np

from facs import CODES, Expression
from render.assembly import pose_face
from render.config import SamplingConfig
from render.contact import Ball, ToothRow
from render.sampling import sample_specs


def test_points_behind_a_row_of_teeth_are_found():
    # A flat row: front at z = 1 cm, from y = 0 to 1 cm, x within 2 cm.
    vertices = np.array([[-0.02, 0, 0.01], [0.02, 0, 0.01], [-0.02, 0.01, 0.01], [0.02, 0.01, 0.01]])
    row = ToothRow(np.array([0, 1]), np.array([0, 1]), np.array([2, 3]))
    points = np.array([[0, 0.005, 0.007], [0, 0.005, 0.012], [0, 0.02, 0.007], [0.03, 0.005, 0.007], [0, 0.005, -0.05]])
    np.testing.assert_allclose(row.behind(vertices, points), [0.003, 0, 0, 0, 0], atol=1e-12)
    deep = np.array([[0, 0.001, 0.007], [0, 0.0095, 0.007], [0, 0.005, 0.007]])
    np.testing.assert_allclose(row.inside(vertices, deep), [0.001, 0.0005, 0.003], atol=1e-12)


def test_a_closing_lid_stays_outside_the_eye(any_model):
    neutral = any_model.average.astype(np.float64)
    fitted = {side: any_model.eye(any_model.average, side) for side in ("left", "right")}
    eyes = {side: Ball(ball.centre, ball.radius + 0.0005) for side, ball in fitted.items()}
    for level in np.linspace(0, 1, 6):
        closing = neutral + any_model.rig.displacement(Expression.bilateral({"AU45": float(level)}))
        resolved, touched = any_model.contacts.resolved(closing, eyes)
        assert any_model.contacts.depths(resolved, eyes)[0] < 0.00025
        assert np.array_equal(resolved[~touched], closing[~touched])
        assert any_model.contacts.depths(closing, eyes)[0] > 0.0003, "without contact the lid would cut through"


def test_what_touches_nothing_is_left_alone(any_model):
    vertices = any_model.average.astype(np.float64)
    far = {side: Ball(np.array([0.0, 0.0, 1.0]), 0.01) for side in ("left", "right")}
    resolved, touched = any_model.contacts.resolved(vertices, far)
    moved = np.flatnonzero(touched)
    assert np.isin(moved, any_model.contacts.lips).all()
    assert np.array_equal(np.delete(resolved, moved, 0), np.delete(vertices, moved, 0))


def test_no_random_expression_cuts_through_eyes_or_teeth(any_model):
    config = SamplingConfig(action_units=CODES, identities=10, max_gaze=0.35, face_model=any_model.name)
    for spec in sample_specs(config, seed=5, count=100, prefix="contact"):
        face = pose_face(spec, any_model)
        in_eye, in_teeth = any_model.contacts.depths(face.shown, face.eyes)
        assert in_eye < 0.0004
        assert in_teeth < 0.0005
