"""The certificate: exact where the mesh is what was asked for, and broken by anything else."""

from dataclasses import replace

import numpy as np
import pytest

from faceset.certificate import LARGEST_RESIDUAL, WorstCase
from facs import CODES, Expression
from render.assembly import pose_face
from render.certificate import certify
from render.config import SamplingConfig
from render.labels.context import LabelContext
from render.sample import SampleRenderer
from render.sampling import sample_specs
from render.verification import differences


def specs(model, count, **options):
    config = SamplingConfig(action_units=CODES, identities=count // 4, max_gaze=0.35, face_model=model.name, **options)
    return sample_specs(config, seed=8, count=count, prefix="certified")


def test_random_expressions_are_measured_back_from_the_drawn_mesh(any_model):
    found = [certify(spec, any_model) for spec in specs(any_model, 80)]
    assert max(each.residual for each in found) < 1e-9
    assert max(each.unexplained for each in found) < 1e-9
    assert max(each.in_eye for each in found) < 0.4
    assert max(each.in_teeth for each in found) < 0.8


def test_sides_and_codes_are_those_that_were_asked_for(model, plain_spec):
    asked = Expression({"AU12L": 0.75, "AU12R": 0.25, "AU43L": 0.5, "AU25": 1.0})
    found = certify(replace(plain_spec, expression=asked), model)
    np.testing.assert_allclose(found.left, [asked.left(code) for code in CODES], atol=1e-9)
    np.testing.assert_allclose(found.right, [asked.right(code) for code in CODES], atol=1e-9)
    assert found.displacement[CODES.index("AU12")] == pytest.approx(
        0.75 * 1000 * model.rig.reach[model.rig.keys.index("AU12L")]
    )
    assert found.displacement[CODES.index("AU4")] == 0.0


def test_a_mesh_that_shows_something_else_gets_no_certificate(model, plain_spec):
    spec = replace(plain_spec, expression=Expression.bilateral({"AU12": 0.5}))
    face = pose_face(spec, model)
    more = replace(face, shown=face.neutral + 1.1 * (face.shown - face.neutral))
    assert certify(spec, model, more).residual == pytest.approx(0.05, abs=1e-6)
    bent = face.shown.copy()
    bent[model.basis.landmark_vertices[30, 0], 2] += 0.003
    assert certify(spec, model, replace(face, shown=bent)).unexplained > 2.0


@pytest.fixture(scope="module")
def renderer():
    made = SampleRenderer(channels=("segmentation",))
    yield made
    made.close()


@pytest.fixture(scope="module")
def stored(renderer, plain_spec):
    spec = replace(plain_spec, expression=Expression.bilateral({"AU4": 0.6}), occluders=())
    return spec, renderer.render(spec)


def test_a_sample_agrees_with_its_specification(renderer, stored):
    spec, sample = stored
    assert differences(sample, renderer.label(spec)) == []


@pytest.mark.parametrize(
    ("channel", "change"),
    [
        ("au_left", lambda value: value + np.float32(1e-4)),
        ("au_measured_left", lambda value: value + np.float32(1e-4)),
        ("au_displacement", lambda value: value * np.float32(1.001)),
        ("landmarks", lambda value: value + np.float32(1e-3)),
        ("head_pose", lambda value: value + np.float32(1e-4)),
        ("camera", lambda value: value * np.float32(1.0001)),
        ("certificate", lambda value: value + np.float32(1e-4)),
        ("au_visible", lambda value: value * np.float32(0.9)),
        ("segmentation", lambda value: np.roll(value, 1, axis=1)),
        ("identity", lambda value: value + "x"),
    ],
)
def test_every_altered_label_is_named(renderer, stored, channel, change):
    spec, sample = stored
    arrays = {name: value for name, value in sample.items() if name != "checksum"}
    altered = type(sample)({**arrays, channel: change(sample[channel])})
    found = differences(altered, renderer.label(spec))
    assert channel in {each.channel for each in found}
    assert all(each.key == sample.key for each in found)


def test_intensities_that_were_not_measured_break_the_promise(renderer, stored):
    spec, sample = stored
    arrays = {name: value for name, value in sample.items() if name != "checksum"}
    lie = type(sample)({**arrays, "au_left": sample["au_left"] * 0.5, "au": sample["au"] * 0.5})
    claimed = {**renderer.label(spec), "au_left": lie["au_left"], "au": lie["au"]}
    details = [str(each) for each in differences(lie, claimed)]
    assert details == [
        f"{spec.key}: au_measured_left: differs from what was asked by 0.3, expected at most {LARGEST_RESIDUAL:g}"
    ]


def test_a_missing_and_a_foreign_label_are_found(renderer, stored):
    spec, sample = stored
    computed = renderer.label(spec)
    computed.pop("gaze")
    computed["uv"] = np.zeros((128, 128, 2), np.float32)
    assert {(each.channel, each.detail.split()[1]) for each in differences(sample, computed)} == {
        ("gaze", "stored"),
        ("uv", "missing"),
    }


def test_the_worst_case_names_its_sample(renderer, stored):
    _, sample = stored
    worst = WorstCase()
    worst.add(sample)
    arrays = {name: value for name, value in sample.items() if name != "checksum"}
    scorable = np.ones(len(CODES), np.uint8)
    scorable[3] = 0
    bad = {**arrays, "sample_key": "bad", "certificate": np.array([0, 5, 0, 0], "f4"), "au_scorable": scorable}
    worst.add(type(sample)(bad))
    assert (worst.samples, worst.unexplained, worst.where["unexplained"]) == (2, 5.0, "bad")
    assert worst.unscorable == 1 + int((sample["au_scorable"] == 0).sum())


def test_an_au_out_of_sight_is_masked(renderer, plain_spec):
    turned = renderer.render(replace(plain_spec, head_pose=(1.5, 0.0, 0.0)))
    front = renderer.render(plain_spec)
    assert front["au_scorable"].all()
    assert (turned["au_scorable"] <= (turned["au_visible"] > 0)).all()
    hidden = replace(plain_spec, head_pose=(3.1, 0.0, 0.0))
    assert not renderer.render(hidden)["au_scorable"].any()


def test_labels_look_at_the_context_alone(model, stored, renderer):
    assert {"spec", "model", "face", "scene", "visibility"} == set(LabelContext.__dataclass_fields__)
    spec, sample = stored
    assert set(renderer.label(spec)) == set(sample) - {"image", "checksum"}
    assert model.name == spec.face_model
