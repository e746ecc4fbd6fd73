"""What a sample says is what is in its picture."""

from itertools import pairwise

import numpy as np
import pytest

from faceset.spec import CameraSpec, OccluderSpec, SampleSpec, read_specs, write_specs
from facs import Expression
from facs.action_units import CODES
from render.config import SamplingConfig
from render.errors import RenderError
from render.labels import LABELS_ON_REQUEST
from render.sample import SampleRenderer
from render.sampling import sample_spec, sample_specs
from render.scene import SEGMENT


@pytest.fixture(scope="module")
def renderer():
    made = SampleRenderer(channels=tuple(LABELS_ON_REQUEST))
    yield made
    made.close()


def test_sample_i_does_not_depend_on_the_number_of_samples():
    config = SamplingConfig(identities=3, size=32, twins_per_sample=1)
    few, many = ({spec.key: spec for spec in sample_specs(config, 5, count, "set")} for count in (4, 9))
    assert few.items() <= many.items()
    assert sample_spec(config, 5, 3, "set") == few["set-0000003"]


def test_the_samples_of_a_person_stand_together(drawn_specs):
    people = [spec.identity.name for spec in drawn_specs]
    changes = sum(before != after for before, after in pairwise(people))
    assert changes == len(set(people)) - 1


def test_sets_and_seeds_draw_other_people():
    config = SamplingConfig(identities=3, size=32)
    people = [sample_spec(config, seed, 1, prefix).identity for seed, prefix in ((1, "a"), (1, "b"), (2, "a"))]
    assert len({str(person.shape) for person in people}) == 3
    assert len({person.name for person in people[:2]}) == 2


def test_specs_survive_parquet_exactly(drawn_specs, tmp_path):
    path = tmp_path / "specs.parquet"
    write_specs(path, drawn_specs)
    assert read_specs(path) == drawn_specs


def test_labels_are_what_was_asked_for(renderer, drawn_specs):
    for spec in drawn_specs[:6]:
        sample = renderer.render(spec)
        assert np.allclose(sample["au"], spec.expression.vector(CODES), atol=1e-7)
        assert (sample["au"] == np.maximum(sample["au_left"], sample["au_right"])).all()
        assert sample["au_known"].all()
        assert sample["identity"] == spec.identity.name
        assert sample["source"] == "drawn"


def test_bytes_do_not_depend_on_order(renderer, drawn_specs):
    specs = drawn_specs[:8]
    forward = {spec.key: renderer.render(spec) for spec in specs}
    backward = {spec.key: renderer.render(spec) for spec in specs[::-1]}
    for key, sample in forward.items():
        assert all(np.array_equal(sample[name], backward[key][name]) for name in sample)


def test_twins_differ_only_where_the_face_moved(renderer, plain_spec):
    spec = plain_spec
    twin = spec.twin("plain-0000000t0", Expression.bilateral({"AU12": 0.8}))
    source, target = renderer.render(spec), renderer.render(twin)
    assert target["twin_of"] == spec.key
    for name in ("camera", "head_pose", "gaze", "identity"):
        assert np.array_equal(source[name], target[name]), name
    changed = (source["image"] != target["image"]).any(axis=2)
    moved = np.abs(source["landmarks"] - target["landmarks"]).max(axis=1)
    assert moved[[48, 54]].min() > 2
    assert moved[:17].max() < 0.7, "the jaw's outline stays"
    forehead = np.s_[: int(source["landmarks"][19, 1]), 40:88]
    assert not changed[forehead].any(), "AU12 changes no pixel of the brows and the forehead"
    assert not changed[source["segmentation"] == SEGMENT["background"]].all()
    assert changed[int(source["landmarks"][48, 1]), int(source["landmarks"][48, 0])]


def test_twins_share_their_background_and_camera(drawn_specs):
    for spec, twin in zip(drawn_specs[::2], drawn_specs[1::2], strict=True):
        assert twin == spec.twin(twin.key, twin.expression)


def test_the_face_is_framed_by_its_landmarks(renderer, plain_spec):
    marks = renderer.render(plain_spec)["landmarks"]
    assert (marks > 0).all()
    assert (marks < 128).all()
    assert marks[36, 0] < marks[45, 0], "the person's right eye is on the left of the picture"
    eyes = (marks[36:42].mean(0) + marks[42:48].mean(0)) / 2
    assert eyes[0] == pytest.approx(64, abs=1.5)
    assert abs(marks[36, 1] - marks[45, 1]) < 1


