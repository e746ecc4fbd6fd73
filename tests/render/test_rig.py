"""The rig shows every AU, each in its own territory and on its own side, and everything is found back in the mesh."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from faceset.spec import Identity
from facs import CODES, Expression, action_unit
from facs.action_units import STILL
from facs.regions import FEATHER, TERRITORY, outside
from render.errors import FaceModelError, RecipeError
from render.face_basis import AVERAGE_PERSON
from render.face_model import face_model
from render.rigs.recipe import recipe
from render.rigs.rig import AuRig

SHOWN = [code for code in CODES if code not in STILL]
KEYS = [key for code in SHOWN for key in action_unit(code).keys]
EXPRESSIONS = st.dictionaries(st.sampled_from(KEYS), st.floats(0, 1)).map(Expression)


def test_the_rig_shows_every_au_of_the_catalogue(any_model):
    assert any_model.rig.keys == tuple(KEYS)
    assert set(TERRITORY) == set(SHOWN)


@settings(max_examples=25, deadline=None)
@given(EXPRESSIONS, st.floats(-1, 1))
def test_every_coefficient_is_found_back_in_the_mesh(expression, pitch):
    rig = face_model().rig
    start = face_model().average.astype(np.float64)
    found = rig.measure(start, start + rig.displacement(expression, pitch))
    weights = rig.weights(expression)
    assert np.abs(found.activations - weights).max() < 1e-10
    assert np.abs(found.products - rig.products(weights)).max() < 1e-10
    assert abs(found.lids[0] - found.lids[1] - np.clip(pitch / 0.5, -1, 1)) < 1e-10
    assert found.unexplained < 1e-12


def test_vertices_that_something_else_moved_do_not_count(any_model):
    rig, start = any_model.rig, any_model.average.astype(np.float64)
    expression = Expression.bilateral({"AU12": 0.4, "AU45": 0.9})
    shown = start + rig.displacement(expression)
    touched = np.zeros(len(start), dtype=bool)
    touched[any_model.contacts.lids["left"][::2]] = True
    shown[touched] += 0.001
    assert np.abs(rig.measure(start, shown, touched).activations - rig.weights(expression)).max() < 1e-9
    assert np.abs(rig.measure(start, shown).activations - rig.weights(expression)).max() > 1e-3


def test_a_mesh_that_no_expression_makes_is_not_explained(any_model):
    rig, start = any_model.rig, any_model.average.astype(np.float64)
    bent = start + rig.displacement(Expression.bilateral({"AU4": 0.5}))
    bent[any_model.basis.landmark_vertices[30, 0]] += (0.002, 0, 0)
    assert rig.measure(start, bent).unexplained > 0.001


@settings(max_examples=15, deadline=None)
@given(EXPRESSIONS, st.floats(0, 1))
def test_without_correctives_displacements_are_linear(expression, factor):
    rig: AuRig = face_model().rig
    if rig.products(rig.weights(expression)).any():
        return
    whole, part = rig.displacement(expression), rig.displacement(expression.scaled(factor))
    assert np.abs(part - factor * whole).max() < 1e-12


@pytest.mark.parametrize("code", SHOWN)
def test_an_au_leaves_everything_outside_its_territory_still(any_model, code):
    rig = any_model.rig
    for key in action_unit(code).keys:
        length = np.linalg.norm(rig.deltas[rig.keys.index(key)], axis=1)
        away = outside(code, any_model.basis.canonical.astype(np.float64))
        assert length[away >= FEATHER].max(initial=0.0) == 0.0
        assert length.max() == length[away == 0].max() > 0.002


@pytest.mark.parametrize("code", [code for code in SHOWN if action_unit(code).sided and code != "AU30"])
def test_one_side_moves_its_own_half_of_the_face(any_model, code):
    left = any_model.rig.deltas[any_model.rig.keys.index(f"{code}L")]
    moved = np.linalg.norm(left, axis=1)
    moved[np.setdiff1d(np.arange(len(moved)), any_model.part_vertices["skin"])] = 0
    x = any_model.average[:, 0]
    # The left side is +X; nothing beyond a strip around the midline may follow on the other side.
    assert moved[x < -0.02].max() < 0.12 * moved.max()
    assert moved[x > 0].max() == moved.max()


def test_the_jaw_goes_to_the_side_that_is_asked_for(any_model):
    for key, sign in (("AU30L", 1), ("AU30R", -1)):
        marks = any_model.basis.landmarks(any_model.rig.deform(any_model.average, Expression({key: 1.0})))
        assert sign * (marks[8, 0] - any_model.basis.landmarks(any_model.average)[8, 0]) > 0.004


@pytest.mark.parametrize("code", SHOWN)
def test_each_au_moves_the_face_by_millimetres_and_left_mirrors_right(any_model, code):
    rig = any_model.rig
    largest = [float(rig.reach[rig.keys.index(key)]) for key in action_unit(code).keys]
    assert min(largest) > 0.002
    assert max(largest) < 0.045
    assert max(largest) / min(largest) < 1.15


def test_au25_parts_the_lips_and_leaves_the_chin(any_model):
    marks = any_model.basis.landmarks
    opened = any_model.rig.deform(any_model.average, Expression.bilateral({"AU25": 1.0}))
    assert _gap(marks(opened)) > _gap(marks(any_model.average)) + 0.004
    assert np.linalg.norm(marks(opened)[8] - marks(any_model.average)[8]) < 0.0008


def test_a_dropped_jaw_parts_the_lips_only_with_au25(any_model):
    def shown(**activations):
        return any_model.basis.landmarks(any_model.rig.deform(any_model.average, Expression.bilateral(activations)))

    rest, dropped, parted, both = shown(), shown(AU26=1.0), shown(AU25=1.0), shown(AU25=1.0, AU26=1.0)
    assert rest[8, 1] - dropped[8, 1] > 0.01, "the chin goes down"
    assert abs(_gap(dropped) - _gap(rest)) < 0.002, "the lips stay closed"
    assert _gap(both) > _gap(parted) + 0.008


def test_a_tightened_or_pressed_mouth_has_less_red_and_no_smile(any_model):
    for code in ("AU23", "AU24"):
        before = any_model.basis.landmarks(any_model.average)
        after = any_model.basis.landmarks(any_model.rig.deform(any_model.average, Expression({code: 1.0})))
        red = lambda marks: marks[51, 1] - marks[57, 1]  # noqa: E731
        assert red(after) < 0.85 * red(before)
        assert after[54, 0] - after[48, 0] < before[54, 0] - before[48, 0]
        assert np.abs(after[[48, 54], 1] - before[[48, 54], 1]).max() < 0.002


def test_au45_closes_the_eye_and_au5_opens_it(any_model):
    def opening(**activations):
        marks = any_model.basis.landmarks(any_model.rig.deform(any_model.average, Expression.bilateral(activations)))
        return marks[43, 1] - marks[47, 1]

    assert opening(AU45=1.0) < 0.2 * opening()
    assert opening(AU5=1.0) > 1.1 * opening()


def test_an_au_without_a_recipe_is_refused(model):
    few = recipe("anny").__class__("few", {"AU4": recipe("anny").action_units["AU4"]}, (), {})
    with pytest.raises(RecipeError, match="no recipe for AU22; it shows AU4"):
        AuRig(model.basis, few).weights(Expression({"AU22": 0.5}))


@pytest.mark.parametrize(
    "person", [Identity("x", {"mood": 0.5}), Identity("x", {}, {"nose-of-pinocchio": 1.0})], ids=["phenotype", "shape"]
)
def test_unknown_identity_parameters_are_refused(model, person):
    with pytest.raises(FaceModelError):
        model.basis.neutral(person)


def test_landmarks_lie_where_ibug_puts_them(any_model):
    marks = any_model.basis.landmarks(any_model.basis.neutral(AVERAGE_PERSON))
    x, y, z = marks.T
    mirrored = [*range(16, -1, -1), *range(26, 16, -1)]
    assert np.abs(x[:27] + x[mirrored]).max() < 0.002
    assert np.abs(x[[27, 28, 29, 30, 33, 51, 57, 62, 66, 8]]).max() < 0.001
    assert x[36] < x[39] < x[42] < x[45]
    assert x[0] < x[16], "person's right is -X"
    assert y[8] < y[57] < y[66] <= y[62] < y[51] < y[33] < y[30] < y[27] < y[19]
    assert z[30] == z.max()


def _gap(marks):
    return marks[62, 1] - marks[66, 1]
