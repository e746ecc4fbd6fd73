"""Folds of the skin: where they lie, when they show, and that every renderer shows the same."""

import dataclasses

import numpy as np
import pytest

from faceset.spec import Appearance, CameraSpec, Lamp, LightSpec
from facs.expression import NEUTRAL, Expression
from facs.regions import FEATHER, outside
from render.appearance.strokes import strokes
from render.appearance.wrinkles import LIMIT, WANDER, Wrinkles
from render.assembly import assemble
from render.backends.normal_map import NormalMaps
from render.camera import Camera
from render.errors import RecipeError
from render.relief import creased, slopes_and_creases
from render.scene import Material, Scene, SceneMesh

FOLDING = sorted({code for stroke in strokes() for code in stroke.units if len(stroke.units) == 1})
YOUNG, OLD = Appearance(wrinkles=0.2), Appearance(wrinkles=1.0)
SIDELONG = LightSpec((Lamp((0.85, 0.25, 0.46), (1.3, 1.3, 1.3)),), (0.3, 0.3, 0.3), (0.2, 0.2, 0.2))


@pytest.fixture(scope="module")
def wrinkles(model):
    return model.wrinkles


def heights(wrinkles, expression, appearance=YOUNG):
    return wrinkles.relief(Expression.bilateral(expression), appearance)


def test_a_face_at_rest_is_smooth_until_its_skin_is_old(wrinkles):
    assert wrinkles.relief(NEUTRAL, Appearance(wrinkles=0.5)) is None
    lines = wrinkles.relief(NEUTRAL, OLD)
    assert 0.00002 < np.abs(lines).max() < 0.25 * np.abs(heights(wrinkles, {"AU4": 1, "AU9": 1}, OLD)).max()


@pytest.mark.parametrize("code", FOLDING)
def test_folds_lie_in_the_territory_of_their_unit(wrinkles, model, code):
    folded = heights(wrinkles, {code: 1.0}) != 0
    assert folded.sum() > 40
    assert outside(code, model.basis.texel_canonical[folded]).max() < FEATHER + 2 * WANDER


@pytest.mark.parametrize("appearance", [YOUNG, OLD], ids=["young", "old"])
def test_folds_change_nothing_outside_the_territories_of_what_acts(wrinkles, model, appearance):
    rest = wrinkles.relief(NEUTRAL, appearance)
    smile = heights(wrinkles, {"AU6": 0.7, "AU12": 1.0}, appearance)
    moved = smile != (0 if rest is None else rest)
    away = np.minimum(*(outside(code, model.basis.texel_canonical[moved]) for code in ("AU6", "AU12")))
    assert away.max() < FEATHER + 2 * WANDER


@pytest.mark.parametrize("code", FOLDING)
def test_folds_deepen_with_the_activation_and_with_age(wrinkles, code):
    sizes = [np.abs(heights(wrinkles, {code: activation})).sum() for activation in (0.1, 0.33, 0.66, 1.0)]
    assert (np.diff(sizes) > 0).all()
    assert np.abs(heights(wrinkles, {code: 1.0}, OLD)).sum() > sizes[-1]


def test_folds_add_up_and_never_pass_the_limit(wrinkles):
    both = wrinkles.usual(Expression.bilateral({"AU9": 1.0, "AU15": 1.0}), 0.5)
    alone = [wrinkles.usual(Expression.bilateral({code: 1.0}), 0.5) for code in ("AU9", "AU15")]
    apart = (alone[0] == 0) | (alone[1] == 0)
    np.testing.assert_allclose(both[apart], (alone[0] + alone[1])[apart], atol=1e-9)
    everything = wrinkles.usual(Expression.bilateral(dict.fromkeys(FOLDING, 1.0)), 1.0)
    assert np.abs(everything).max() < LIMIT


def test_the_two_sides_are_mirror_images_before_a_person_wears_them(wrinkles, model):
    places = model.basis.texel_canonical[67:345]
    left = wrinkles.usual(Expression({"AU6L": 0.8, "AU4L": 0.6, "AU12L": 1.0}), 0.5)
    right = wrinkles.usual(Expression({"AU6R": 0.8, "AU4R": 0.6, "AU12R": 1.0}), 0.5)
    assert places[left[67:345] != 0][:, 0].min() > -6, "the middle of the face may fold with either side"
    # The layout is not quite symmetric: half a texel on steep slopes.
    assert np.corrcoef(left.ravel(), right[:, ::-1].ravel())[0, 1] > 0.97


