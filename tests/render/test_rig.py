"""The rig is linear, one-sided where FACS is, and its activations can be measured back from the mesh alone."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from faceset.spec import Identity
from facs import OPENFACE17, Expression, action_unit
from render.errors import FaceModelError, RecipeError
from render.face_basis import AVERAGE_PERSON
from render.face_model import face_model
from render.rigs.recipe import recipe

KEYS = [key for code in OPENFACE17 for key in action_unit(code).keys]
EXPRESSIONS = st.dictionaries(st.sampled_from(KEYS), st.floats(0, 1)).map(Expression)


def test_the_rig_shows_every_openface_au(model):
    assert set(recipe("anny").action_units) == set(OPENFACE17)
    assert model.rig.keys == tuple(KEYS)


@settings(max_examples=25, deadline=None)
@given(EXPRESSIONS)
def test_activations_are_measured_back_from_the_mesh(expression):
    model = face_model()
    neutral = model.average
    measured = model.rig.measure(neutral, model.rig.deform(neutral, expression))
    # float32 vertices limit this to about 1e-5 of the range.
    assert np.abs(measured - model.rig.weights(expression)).max() < 2e-5


@settings(max_examples=15, deadline=None)
@given(EXPRESSIONS, st.floats(0, 1))
def test_displacements_are_linear_in_the_activations(expression, factor):
    model = face_model()
    neutral = model.average
    whole = model.rig.deform(neutral, expression) - neutral
    part = model.rig.deform(neutral, expression.scaled(factor)) - neutral
    assert np.abs(part - factor * whole).max() < 1e-6


@pytest.mark.parametrize("code", [code for code in OPENFACE17 if action_unit(code).sided])
def test_one_side_moves_its_own_half_of_the_face(model, code):
    left = model.rig.deltas[model.rig.keys.index(f"{code}L")]
    moved = np.linalg.norm(left, axis=1)
    moved[np.setdiff1d(np.arange(len(moved)), model.part_vertices["skin"])] = 0
    x = model.average[:, 0]
    # The left side is +X; nothing beyond a strip around the midline may follow on the other side.
    assert moved[x < -0.02].max() < 0.12 * moved.max()
    assert moved[x > 0].max() == moved.max()


@pytest.mark.parametrize("code", OPENFACE17)
def test_each_au_moves_the_face_by_millimetres_and_left_mirrors_right(model, code):
    rows = [model.rig.deltas[model.rig.keys.index(key)] for key in action_unit(code).keys]
    largest = [float(np.linalg.norm(row, axis=1).max()) for row in rows]
    assert min(largest) > 0.002
    assert max(largest) < 0.045
    assert max(largest) / min(largest) < 1.05


def test_au25_parts_the_lips_and_leaves_the_chin(model):
    marks = model.basis.landmarks
    opened = model.rig.deform(model.average, Expression.bilateral({"AU25": 1.0}))
    gap = lambda points: np.linalg.norm(points[62] - points[66])  # noqa: E731
    assert gap(marks(opened)) > gap(marks(model.average)) + 0.004
    assert np.linalg.norm(marks(opened)[8] - marks(model.average)[8]) < 0.0005


def test_au45_closes_the_eye_and_au5_opens_it(model):
    def opening(expression):
        marks = model.basis.landmarks(model.rig.deform(model.average, Expression.bilateral(expression)))
        return marks[43, 1] - marks[47, 1]

    assert opening({"AU45": 1.0}) < 0.1 * opening({})
    assert opening({"AU5": 1.0}) > 1.2 * opening({})


def test_an_au_without_a_recipe_is_refused(model):
    with pytest.raises(RecipeError, match="no recipe for AU22"):
        model.rig.deform(model.average, Expression({"AU22": 0.5}))


@pytest.mark.parametrize(
    "person", [Identity("x", {"mood": 0.5}), Identity("x", {}, {"nose-of-pinocchio": 1.0})], ids=["phenotype", "shape"]
)
def test_unknown_identity_parameters_are_refused(model, person):
    with pytest.raises(FaceModelError):
        model.basis.neutral(person)


def test_landmarks_lie_where_ibug_puts_them(model):
    marks = model.basis.landmarks(model.basis.neutral(AVERAGE_PERSON))
    x, y, z = marks.T
    mirrored = [*range(16, -1, -1), *range(26, 16, -1)]
    assert np.abs(x[:27] + x[mirrored]).max() < 0.002
    assert np.abs(x[[27, 28, 29, 30, 33, 51, 57, 62, 66, 8]]).max() < 0.001
    assert x[36] < x[39] < x[42] < x[45]
    assert x[0] < x[16], "person's right is -X"
    assert y[8] < y[57] < y[66] <= y[62] < y[51] < y[33] < y[30] < y[27] < y[19]
    assert z[30] == z.max()