def test_landmarks_and_segments_agree(renderer, plain_spec):
    sample = renderer.render(plain_spec)
    segments, marks = sample["segmentation"], sample["landmarks"]

    def at(index, dx=0, dy=0):
        x, y = np.floor(marks[index] + (dx, dy)).astype(int)
        return segments[y, x]

    assert at(30) == SEGMENT["nose"]
    assert at(19) == SEGMENT["right_brow"]
    assert at(24) == SEGMENT["left_brow"]
    assert at(51, dy=2) == SEGMENT["upper_lip"]
    assert at(57, dy=-2) == SEGMENT["lower_lip"]
    centre = marks[42:48].mean(0)
    assert segments[int(centre[1]), int(centre[0])] == SEGMENT["left_eye"]


def test_labels_per_pixel_agree_with_each_other(renderer, drawn_specs):
    sample = renderer.render(drawn_specs[2])
    background = sample["segmentation"] == SEGMENT["background"]
    assert np.array_equal(background, ~np.isfinite(sample["depth"]))
    assert np.array_equal(background, sample["face_index"] < 0)
    length = np.linalg.norm(sample["normal_camera"], axis=2)
    assert np.allclose(length[~background], 1, atol=1e-5)
    assert (length[background] == 0).all()
    # Depth and camera give the landmark back: the nose tip lies on the visible surface.
    x, y = np.floor(sample["landmarks"][30]).astype(int)
    assert abs(sample["depth"][y, x] + sample["landmarks_3d"][30, 2]) < 0.004


def test_head_pose_and_camera_labels_are_consistent(renderer, drawn_specs):
    sample = renderer.render(drawn_specs[4])
    fx, fy, cx, cy = sample["camera"][:4]
    x, y, z = sample["landmarks_3d"].T
    assert np.allclose(np.stack([cx - fx * x / z, cy + fy * y / z], 1), sample["landmarks"], atol=0.01)
    yaw, pitch, _ = sample["head_pose"]
    assert (yaw, pitch) == pytest.approx(drawn_specs[4].head_pose[:2], abs=0.2)


def test_an_occluder_hides_landmarks_and_aus_behind_it(renderer, plain_spec):
    from dataclasses import replace

    card = {"x": 0.0, "y": -0.55, "half_width": 0.4, "half_height": 0.22, "angle": 0.0}
    spec = replace(plain_spec, occluders=(OccluderSpec("card", card | {"red": 1.0, "green": 0.0, "blue": 0.0}),))
    free, hidden = renderer.render(plain_spec), renderer.render(spec)
    assert free["landmark_visible"][48:68].sum() >= 18, "all but the inner corners"
    assert hidden["landmark_visible"][48:68].max() == 0
    assert hidden["landmark_visible"][[36, 45, 19, 24]].all()
    visible = dict(zip(CODES, hidden["au_visible"], strict=True))
    assert visible["AU25"] < 0.1
    assert visible["AU1"] > 0.9
    assert dict(zip(CODES, free["au_visible"], strict=True))["AU25"] > 0.9
    assert (hidden["segmentation"] == SEGMENT["card"]).any()


def test_closing_the_eyes_hides_the_eyeballs(renderer, plain_spec):
    closed = plain_spec.twin("plain-0000000t1", Expression.bilateral({"AU45": 1.0}))
    count = [
        np.isin(renderer.render(spec)["segmentation"], [SEGMENT["left_eye"], SEGMENT["right_eye"]]).sum()
        for spec in (plain_spec, closed)
    ]
    assert count[0] > 60
    assert count[1] < 0.1 * count[0]


def test_distance_changes_perspective_and_not_the_framing(renderer, plain_spec):
    from dataclasses import replace

    near, far = (
        renderer.render(replace(plain_spec, camera=CameraSpec(distance=d, width=128, height=128)))["landmarks"]
        for d in (0.35, 3.0)
    )
    stable = [36, 39, 42, 45]
    assert np.abs(near[stable] - far[stable]).max() < 4
    assert np.linalg.norm(near[0] - near[16]) < np.linalg.norm(far[0] - far[16]), "ears shrink when the camera is near"


@pytest.mark.parametrize("spec", [SampleSpec("x-1", None, occluders=(OccluderSpec("umbrella"),))], ids=["occluder"])
def test_unknown_parts_are_refused(spec):
    from render.occluders import occluder_meshes

    with pytest.raises(RenderError, match="unknown occluder 'umbrella'; known: card, glasses"):
        occluder_meshes(spec.occluders, np.zeros((68, 3)))
    with pytest.raises(RenderError, match="unknown label"):
        SampleRenderer(channels=("smell",))