def test_both_halves_of_a_line_across_make_the_whole(wrinkles):
    halves = [wrinkles.usual(Expression({key: 1.0}), 0.5) for key in ("AU1L", "AU1R")]
    whole = wrinkles.usual(Expression.bilateral({"AU1": 1.0}), 0.5)

    def unlimited(height):
        return height / np.sqrt(1 - (height / LIMIT) ** 2)

    np.testing.assert_allclose(unlimited(whole), sum(map(unlimited, halves)), atol=1e-7)


def test_a_combination_folds_what_neither_unit_folds_alone(wrinkles):
    keys = {fold.keys for fold in wrinkles.folds}
    assert ("AU1L", "AU4L") in keys
    grief = wrinkles.usual(Expression.bilateral({"AU1": 1.0, "AU4": 1.0}), 0.5)
    apart = sum(wrinkles.usual(Expression.bilateral({code: 1.0}), 0.5) for code in ("AU1", "AU4"))
    assert np.abs(grief - apart).max() > 0.0003


def test_people_fold_alike_and_yet_differently_and_each_always_the_same(model):
    expression = Expression.bilateral({"AU1": 1.0, "AU12": 0.5})
    first, second = (Appearance(texture_seed=seed) for seed in (1, 2))
    mine, yours = model.wrinkles.relief(expression, first), model.wrinkles.relief(expression, second)
    assert 0.5 < np.corrcoef(mine.ravel(), yours.ravel())[0, 1] < 0.98
    np.testing.assert_array_equal(Wrinkles(model.basis).relief(expression, first), mine)


def test_a_malformed_stroke_is_refused(model):
    wrong = dataclasses.replace(strokes()[0], units=("AU99",))
    with pytest.raises(ValueError, match="AU99"):
        Wrinkles(model.basis, (wrong,))
    from render.appearance import strokes as module

    with pytest.raises(RecipeError, match=r"'crease'.*furrow, bulge, grain"):
        module._stroke("crease", "AU1", {"shape": "crack", "line": [[0, 1], [2, 3]], "width": 1, "depth": 1})


# --- what the renderers make of a relief


def plane(relief, normal=(0.0, 0.0, 1.0), size=1.0):
    """A matt square of one metre that fills the picture, u to the right and v down."""
    corners = 0.5 * size * np.array([[-1, -1, 0], [1, -1, 0], [1, 1, 0], [-1, 1, 0]], np.float32)
    return SceneMesh(
        "plane",
        corners,
        np.tile(np.array(normal, np.float32), (4, 1)),
        np.array([[0, 1], [1, 1], [1, 0], [0, 0]], np.float32),
        np.array([[0, 1, 2], [0, 2, 3]], np.int32),
        np.full((4, 4, 3), 188, np.uint8),
        np.zeros((1, 1), np.uint8),
        np.ones(4, np.float32),
        Material(specular=0.0, roughness=1.0),
        relief,
    )


def picture(backend, mesh, size=64):
    pose = np.eye(4)
    pose[2, 3] = -1.0
    camera = Camera(size * 1.0, (size / 2, size / 2), pose, size, size)
    light = LightSpec((Lamp((0.6, 0.48, 0.64), (0.7, 0.7, 0.7)),), (0.1, 0.1, 0.1), (0.1, 0.1, 0.1))
    return backend.render(Scene((mesh,), camera, light, np.zeros((size, size, 3), np.uint8)), ("colour",))["colour"]


@pytest.mark.parametrize("slope", [(0.3, 0.0), (0.0, -0.25), (-0.2, 0.35)])
def test_an_even_slope_is_lit_like_a_tilted_plane(raster, pyrender_backend, slope):
    axis = (np.arange(64) + 0.5) / 64
    relief = (slope[0] * axis[None] + slope[1] * axis[::-1, None]).astype(np.float32)
    tilted = np.array([-slope[0], -slope[1], 1.0]) / np.sqrt(1 + slope[0] ** 2 + slope[1] ** 2)
    inner = np.s_[12:-12, 12:-12]
    for backend in (raster, pyrender_backend):
        found, expected = picture(backend, plane(relief)), picture(backend, plane(None, tilted))
        flat = picture(backend, plane(None))
        assert np.abs(found[inner].astype(int) - expected[inner]).max() <= 2
        assert np.abs(flat[inner].astype(int) - expected[inner]).min() > 4


