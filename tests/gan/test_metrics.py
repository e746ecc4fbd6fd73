import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from skimage.metrics import peak_signal_noise_ratio, structural_similarity

from annotate.agreement import icc31, mean_absolute_error, pearson
from gan.errors import MetricError
from gan.metrics import METRICS, Comparison, Measurement, attention, difference_interval, mean_interval
from gan.metrics.action_units import agreement, mean_error
from gan.metrics.comparison import change_mask
from gan.metrics.images import psnr, ssim, ssim_map
from gan.metrics.intervals import statistic_interval


def _images(count: int = 3, size: int = 32, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 256, (count, size, size, 3), dtype=np.uint8)


def _near(images: np.ndarray, amount: int, seed: int = 9) -> np.ndarray:
    noise = np.random.default_rng(seed).integers(-amount, amount + 1, images.shape)
    return np.clip(images.astype(int) + noise, 0, 255).astype(np.uint8)


def _comparison(count: int = 4, with_attention: bool = True) -> Comparison:
    rng = np.random.default_rng(1)
    source = np.full((count, 16, 16, 3), 100, np.uint8)
    target = source.copy()
    target[:, 4:8, 4:8] = 200
    readings = [rng.random((count, 2)).astype(np.float32) for _ in range(4)]
    kept = np.ones((count, 16, 16), np.float32)
    kept[:, 3:9, 3:9] = 0.0
    return Comparison(source, target, target.copy(), kept if with_attention else None, *readings)


def test_psnr_agrees_with_an_independent_implementation() -> None:
    found, wanted = _near(_images(), 20), _images()
    expected = [peak_signal_noise_ratio(w, f, data_range=255) for f, w in zip(found, wanted, strict=True)]
    np.testing.assert_allclose(psnr(found, wanted), expected)


def test_ssim_agrees_with_an_independent_implementation() -> None:
    found, wanted = _near(_images(), 60), _images()
    options = {"gaussian_weights": True, "sigma": 1.5, "use_sample_covariance": False, "channel_axis": 2}
    for i, value in enumerate(ssim_map(found, wanted)):
        expected = structural_similarity(found[i], wanted[i], data_range=255, full=True, **options)[1].mean(axis=2)
        np.testing.assert_allclose(value, expected, atol=1e-9)


def test_equal_images_are_perfect_and_finite() -> None:
    images = _images()
    np.testing.assert_allclose(ssim(images, images), 1.0)
    np.testing.assert_allclose(psnr(images, images), 10 * np.log10(255**2 * 12))


def test_masks_choose_the_pixels_that_count() -> None:
    wanted = np.full((2, 8, 8, 3), 100, np.uint8)
    found, mask = wanted.copy(), np.zeros((2, 8, 8), np.bool_)
    found[:, :4] = 110
    mask[0, :4] = True
    values = psnr(found, wanted, mask)
    assert values[0] == pytest.approx(20 * np.log10(25.5))
    assert np.isnan(values[1])
    assert np.isnan(ssim(found, wanted, mask)[1])


def test_change_mask_grows_by_its_margin() -> None:
    source = np.zeros((1, 9, 9, 3), np.uint8)
    target = source.copy()
    target[0, 4, 4, 1] = 13
    assert change_mask(source, target).sum() == 9
    assert change_mask(source, target, margin=0).sum() == 1
    assert change_mask(source, target, threshold=13).sum() == 0


def test_attention_measures() -> None:
    maps = np.full((1, 4, 4), 0.97, np.float32)
    maps[0, :2] = 0.01
    changed = np.zeros((1, 4, 4), np.bool_)
    changed[0, 1:3] = True
    assert attention.mean(maps)[0] == pytest.approx(0.49)
    assert attention.std(maps)[0] == pytest.approx(0.48)
    assert attention.fraction_high(maps)[0] == 0.5
    assert attention.fraction_low(maps)[0] == 0.5
    assert attention.overlap(maps, changed)[0] == pytest.approx(1 / 3)
    assert attention.contrast(maps, changed)[0] == pytest.approx(0.0)
    assert attention.contrast(np.where(changed, 0, 1).astype(np.float32), changed)[0] == 1.0
    assert np.isnan(attention.overlap(np.ones((1, 4, 4), np.float32), np.zeros((1, 4, 4), np.bool_))[0])


@settings(deadline=None)
@given(st.integers(0, 1000))
def test_icc_is_the_ratio_of_its_mean_squares(seed: int) -> None:
    rng = np.random.default_rng(seed)
    x = rng.random((12, 1))
    y = x * 0.7 + 0.3 * rng.random((12, 1))
    ratings = np.concatenate([x, y], axis=1)
    n, k = ratings.shape
    grand = ratings.mean()
    between = k * ((ratings.mean(axis=1) - grand) ** 2).sum() / (n - 1)
    residual = ratings - ratings.mean(axis=1, keepdims=True) - ratings.mean(axis=0, keepdims=True) + grand
    error = (residual**2).sum() / ((n - 1) * (k - 1))
    known = np.ones((12, 1), np.bool_)
    np.testing.assert_allclose(icc31(x, y, known), (between - error) / (between + (k - 1) * error))
    np.testing.assert_allclose(pearson(x, y, known), np.corrcoef(x[:, 0], y[:, 0])[0, 1])
    np.testing.assert_allclose(icc31(x, x + 0.3, known), 1.0)


