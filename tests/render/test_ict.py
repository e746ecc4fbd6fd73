"""The second face: the release is read as it is, and everything that holds for the first face holds for it."""

import json
from dataclasses import replace

import numpy as np
import pytest
from scipy import ndimage, sparse
from scipy.sparse.csgraph import connected_components

from faceset.spec import CameraSpec, Identity, SampleSpec
from facs import OPENFACE17, Expression
from render.config import SamplingConfig
from render.errors import FaceModelError
from render.face_basis import PARTS
from render.labels import LABELS, LABELS_ON_REQUEST
from render.people import sample_identity
from render.randomness import stream
from render.rigs.ict import INDEX_FILE, NEUTRAL_FILE, build_ict_basis, released_folder
from render.rigs.sections import section
from render.rigs.variety import variety
from render.rigs.wavefront import fan, obj_polygons, obj_vertices
from render.sample import SampleRenderer
from render.sampling import sample_specs
from render.scene import SEGMENT

# Largest displacement of a vertex at full weight, millimetres: measured once on the released meshes.
LARGEST = {
    "browInnerUp_L": 6.1,
    "browOuterUp_L": 8.6,
    "browDown_L": 6.5,
    "eyeWide_L": 3.6,
    "cheekSquint_L": 6.3,
    "eyeSquint_L": 3.7,
    "noseSneer_L": 10.3,
    "mouthUpperUp_L": 8.8,
    "mouthSmile_L": 15.8,
    "mouthDimple_L": 8.9,
    "mouthFrown_L": 6.1,
    "mouthShrugLower": 11.3,
    "mouthShrugUpper": 6.2,
    "mouthStretch_L": 10.3,
    "mouthPress_L": 4.3,
    "mouthLowerDown_L": 4.6,
    "jawOpen": 42.0,
    "mouthPucker": 12.4,
    "mouthFunnel": 11.7,
    "mouthRollLower": 14.2,
    "jawForward": 11.2,
}
MIRRORED = [*range(16, -1, -1), *range(26, 16, -1)]


@pytest.fixture(scope="module")
def people(ict):
    """Returns the neutral faces of twenty drawn people."""
    names = tuple(map(str, ict.basis.local_names))
    drawn = [sample_identity(stream(3, "t/identity", i), f"t{i}", names, variety("ict")) for i in range(20)]
    return [ict.basis.neutral(person) for person in drawn]


@pytest.fixture(scope="module")
def plain():
    return SampleSpec("plain-0000000", Identity("plain"), camera=CameraSpec(width=128, height=128), face_model="ict")


@pytest.fixture(scope="module")
def everything(ict):
    made = SampleRenderer(channels=tuple(LABELS_ON_REQUEST))
    yield made
    made.close()


def opening(marks, upper, lower):
    return (marks[upper, 1] - marks[lower, 1]).mean()


def test_every_part_of_the_release_that_is_drawn_is_kept_and_nothing_else(ict):
    assert len(obj_vertices(released_folder() / NEUTRAL_FILE)) == 26719
    basis = ict.basis
    counts = {name: int((basis.part == PARTS.index(name)).sum()) for name in PARTS}
    assert counts["lashes"] == 0
    assert all(count > 0 for name, count in counts.items() if name != "lashes")
    assert np.array_equal(np.unique(basis.faces), np.arange(len(basis.template))), "no vertex is left over"
    assert basis.local.shape == (len(basis.local_names), 2, len(basis.template), 3)
    assert np.array_equal(basis.local[:, 0], -basis.local[:, 1])
    assert basis.phenotypes == ()


def test_the_release_is_moved_and_scaled_to_metres_and_nothing_else(ict):
    whole = obj_vertices(released_folder() / NEUTRAL_FILE)
    marks = ict.basis.landmarks(ict.average)
    apart = np.linalg.norm(marks[:, None] - marks[None], axis=2)
    index = json.loads((released_folder() / INDEX_FILE).read_text(encoding="utf-8"))["idx_to_landmark_verts"]
    released = np.linalg.norm(whole[index][:, None] - whole[index][None], axis=2)
    assert np.abs(released * 0.01 - apart).max() < 1e-6
    eyes = np.mean([ict.eye(ict.average, side).centre for side in ("left", "right")], axis=0)
    assert eyes * 1000 == pytest.approx(section("ict", "frame")["eyes"], abs=0.01)


