"""The Blender backend, in a process of its own as everywhere: camera, light, textures, repeatability, silence."""

import dataclasses
import json
import pickle
import subprocess
import sys
from importlib.util import find_spec

import numpy as np
import pytest

from faceset.spec import CameraSpec, Lamp, LightSpec
from facs.expression import Expression
from render.assembly import assemble
from render.camera import Camera
from render.parity import agreement, labelled, parity_specs
from render.scene import Material, Scene, SceneMesh

pytestmark = pytest.mark.skipif(find_spec("bpy") is None, reason="needs the bpy wheel")

SCRIPT = """
import json, pathlib, pickle, sys
import numpy as np
from render.backends import open_backend
from render.backends.blender import BlenderBackend
from render.errors import BackendError

folder = pathlib.Path(sys.argv[1])
jobs = pickle.loads((folder / "jobs.pkl").read_bytes())
found, refused = {}, []
for name, scene, samples, passes in jobs:
    backend = BlenderBackend(samples=samples, threads=1)
    frame = backend.render(scene, passes)
    found |= {f"{name}.{key}": frame[key] for key in passes}
    backend.close()
for wrong in (lambda: BlenderBackend(samples=0), lambda: open_backend("blender").render(scene, ("flow",))):
    try:
        wrong()
    except BackendError as error:
        refused.append(str(error))
np.savez(folder / "found.npz", **found)
(folder / "refused.json").write_text(json.dumps(refused))
"""


def camera_at(distance, size, focal):
    placed = np.eye(4)
    placed[2, 3] = -distance
    return Camera(focal, (size / 2, size / 2), placed, size, size)


def wall(light):
    """A matt wall that fills the picture, red at the top-left, green at the top-right, blue below, black beside it."""
    albedo = np.zeros((2, 2, 3), np.uint8)
    albedo[0, 0], albedo[0, 1], albedo[1, 0] = (188, 0, 0), (0, 188, 0), (0, 0, 188)
    mesh = SceneMesh(
        "wall",
        np.array([[-1, -1, 0], [1, -1, 0], [1, 1, 0], [-1, 1, 0]], np.float32),
        np.tile(np.array([0, 0, 1], np.float32), (4, 1)),
        np.array([[0, 1], [1, 1], [1, 0], [0, 0]], np.float32),
        np.array([[0, 1, 2], [0, 2, 3]], np.int32),
        albedo.repeat(8, axis=0).repeat(8, axis=1),
        np.zeros((1, 1), np.uint8),
        np.ones(4, np.float32),
        Material(specular=0.0, roughness=1.0),
    )
    return Scene((mesh,), camera_at(2.0, 24, 20.0), light, np.zeros((24, 24, 3), np.uint8))


@pytest.fixture(scope="module")
def scenes(model, plain_spec):
    camera = CameraSpec(width=72, height=48, shift_jitter=(0.06, -0.04), roll_jitter=0.1, scale_jitter=0.8)
    smile = Expression.bilateral({"AU12": 1.0, "AU25": 0.7})
    turned = dataclasses.replace(plain_spec, camera=camera, head_pose=(0.3, -0.1, 0.05), expression=smile)
    dim = (0.1, 0.1, 0.1)
    lit = LightSpec((Lamp((0.9, 0.1, 0.424), (1.0, 1.0, 1.0)),), dim, dim)
    small = dataclasses.replace(plain_spec, camera=CameraSpec(width=48, height=48), light=lit)
    slanted = LightSpec((Lamp((0.0, 0.6, 0.8), (0.5, 0.5, 0.5)),), (0.2, 0.2, 0.2), (0.2, 0.2, 0.2))
    frown = Expression.bilateral({"AU4": 1.0, "AU9": 1.0, "AU12": 0.6})
    half = LightSpec((Lamp((0.4, 0.5, 0.77), (0.9, 0.9, 0.9)),), dim, dim)
    seen = {"camera": CameraSpec(width=96, height=96), "light": half}
    folded = assemble(dataclasses.replace(plain_spec, expression=frown, **seen), model)
    smooth = dataclasses.replace(folded, meshes=tuple(dataclasses.replace(mesh, relief=None) for mesh in folded.meshes))
    heads = {"turned": assemble(turned, model).solid, "lit": assemble(small, model)}
    return heads | {"wall": wall(slanted), "folded": folded, "smooth": smooth}


@pytest.fixture(scope="module")
def varied(raster):
    """Scenes of the parity set, each with its labels: heads at both ends of their turn, an open mouth, an occluder."""
    specs = parity_specs(8, 96)
    return {f"varied {index}": labelled(specs[index], raster) for index in (0, 3, 5)}