def test_agreement_leaves_out_what_is_not_known() -> None:
    found, wanted = np.array([[0.1], [0.5], [0.9]]), np.array([[0.2], [999.0], [0.8]])
    known = np.array([[True], [False], [True]])
    np.testing.assert_allclose(mean_absolute_error(found, wanted, known), 0.1)
    assert np.isnan(pearson(found, wanted, known & False)).all()
    assert np.isnan(pearson(np.ones((3, 1)), wanted, known)).all()


@pytest.mark.parametrize("name", METRICS)
@pytest.mark.parametrize("with_attention", [True, False])
def test_every_metric_gives_one_number_per_image(name: str, with_attention: bool) -> None:
    values = METRICS[name].compute(_comparison(4, with_attention))
    assert values.shape == (4,)
    assert values.dtype == np.float64
    assert np.isfinite(values).all() or (name.startswith("attention") and not with_attention)


def test_a_perfect_edit_beats_the_input_in_every_direction() -> None:
    comparison = _comparison()
    for name in ("psnr", "psnr_changed", "ssim", "ssim_changed"):
        assert (METRICS[name].compute(comparison) > METRICS[f"input_{name}"].compute(comparison)).all()
    assert (METRICS["attention_overlap"].compute(comparison) == 1.0).all()


def test_comparisons_refuse_shapes_that_do_not_fit() -> None:
    c = _comparison()
    readings = (c.asked, c.judged_source, c.judged_target, c.judged_edited)
    with pytest.raises(MetricError, match="one shape each"):
        Comparison(c.source, c.target[:2], c.edited, None, *readings)
    with pytest.raises(MetricError, match="expected attention"):
        Comparison(c.source, c.target, c.edited, np.ones((1, 16, 16), np.float32), *readings)


def test_interval_of_independent_identities_is_the_textbook_one() -> None:
    values = np.random.default_rng(0).normal(3.0, 2.0, 400)
    interval = mean_interval(values, [f"id{i}" for i in range(400)], resamples=4000)
    half = 1.96 * values.std(ddof=1) / np.sqrt(400)
    assert interval.value == pytest.approx(values.mean())
    assert interval.high - interval.low == pytest.approx(2 * half, rel=0.06)
    assert interval.n == 400


def test_repeating_faces_of_an_identity_adds_no_certainty() -> None:
    values = np.random.default_rng(0).normal(size=30)
    once = mean_interval(values, [str(i) for i in range(30)])
    often = mean_interval(np.repeat(values, 10), [str(i) for i in range(30) for _ in range(10)])
    assert (often.low, often.high) == pytest.approx((once.low, once.high))


def test_values_that_are_not_numbers_take_no_part() -> None:
    interval = mean_interval([1.0, np.nan, 3.0], ["a", "b", "c"])
    assert interval.value == 2.0
    assert interval.n == 2
    assert np.isnan(mean_interval([1.0], ["a"]).low)
    assert np.isnan(mean_interval([np.nan], ["a"]).value)
    with pytest.raises(MetricError, match="expected one value"):
        mean_interval([1.0, 2.0], ["a"])


def test_paired_differences_know_that_the_samples_are_the_same() -> None:
    base = np.random.default_rng(0).normal(0, 10, 50)
    interval = difference_interval(base + 1.0, base, [str(i) for i in range(50)])
    assert (interval.value, interval.low, interval.high) == pytest.approx((1.0, 1.0, 1.0))
    with pytest.raises(MetricError, match="same samples"):
        difference_interval([1.0], [1.0, 2.0], ["a"])


def test_statistics_of_rows_are_resampled_by_identity() -> None:
    x = np.random.default_rng(0).normal(size=60)
    interval = statistic_interval(lambda rows: float(x[rows].mean()), [str(i // 3) for i in range(60)], 500)
    other = mean_interval(x, [str(i // 3) for i in range(60)], 2000)
    assert interval.value == pytest.approx(other.value)
    assert interval.high - interval.low == pytest.approx(other.high - other.low, rel=0.2)
    assert np.isnan(statistic_interval(lambda rows: 1.0, ["a", "a"]).low)


def test_agreement_of_a_judge_is_measured_per_action_unit() -> None:
    asked = np.random.default_rng(0).random((40, 2)).astype(np.float32)
    measurements = agreement("edited", asked, asked, ("AU4", "AU12"), [str(i % 8) for i in range(40)], 20)
    values = {entry.metric: entry for entry in measurements}
    assert values["edited_mae_AU4"].value == 0.0
    assert values["edited_pcc_AU12"].value == pytest.approx(1.0)
    assert values["edited_icc_AU12"].higher_is_better
    assert not values["edited_mae_AU4"].higher_is_better
    np.testing.assert_allclose(mean_error(asked, asked), 0.0)


def test_measurements_become_json() -> None:
    json = Measurement("psnr", 20.0, float("nan"), float("nan"), "dB", True, 1).to_json()
    assert json["value"] == 20.0
    assert json["ci_low"] is None
