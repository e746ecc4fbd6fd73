"""Flow and AU regions on faces: they follow the surface, whatever the expression, the pose and the occluder."""

import dataclasses

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from faceset.spec import CameraSpec, Identity, OccluderSpec, SampleSpec
from facs.expression import Expression
from facs.partition import AU_GROUPS, SUBREGIONS, subregion_polygon
from render.canonical import canonical_68
from render.labels.regions import bits_of, group_bits
from render.polygons import inside
from render.scene import SEGMENT

SMILE = Expression.bilateral({"AU12": 0.9, "AU6": 0.8, "AU25": 0.8, "AU26": 0.6})
FROWN = Expression.bilateral({"AU4": 0.9, "AU15": 0.8, "AU17": 0.7})
CARD = {"x": 0.0, "y": -0.55, "half_width": 0.4, "half_height": 0.22, "angle": 0.0, "red": 1, "green": 0, "blue": 0}


def at(values, points):
    """Values (H, W, ...) at the pixels that points (n, 2) fall into."""
    column, row = np.floor(points).astype(int).T
    return values[row, column]


def groups(bits):
    return {group.number for group in AU_GROUPS if bits >> (group.number - 1) & 1}


@pytest.fixture(scope="module")
def turned(plain_spec):
    camera = CameraSpec(width=160, height=160, roll_jitter=0.1)
    return dataclasses.replace(plain_spec, camera=camera, head_pose=(0.35, -0.1, 0.05), gaze=(0.2, -0.1))


def test_a_neutral_face_does_not_flow(labelled, turned):
    assert (labelled(turned, "flow")["flow"] == 0).all()


@pytest.mark.parametrize("expression", [SMILE, FROWN], ids=["smile", "frown"])
def test_a_pixel_minus_its_flow_shows_the_same_point_of_the_neutral_twin(labelled, turned, expression):
    names = ("flow", "uv", "depth", "segmentation")
    neutral = labelled(turned, *names)
    shown = labelled(dataclasses.replace(turned, expression=expression), *names)
    centre = np.stack(np.meshgrid(np.arange(160) + 0.5, np.arange(160) + 0.5), axis=-1)
    before = np.clip(centre - shown["flow"], 0, 159.99)
    face = np.isin(shown["segmentation"], [SEGMENT[name] for name in ("skin", "nose", "upper_lip", "lower_lip")])
    moved = face & (np.linalg.norm(shown["flow"], axis=-1) > 1)
    assert moved.sum() > 500
    # The nearest pixel lies up to 0.7 pixels beside the place; a pixel of the face is about 0.004 of the texture.
    apart = np.linalg.norm(at(neutral["uv"], before[moved]) - shown["uv"][moved], axis=-1)
    assert np.quantile(apart, 0.9) < 0.006
    still = np.linalg.norm(neutral["uv"][moved] - shown["uv"][moved], axis=-1)
    assert np.median(still) > 2 * np.median(apart), "without the flow the points are farther apart"


def test_landmarks_move_with_the_flow(labelled, turned):
    shown = labelled(dataclasses.replace(turned, expression=SMILE), "flow", "landmarks", "landmark_visible")
    neutral = labelled(turned, "landmarks")["landmarks"]
    # Points on open skin: at an opening's edge, the nearest pixel may show what lies behind it.
    chosen = [index for index in (*range(4, 12), *range(17, 36), 48, 54) if shown["landmark_visible"][index]]
    moved = (shown["landmarks"] - neutral)[chosen]
    assert np.abs(moved).max() > 5
    assert np.quantile(np.abs(at(shown["flow"], shown["landmarks"][chosen]) - moved), 0.9) < 0.6


def test_occluders_eyeballs_and_the_background_do_not_flow(labelled, turned):
    spec = dataclasses.replace(turned, expression=SMILE, occluders=(OccluderSpec("card", CARD),))
    labels = labelled(spec, "flow", "segmentation")
    for name in ("background", "card", "left_eye", "right_eye"):
        mask = labels["segmentation"] == SEGMENT[name]
        assert mask.any() and (labels["flow"][mask] == 0).all(), name


@settings(deadline=None, max_examples=40)
@given(points=st.lists(st.tuples(st.floats(-75, 75), st.floats(-110, 45)), min_size=1, max_size=30).map(np.array))
def test_the_regions_are_mirror_symmetric(points):
    edge = np.min([np.abs(_signed(points, number)) for number in SUBREGIONS], axis=0) < 1e-6
    assert ((group_bits(points) == group_bits(points * (-1, 1))) | edge).all()


