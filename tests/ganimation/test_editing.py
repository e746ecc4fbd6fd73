from collections.abc import Callable

import numpy as np
import pytest
import torch
from torch import nn

from annotate.align import Similarity
from annotate.estimator import AuEstimator, EstimatorConfig
from faceset.faces import ArrayFaces
from gan.errors import DataError
from gan.metrics import METRICS
from ganimation.config import GanimationConfig
from ganimation.editing import Editor, pasted
from ganimation.evaluation import evaluate, twin_pairs
from ganimation.method import Ganimation

Make = Callable[..., ArrayFaces]


def _editor(config: GanimationConfig, attention_logit: float | None = None, **options: object) -> Editor:
    generator = Ganimation(config).generator
    if attention_logit is not None:
        generator.attention.bias = nn.Parameter(torch.tensor([attention_logit]))
        nn.init.zeros_(generator.attention.weight)
    return Editor(generator, config, **options)  # type: ignore[arg-type]


def _photo(height: int = 50, width: int = 60) -> np.ndarray:
    return np.random.default_rng(0).integers(0, 256, (height, width, 3), dtype=np.uint8)


BOTH = {"AU4": 0.5, "AU12": 1.0}


def test_an_edit_at_the_generators_size_is_the_generators(faces: Make, tiny: GanimationConfig) -> None:
    editor, image = _editor(tiny), faces().images(np.arange(1))[0]
    edit = editor.edit(image, BOTH)
    direct = editor.edit_batch(image[None], np.array([[0.5, 1.0]], np.float32))
    assert np.abs(edit.image.astype(int) - direct.images[0]).max() <= 1
    assert edit.attention.shape == (16, 16)


def test_full_attention_keeps_every_native_pixel(tiny: GanimationConfig) -> None:
    photo = _photo()
    assert np.array_equal(_editor(tiny, 200.0).edit(photo, BOTH).image, photo)


def test_an_edit_has_the_size_of_its_crop(tiny: GanimationConfig) -> None:
    edit = _editor(tiny).edit(_photo(), BOTH)
    assert edit.image.shape == edit.colour.shape == (50, 60, 3)
    assert edit.attention.shape == (50, 60)


@pytest.mark.parametrize("frame", [Similarity(0.5, 0.3, (2.0, -3.0)), Similarity(1.5, -0.2, (-20.0, -10.0))])
def test_an_identity_edit_changes_nothing_in_the_photograph(frame: Similarity, tiny: GanimationConfig) -> None:
    photo = _photo()
    assert np.array_equal(_editor(tiny, 200.0).edit_in_photo(photo, frame, BOTH), photo)


def test_nothing_changes_outside_the_frame(tiny: GanimationConfig) -> None:
    photo = _photo()
    frame = Similarity(0.8, 0.0, (-16.0, -8.0))
    changed = np.abs(_editor(tiny, -200.0).edit_in_photo(photo, frame, BOTH).astype(int) - photo).max(axis=2) > 0
    y, x = np.nonzero(changed)
    seen = frame.apply(np.stack([x + 0.5, y + 0.5], axis=1))
    assert changed.any()
    assert seen.min() > 0.0
    assert seen.max() < 16.0


def test_the_recorded_crop_may_be_larger_than_the_generators(tiny: GanimationConfig) -> None:
    photo, editor = _photo(), _editor(tiny)
    direct = editor.edit_in_photo(photo, Similarity(0.4, 0.1, (1.0, 2.0)), BOTH)
    doubled = editor.edit_in_photo(photo, Similarity(0.8, 0.1, (2.0, 4.0)), BOTH, frame_size=32)
    assert np.array_equal(direct, doubled)


def test_pasted_colours_land_where_the_frame_says() -> None:
    photo = np.zeros((40, 40, 3), np.uint8)
    colour = np.zeros((16, 16, 3), np.uint8)
    colour[6:10, 6:10] = 250
    attention = np.where(colour[..., 0] > 0, 0.0, 1.0).astype(np.float32)
    result = pasted(photo, attention, colour, Similarity(1.0, 0.0, (-11.0, -7.0)))
    assert np.array_equal(np.argwhere(result[..., 0] == 250).min(axis=0), [13, 17])
    assert np.array_equal(np.argwhere(result[..., 0] == 250).max(axis=0), [16, 20])


