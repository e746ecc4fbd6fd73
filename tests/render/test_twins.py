"""Twins: the same picture outside what the Action Units move, and every other label the same."""

from dataclasses import replace

import cv2
import numpy as np
import pytest
from scipy.ndimage import binary_dilation

from facs import CODES, Expression
from facs.expression import NEUTRAL
from facs.regions import FEATHER, outside
from render.assembly import assemble, pose_face
from render.config import SamplingConfig
from render.sample import SampleRenderer
from render.sampling import sample_specs

OF_THE_EXPRESSION = {
    *("image", "checksum", "sample_key", "twin_of"),
    *("au", "au_left", "au_right", "au_visible", "au_scorable", "au_measured_left", "au_measured_right"),
    *("au_displacement", "certificate", "landmarks", "landmark_visible", "landmarks_3d"),
}
"""Labels that an expression may change; a twin has every other label of its face, to the last bit."""

REACH = 2
"""Pixels: a pixel's colour is the mean of its quarters, and a normal depends on the next vertex."""


@pytest.fixture(scope="module")
def renderer():
    made = SampleRenderer(channels=("segmentation", "depth", "flow"))
    yield made
    made.close()


def pairs(model_name="anny", count=6):
    config = SamplingConfig(
        action_units=CODES, identities=count, size=96, twins_per_sample=1, occlusion=0.3, face_model=model_name
    )
    specs = sample_specs(config, seed=21, count=2 * count, prefix="twin")
    by_key = {spec.key: spec for spec in specs}
    return [(by_key[spec.twin_of], spec) for spec in specs if spec.twin_of][:count]


@pytest.mark.parametrize("one", range(6))
def test_twins_differ_in_the_expression_alone(renderer, one):
    spec, twin = pairs()[one]
    assert replace(twin, key=spec.key, twin_of=spec.twin_of, expression=spec.expression) == spec
    first, second = renderer.render(spec), renderer.render(twin)
    changed = {name for name in first if not np.array_equal(first[name], second[name])}
    assert changed <= OF_THE_EXPRESSION | {"segmentation", "depth", "flow"}
    assert second["twin_of"] == first["sample_key"]


@pytest.mark.parametrize("code", ["AU1", "AU4", "AU6", "AU9", "AU12", "AU15", "AU17", "AU25", "AU26", "AU45"])
def test_pixels_outside_the_territory_of_an_au_are_the_same(renderer, any_model, code):
    base = next(spec for spec, _ in pairs(any_model.name) if not spec.occluders)
    # A beard rides the skin and hangs over what lies below the territory it is rooted in: the claim is one on skin.
    shaven = replace(base.appearance, facial_hair="none")
    neutral = replace(base, expression=NEUTRAL, head_pose=(0.2, 0.1, 0.0), appearance=shaven)
    moved = neutral.twin(f"{neutral.key}t9", Expression.bilateral({code: 1.0}))
    first, second = renderer.render(neutral), renderer.render(moved)
    allowed = territory_pixels(any_model, renderer, neutral, code) | territory_pixels(any_model, renderer, moved, code)
    allowed |= moved_hair_pixels(any_model, neutral, moved)
    differs = (first["image"] != second["image"]).any(axis=2)
    assert differs.any()
    assert not differs[~binary_dilation(allowed, iterations=REACH)].any()
    still = ~binary_dilation(allowed, iterations=REACH)
    for name in ("segmentation", "depth"):
        assert np.array_equal(first[name][still], second[name][still]), name


def test_the_true_change_mask_is_where_pixels_differ(renderer):
    spec, _ = pairs()[1]
    twin = spec.twin(f"{spec.key}t9", Expression.bilateral({"AU25": 1.0, "AU26": 0.8}))
    neutral = replace(spec, expression=NEUTRAL)
    first, second = renderer.render(neutral), renderer.render(twin)
    moving = np.linalg.norm(second["flow"], axis=2) > 0.05
    differs = (first["image"] != second["image"]).any(axis=2)
    assert moving.any()
    assert differs[moving].mean() > 0.9


def moved_hair_pixels(model, neutral, moved):
    """Returns the pixels of lashes, brow hairs and beards that an AU moves: they stick out of the skin they root in."""
    pair = [assemble(spec, model, pose_face(spec, model)) for spec in (neutral, moved)]
    mask = np.zeros((neutral.camera.height, neutral.camera.width), dtype=np.uint8)
    for before, after in zip(*([mesh for mesh in scene.meshes if not mesh.labelled] for scene in pair), strict=True):
        changed = (before.vertices != after.vertices).any(axis=1)[before.faces].any(axis=1)
        for mesh in (before, after):
            corners = pair[0].camera.project(mesh.vertices)[mesh.faces[changed]]
            for triangle in np.round(corners).astype(np.int32):
                cv2.fillConvexPoly(mask, triangle, 1)
    return mask.astype(bool)


def territory_pixels(model, renderer, spec, code):
    """Returns the pixels that show the face within reach of an AU: its territory, the border and one vertex more."""
    face = pose_face(spec, model)
    away = outside(code, model.basis.canonical.astype(np.float64))
    faces = model.basis.faces[(away[model.basis.faces] < FEATHER).any(axis=1)]
    near = np.unique(model.basis.faces[np.isin(model.basis.faces, faces).any(axis=1)])
    scene = assemble(spec, model, face)
    frame = renderer._rasteriser.render(scene, ("face_index",))["face_index"]
    mask = np.zeros(frame.shape, dtype=bool)
    start = 0
    for mesh in scene.meshes:
        shown = (frame >= start) & (frame < start + len(mesh.faces))
        if mesh.name == "skin":
            reached = np.isin(model.basis.skin_index[mesh.faces], near).any(axis=1)
            mask[shown] = reached[frame[shown] - start]
        else:
            mask |= shown if mesh.name not in ("glasses", "card") else False
        start += len(mesh.faces)
    return mask