@pytest.mark.parametrize(("name", "largest"), LARGEST.items())
def test_actions_move_as_far_as_the_released_meshes(ict, name, largest):
    assert np.linalg.norm(ict.basis.action_delta(name), axis=1).max() * 1000 == pytest.approx(largest, abs=0.06)


def test_landmarks_lie_where_ibug_puts_them(ict):
    marks = ict.basis.landmarks(ict.average)
    x, y, z = marks.T
    assert np.abs(marks[:27] * (-1, 1, 1) - marks[MIRRORED]).max() < 1e-4
    assert np.abs(x[[27, 28, 29, 30, 33, 51, 57, 62, 66, 8]]).max() < 1e-4
    assert x[0] < x[36] < x[39] < x[42] < x[45] < x[16], "the person's right is -X"
    assert y[8] < y[57] < y[66] <= y[62] < y[51] < y[33] < y[30] < y[27] < y[19]
    assert z[30] == z.max()


def test_both_faces_show_the_same_action_units(ict, model):
    assert ict.rig.keys == model.rig.keys


def test_neutral_people_have_closed_lips_and_equally_open_eyes(ict, people):
    own = ict.basis.landmarks(ict.average)
    for neutral in people:
        marks = ict.basis.landmarks(neutral)
        assert opening(marks, [62], [66]) == pytest.approx(opening(own, [62], [66]), abs=1e-5)
        for upper, lower in (([37, 38], [41, 40]), ([43, 44], [47, 46])):
            assert opening(marks, upper, lower) == pytest.approx(opening(own, upper, lower), abs=1e-5)


def test_people_differ_by_millimetres(ict, people):
    away = [np.linalg.norm(neutral - ict.average, axis=1).mean() for neutral in people]
    assert min(away) > 0.002
    assert max(away) < 0.020
    # Jaws and cheeks of the average fit within a few centimetres of anyone's.
    assert np.abs(np.stack(people) - ict.average).max() < 0.06


def test_every_lid_lies_on_its_eyeball(ict, people):
    for neutral in (ict.average, *people):
        for side in ("left", "right"):
            ball = ict.eye(neutral, side)
            distance = np.linalg.norm(neutral[ict.lid_rings[side]] - ball.centre, axis=1)
            assert np.abs(distance - ball.radius).max() < 0.0014
            assert 0.012 < ball.radius < 0.018


def test_lips_are_the_vermilion(ict):
    basis = ict.basis
    marks = basis.landmarks(ict.average)
    skin = np.unique(basis.faces_of("skin"))
    assert set(np.flatnonzero(basis.lip)) <= set(skin)
    nearest = [skin[np.linalg.norm(ict.average[skin] - point, axis=1).argmin()] for point in marks]
    assert basis.lip[nearest][[48, 51, 54, 57]] == pytest.approx(0.5, abs=0.3), "the outline is half red"
    assert basis.lip[nearest][[61, 62, 63, 65, 66, 67]].min() > 0.95
    assert basis.lip[nearest][:48].max() == 0.0


def test_the_tongue_is_one_piece_between_the_teeth(ict):
    faces, place = ict.basis.faces_of("tongue"), ict.average
    edges = np.concatenate([faces[:, :2], faces[:, 1:]])
    joined = sparse.coo_matrix((np.ones(len(edges)), edges.T), (len(place), len(place)))
    pieces = connected_components(joined, directed=False)[1][np.unique(faces)]
    assert len(np.unique(pieces)) == 1
    tongue, teeth = (place[np.unique(ict.basis.faces_of(part))] for part in ("tongue", "lower_teeth"))
    assert tongue[:, 2].max() < teeth[:, 2].max()
    assert np.abs(tongue[:, 0]).max() < np.abs(teeth[:, 0]).max()


def test_a_face_is_drawn_with_all_its_labels(everything, plain):
    sample = everything.render(plain.twin("plain-0000000t0", Expression.bilateral({"AU26": 0.9, "AU25": 0.9})))
    assert set(LABELS) | set(LABELS_ON_REQUEST) | {"image"} <= set(sample)
    shown = set(np.unique(sample["segmentation"]))
    assert {SEGMENT[name] for name in ("teeth", "tongue", "upper_lip", "nose", "left_eye", "hair", "neck")} <= shown
    assert (sample["image"].std(axis=(0, 1)) > 10).all()