def test_action_units_that_are_not_named_stay(faces: Make, tiny: GanimationConfig) -> None:
    images = faces().images(np.arange(2))
    editor = _editor(tiny, estimate=lambda seen: np.full((len(seen), 2), 0.7, np.float32))
    found = editor.targets(images, [{"AU4": 0.2}, {"AU12": 0.0}])
    np.testing.assert_allclose(found, [[0.2, 0.7], [0.7, 0.0]], rtol=1e-6)
    given = editor.targets(images, [{"AU4": 0.2}] * 2, {"AU12": 0.9})
    np.testing.assert_allclose(given, [[0.2, 0.9]] * 2, rtol=1e-6)


def test_targets_that_cannot_be_served_are_explained(faces: Make, tiny: GanimationConfig) -> None:
    editor, image = _editor(tiny), faces().images(np.arange(1))[0]
    with pytest.raises(ValueError, match="AU99: this generator was trained for AU4, AU12"):
        editor.edit(image, {"AU99": 1.0})
    with pytest.raises(ValueError, match="activations must lie in"):
        editor.edit(image, {"AU4": 1.5, "AU12": 0.0})
    with pytest.raises(ValueError, match="give the face's own expression"):
        editor.edit(image, {"AU4": 1.0})


def test_a_strip_shows_one_action_unit_at_its_levels(faces: Make, tiny: GanimationConfig) -> None:
    editor, image = _editor(tiny), faces().images(np.arange(1))[0]
    strip = editor.strip(image, "AU12", source={"AU4": 0.4})
    assert strip.images.shape == strip.colours.shape == (4, 16, 16, 3)
    assert strip.attention.shape == (4, 16, 16)
    last = editor.edit(image, {"AU4": 0.4, "AU12": 1.0})
    assert np.abs(strip.images[3].astype(int) - last.image).max() <= 1


def _judge() -> AuEstimator:
    torch.manual_seed(0)
    return AuEstimator(EstimatorConfig(("AU12", "AU1", "AU4"), image_size=16, width=4))


def test_evaluation_gives_rows_and_measurements(faces: Make, tiny: GanimationConfig) -> None:
    evaluation = evaluate(_editor(tiny), _judge(), faces(groups=12, members=3), max_pairs=20, resamples=10)
    assert len(evaluation.rows) == 20
    assert set(METRICS) < set(evaluation.rows.columns)
    assert set(evaluation.rows["aus"]) <= {"AU4", "AU12", "AU4+AU12", ""}
    names = [entry.metric for entry in evaluation.measurements]
    assert len(names) == len(set(names)) == len(METRICS) + 2 * 2 * 3
    psnr = next(entry for entry in evaluation.measurements if entry.metric == "psnr")
    assert psnr.value == pytest.approx(evaluation.rows["psnr"].mean())
    assert psnr.ci_low <= psnr.value <= psnr.ci_high


def test_returning_the_input_scores_as_the_input(faces: Make, tiny: GanimationConfig) -> None:
    rows = evaluate(_editor(tiny, 200.0), _judge(), faces(), resamples=5).rows
    for name in ("psnr", "psnr_changed", "ssim", "ssim_changed", "au_error"):
        np.testing.assert_allclose(rows[name], rows[f"input_{name}"])
    assert (rows["attention_mean"] == 1.0).all()


def test_pairs_are_twins_with_known_action_units(faces: Make, tiny: GanimationConfig) -> None:
    data = faces(groups=6, members=3)
    data.labels("au_known")[4, 0] = 0
    pairs = twin_pairs(data, tiny.condition, 100)
    assert len(pairs) == 11
    assert 4 not in pairs
    assert all(source // 3 == target // 3 for source, target in pairs)
    with pytest.raises(DataError, match="render twins"):
        twin_pairs(faces(members=1), tiny.condition, 10)


def test_a_judge_that_cannot_read_the_condition_is_refused(faces: Make, tiny: GanimationConfig) -> None:
    judge = AuEstimator(EstimatorConfig(("AU4",), image_size=16, width=4))
    with pytest.raises(DataError, match="does not read AU12"):
        evaluate(_editor(tiny), judge, faces())