@pytest.fixture(scope="module")
def outcome(scenes, varied, tmp_path_factory):
    folder = tmp_path_factory.mktemp("blender")
    jobs = [("turned", scenes["turned"], 2, ("colour", "depth")), ("lit", scenes["lit"], 4, ("colour",))]
    jobs += [("again", scenes["lit"], 4, ("colour",)), ("wall", scenes["wall"], 16, ("colour",))]
    jobs += [(name, scenes[name], 4, ("colour",)) for name in ("folded", "smooth")]
    jobs += [("reseeded", dataclasses.replace(scenes["lit"], seed=1), 4, ("colour",))]
    jobs += [(name, scene, 2, ("depth",)) for name, (scene, _) in varied.items()]
    (folder / "jobs.pkl").write_bytes(pickle.dumps(jobs))
    run = subprocess.run([sys.executable, "-c", SCRIPT, folder], check=True, capture_output=True, text=True)
    found = dict(np.load(folder / "found.npz"))
    return {"stdout": run.stdout, "refused": json.loads((folder / "refused.json").read_text()), **found}


def test_blender_and_the_rasteriser_see_the_same_face(outcome, scenes, raster):
    truth = raster.render(scenes["turned"], ("colour", "depth"))
    here, there = np.isfinite(truth["depth"]), np.isfinite(outcome["turned.depth"])
    both = here & there
    assert both.sum() / (here | there).sum() >= 0.99
    assert np.quantile(np.abs(truth["depth"][both] - outcome["turned.depth"][both]), 0.99) < 0.0005
    means = [colour[both].mean(axis=0) for colour in (truth["colour"], outcome["turned.colour"])]
    np.testing.assert_allclose(means[0], means[1], atol=20)


def test_silhouettes_and_depths_agree_over_varied_scenes(outcome, varied):
    for name, (_, labels) in varied.items():
        found = agreement(labels, {"depth": outcome[f"{name}.depth"]})
        assert found.silhouette >= 0.99, name
        assert found.depth >= 0.999, name


def test_the_background_is_untouched_where_nothing_is(outcome, scenes):
    empty = np.isinf(outcome["turned.depth"])
    around = np.lib.stride_tricks.sliding_window_view(np.pad(empty, 1, constant_values=True), (3, 3)).all((-1, -2))
    assert around.sum() > 200
    np.testing.assert_array_equal(outcome["turned.colour"][around], scenes["turned"].background[around])


def test_a_lamp_at_the_persons_left_brightens_the_left_cheek(outcome):
    colour = outcome["lit.colour"].astype(float)
    assert colour[28:36, 30:36].mean() > 1.5 * colour[28:36, 12:18].mean()


def test_textures_stand_upright_and_have_the_brightness_of_albedo_times_light(outcome):
    colour = outcome["wall.colour"]
    corners = [colour[6, 6], colour[6, 17], colour[17, 6]]
    assert [int(corner.argmax()) for corner in corners] == [0, 1, 2]
    # Albedo 188 is half of white; half of (0.8 x 0.5 + 0.2) is 0.3, which sRGB writes as 149.
    np.testing.assert_allclose([corner.max() for corner in corners], 149, atol=5)
    assert colour[17, 17].max() < 8


def test_blender_and_the_rasteriser_show_the_same_folds(outcome, scenes, raster):
    theirs = (outcome["folded.colour"].astype(float) - outcome["smooth.colour"]).mean(axis=2)
    pictures = [raster.render(scenes[name], ("colour",))["colour"] for name in ("folded", "smooth")]
    ours = (pictures[0].astype(float) - pictures[1]).mean(axis=2)
    shown = np.abs(ours) > 1
    assert shown.sum() > 150
    # Light that travels under the skin softens what the rasteriser shows sharply.
    assert np.corrcoef(ours[shown], theirs[shown])[0, 1] > 0.75


def test_same_scene_same_bytes_and_another_seed_other_noise(outcome):
    np.testing.assert_array_equal(outcome["lit.colour"], outcome["again.colour"])
    assert (outcome["lit.colour"] != outcome["reseeded.colour"]).any()


def test_blender_says_nothing_on_standard_output(outcome):
    assert outcome["stdout"] == ""


def test_what_it_cannot_do_is_refused(outcome):
    first, second = outcome["refused"]
    assert "expected at least one sample" in first
    assert second == "blender delivers colour, depth, not flow"