def _signed(points, number):
    """The distance of points to the nearest line through a side of a sub-region."""
    polygon = subregion_polygon(number, canonical_68())
    side = np.roll(polygon, -1, axis=0) - polygon
    offset = points[:, None] - polygon
    cross = side[:, 0] * offset[..., 1] - side[:, 1] * offset[..., 0]
    return np.abs(cross / np.linalg.norm(side, axis=1)).min(axis=1)


def test_each_sub_region_has_its_mirror_image():
    polygons = [subregion_polygon(number, canonical_68()) for number in SUBREGIONS]
    found, mirrored = (
        [{tuple(corner) for corner in np.round(each * side, 6) + 0.0} for each in polygons] for side in (1, (-1, 1))
    )
    assert all(image in found for image in mirrored)


def test_sub_regions_do_not_overlap_and_fill_the_face():
    grid = np.stack(np.meshgrid(np.arange(-66, 67, 1.0) + 0.21, np.arange(-104, 30, 1.0) + 0.13), -1).reshape(-1, 2)
    held = np.sum([inside(grid, subregion_polygon(number, canonical_68())) for number in SUBREGIONS], axis=0)
    assert (held > 1).sum() < 0.02 * (held > 0).sum(), "only slivers, where a lid's landmark lies under a straight side"
    jaw = inside(grid, np.vstack([canonical_68()[:17] * 0.97, [[50, 12], [-50, 12]]]))
    assert held[jaw].mean() > 0.95


def test_the_regions_contain_the_landmarks_they_should(labelled, any_model):
    camera = CameraSpec(width=128, height=128)
    spec = SampleSpec("plain-0000000", Identity("plain"), camera=camera, face_model=any_model.name)
    labels = labelled(spec, "au_region", "landmarks")
    regions, marks = labels["au_region"], labels["landmarks"]

    def here(*indices, dx=0.0, dy=0.0):
        return groups(int(at(regions, marks[list(indices)].mean(axis=0, keepdims=True) + np.array([dx, dy]))[0]))

    for brow in (18, 19, 20, 23, 24, 25):
        assert here(brow, dy=-2) == {1, 2}
    assert here(27, dy=-4) == {2}, "between the brows: AU4 alone"
    assert here(*range(36, 42)) == here(*range(42, 48)) == {1, 3}, "the eyes"
    assert here(39, 29) == {3, 4}, "beside the nose: the cheek's AU6 and AU9"
    assert here(30) == {4, 5}
    assert here(62, 66) == {5, 6, 8}, "the mouth"
    assert here(57, 8, dy=-2) == {6, 7, 8}, "under the lip"
    assert here(8, dy=-4) == {6, 7}, "the chin"
    assert here(27, dy=-24) == set(), "the forehead"


def test_regions_move_with_the_skin_and_hide_behind_occluders(labelled, turned):
    spec = dataclasses.replace(turned, expression=SMILE, occluders=(OccluderSpec("card", CARD),))
    free = labelled(dataclasses.replace(spec, occluders=()), "au_region", "landmarks", "segmentation", "flow")
    inner = np.isin(free["segmentation"], [SEGMENT[name] for name in ("teeth", "tongue", "inner_mouth")])
    assert inner.sum() > 20
    assert (free["au_region"][inner] == bits_of(37)).all(), "an open mouth shows the mouth's groups"
    for index in (18, 25):
        assert groups(int(at(free["au_region"], free["landmarks"][index : index + 1] - [[0, 2]])[0])) == {1, 2}
    hidden = labelled(spec, "au_region", "segmentation")
    card = hidden["segmentation"] == SEGMENT["card"]
    assert (free["au_region"][card] > 0).sum() > 500
    assert (hidden["au_region"][card] == 0).all()
    np.testing.assert_array_equal(hidden["au_region"][~card], free["au_region"][~card])
    for name in ("background", "hair", "neck", "clothing", "left_ear", "right_ear"):
        assert (free["au_region"][free["segmentation"] == SEGMENT[name]] == 0).all(), name


def test_a_pixel_keeps_its_groups_when_the_skin_moves(labelled, turned):
    neutral = labelled(turned, "au_region")["au_region"]
    labels = labelled(dataclasses.replace(turned, expression=FROWN), "au_region", "flow", "segmentation")
    centre = np.stack(np.meshgrid(np.arange(160) + 0.5, np.arange(160) + 0.5), axis=-1)
    skin = np.isin(labels["segmentation"], [SEGMENT[name] for name in ("skin", "nose", "lower_lip", "left_brow")])
    moved = skin & (np.linalg.norm(labels["flow"], axis=-1) > 1)
    same = at(neutral, np.clip(centre - labels["flow"], 0, 159.99)[moved]) == labels["au_region"][moved]
    assert same.mean() > 0.93, "but for pixels at the edges of regions"