def test_the_normal_map_of_an_even_slope_is_that_slope():
    axis = (np.arange(64) + 0.5) / 64
    relief = (0.3 * axis[None] - 0.1 * axis[::-1, None] + np.zeros((64, 64))).astype(np.float32)
    normal = NormalMaps().of(plane(relief))[32, 32]
    np.testing.assert_allclose(normal / normal[2], (-0.3, 0.1, 1.0), atol=1e-3)


def test_a_flat_relief_changes_no_byte(raster, model, plain_spec):
    scene = assemble(plain_spec, model)
    assert scene.meshes[0].relief is None
    assert raster.render(with_relief(scene, np.zeros((512, 512), np.float32)))["colour"].tobytes() == (
        raster.render(scene)["colour"].tobytes()
    )


def test_creases_darken_the_floor_of_a_furrow_and_nothing_else():
    relief = np.zeros((128, 128), np.float32)
    relief[60:62, 20:108] = -0.001
    dark = slopes_and_creases(relief)[..., 2]
    assert dark[60, 64] > 0.3
    assert dark[:50].max() == dark[72:].max() == 0
    colour = creased(np.full((128, 128, 3), 180, np.uint8), relief)
    assert (colour[:50] == 180).all()
    assert (np.diff(colour[60, 64].astype(int)) < 0).all(), "a crease keeps more red than green, and than blue"


def with_relief(scene, relief):
    skin = dataclasses.replace(scene.meshes[0], relief=relief)
    return dataclasses.replace(scene, meshes=(skin, *scene.meshes[1:]))


def shading(backend, scene):
    """What the relief changes in the picture."""
    pictures = [backend.render(one, ("colour",))["colour"] for one in (scene, with_relief(scene, None))]
    return (pictures[0].astype(float) - pictures[1]).mean(axis=2)


def face(model, plain_spec, expression, size=128):
    spec = dataclasses.replace(plain_spec, camera=CameraSpec(width=size, height=size), light=SIDELONG)
    return assemble(dataclasses.replace(spec, expression=Expression.bilateral(expression)), model)


@pytest.mark.parametrize("codes", [("AU1", "AU2"), ("AU4",), ("AU6", "AU12"), ("AU9",), ("AU17",)], ids="+".join)
def test_two_renderers_show_the_same_folds(raster, pyrender_backend, model, plain_spec, codes):
    scene = face(model, plain_spec, dict.fromkeys(codes, 1.0))
    ours, theirs = shading(raster, scene), shading(pyrender_backend, scene)
    shown = np.abs(ours) > 0.5
    assert shown.sum() > 60
    assert np.corrcoef(ours[shown], theirs[shown])[0, 1] > 0.85
    assert 0.7 < (ours * theirs)[shown].sum() / (ours**2)[shown].sum() < 1.5


def test_small_pictures_show_what_large_ones_show_on_average(raster, model, plain_spec):
    expression = {"AU1": 1.0, "AU2": 1.0, "AU6": 1.0, "AU9": 1.0, "AU17": 1.0}
    large = shading(raster, face(model, plain_spec, expression, 256)).reshape(64, 4, 64, 4).mean(axis=(1, 3))
    small = shading(raster, face(model, plain_spec, expression, 64))
    shown = (large != 0) | (small != 0)
    assert np.corrcoef(large[shown], small[shown])[0, 1] > 0.85
    assert np.abs(small - large)[shown].mean() < 0.5 * np.abs(large)[shown].mean()


def test_labels_stay_those_of_the_mesh(raster, model, plain_spec):
    scene = face(model, plain_spec, {"AU4": 1.0})
    labels = ("depth", "face_index", "barycentric")
    folded, smooth = raster.render(scene, labels), raster.render(with_relief(scene, None), labels)
    assert all(np.array_equal(folded[name], smooth[name]) for name in labels)