def test_the_silhouette_is_a_head_without_holes(everything, plain):
    plain = replace(plain, appearance=replace(plain.appearance, hair_style="bald"))
    for yaw in (0.0, 0.6, -0.6):
        seen = np.isfinite(everything.render(replace(plain, head_pose=(yaw, 0.0, 0.0)))["depth"])
        pieces, count = ndimage.label(seen)
        assert count == 1
        assert np.array_equal(ndimage.binary_fill_holes(seen), seen)
        assert 0.3 < pieces.astype(bool).mean() < 0.95


def test_closed_eyes_of_every_person_hide_the_eyeballs(everything, ict):
    config = SamplingConfig(identities=4, size=96, face_model="ict", neutral="none")
    for spec in sample_specs(config, seed=2, count=4, prefix="closed"):
        closed = replace(spec, expression=Expression.bilateral({"AU45": 1.0}), gaze=(0.0, 0.0), occluders=())
        segments = everything.render(closed)["segmentation"]
        assert np.isin(segments, [SEGMENT["left_eye"], SEGMENT["right_eye"]]).sum() <= 4


def test_labels_are_what_was_asked_for(everything, ict):
    config = SamplingConfig(identities=3, size=64, face_model="ict")
    for spec in sample_specs(config, seed=4, count=6, prefix="asked"):
        assert spec.face_model == "ict"
        sample = everything.render(spec)
        assert set(spec.identity.shape) == set(map(str, ict.basis.local_names))
        assert sample["au"].max(initial=0) <= 1
        visible = sample["landmark_visible"]
        assert visible.shape == (68,)
        assert len(OPENFACE17) <= len(sample["au"])


def test_without_the_folder_the_message_says_what_to_set(monkeypatch, tmp_path):
    monkeypatch.delenv("FACSMITH_ICT_FACEKIT", raising=False)
    with pytest.raises(FaceModelError, match=r"get https://github\.com/USC-ICT/.* set FACSMITH_ICT_FACEKIT"):
        released_folder()
    monkeypatch.setenv("FACSMITH_ICT_FACEKIT", str(tmp_path))
    with pytest.raises(FaceModelError, match=f"with FaceXModel/{NEUTRAL_FILE}, found none"):
        released_folder()


def test_an_incomplete_release_is_refused(tmp_path):
    mesh = "# two vertices too few\nv 0 0 0\nv 1 0 0\nv 1 1 0\nv 0 1 0\nf 1/1 2/2 3/3 4/4\n"
    (tmp_path / NEUTRAL_FILE).write_text(mesh, encoding="utf-8")
    with pytest.raises(FaceModelError, match=f"{INDEX_FILE}: expected the index of ICT-FaceKit"):
        build_ict_basis(tmp_path)
    (tmp_path / INDEX_FILE).write_text('{"expressions": [], "idx_to_landmark_verts": []}', encoding="utf-8")
    with pytest.raises(FaceModelError, match="expected 26719 vertices and 26384 polygons, found 4 and 1"):
        build_ict_basis(tmp_path)


def test_wavefront_files_are_read(tmp_path):
    path = tmp_path / "square.obj"
    path.write_text(
        "# a square\nv 0 0 0.5\nv 1 0 -2e-1\nv 1 1 0\nv 0 1 0\nvt 0 0\nf 1/1 2/1 3/1 4/1\n", encoding="utf-8"
    )
    assert obj_vertices(path).tolist() == [[0, 0, 0.5], [1, 0, -0.2], [1, 1, 0], [0, 1, 0]]
    assert fan(obj_polygons(path)[0]) == [(0, 1, 2), (0, 2, 3)]
    path.write_text("vt 0 0\n", encoding="utf-8")
    with pytest.raises(FaceModelError, match="expected lines `v x y z`, found 0 numbers"):
        obj_vertices(path)
    with pytest.raises(FaceModelError, match="expected a Wavefront OBJ file"):
        obj_vertices(tmp_path / "absent.obj")
