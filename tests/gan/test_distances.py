"""Distances between two sets of images: known values, no distance where there is none, growth with damage."""

import numpy as np
import pytest
from scipy.ndimage import gaussian_filter

from gan.errors import MetricError
from gan.metrics.distances import DISTANCES, distances
from gan.metrics.features import FEATURES, hog, random_convolutions
from gan.metrics.intervals import Interval
from gan.metrics.kid import kernel, kid
from gan.metrics.looks import colour_distance, spectral_slope
from gan.metrics.population import Population
from gan.metrics.telling_apart import FOLDS, area_under_roc, asked_scores, balanced_accuracy, people_folds, told_apart


def scenes(count: int, seed: int, size: int = 64) -> np.ndarray:
    """Returns smooth coloured noise with a disc: images with edges, shades and texture."""
    rng = np.random.default_rng(seed)
    noise = gaussian_filter(rng.normal(size=(count, size, size, 3)), (0, 2, 2, 0)) * 250
    y, x = np.mgrid[0:size, 0:size] / size - 0.5
    middle = rng.uniform(-0.1, 0.1, (count, 2, 1, 1))
    disc = (x - middle[:, 0]) ** 2 + (y - middle[:, 1]) ** 2 < 0.09
    colour = rng.uniform(60, 200, (count, 1, 1, 3))
    return np.clip(noise + np.where(disc[..., None], colour, 110), 0, 255).astype(np.uint8)


def population(images: np.ndarray, name: str = "person") -> Population:
    return Population(images, tuple(f"{name}-{number}" for number in range(len(images))))


def gaussian_kid(seed: int, shift: float, count: int = 40) -> Interval:
    rng = np.random.default_rng(seed)
    names = [str(number) for number in range(count)]
    return kid(rng.normal(size=(count, 1)), rng.normal(shift, 1.0, (count, 1)), names, names)


def known_distance(shift: float) -> float:
    """Returns the distance of N(0, 1) and N(shift, 1): sum over p of C(3, p) times the squared moments' difference."""
    moments = (shift, shift**2, shift**3 + 3 * shift)
    return sum(weight * moment**2 for weight, moment in zip((3, 3, 1), moments, strict=True))


@pytest.mark.parametrize("shift", [0.0, 0.5])
def test_kid_has_no_bias(shift: float) -> None:
    found = np.array([gaussian_kid(seed, shift).value for seed in range(600)])
    error = found.std() / np.sqrt(len(found))
    assert abs(found.mean() - known_distance(shift)) < 3 * error
    assert error < 0.25


def test_intervals_of_kid_hold_the_truth() -> None:
    rng, names = np.random.default_rng(0), [str(number) for number in range(50)]
    found = [kid(rng.normal(size=(50, 16)), rng.normal(0.4, 1.0, (50, 16)), names, names) for _ in range(300)]
    truth = np.mean([each.value for each in found])  # unbiased, as the test above says
    assert 0.90 < np.mean([each.low <= truth <= each.high for each in found]) < 0.99


def test_kid_and_its_jackknife_agree_with_plain_loops() -> None:
    rng = np.random.default_rng(0)
    first, second = rng.normal(size=(7, 4)), rng.normal(size=(6, 4))
    people, others = list("aabbccc"), list("xyyzzz")

    def by_hand(one: np.ndarray, two: np.ndarray) -> float:
        k = lambda a, b: (float(a @ b) / 4 + 1) ** 3  # noqa: E731
        pairs = lambda s: np.mean([k(s[i], s[j]) for i in range(len(s)) for j in range(len(s)) if i != j])  # noqa: E731
        return float(pairs(one) + pairs(two) - 2 * np.mean([k(a, b) for a in one for b in two]))

    found = kid(first, second, people, others)
    without = [by_hand(first[np.array(people) != who], second) for who in "abc"]
    without_others = [by_hand(first, second[np.array(others) != who]) for who in "xyz"]
    variance = sum(2 / 3 * np.sum((np.array(v) - np.mean(v)) ** 2) for v in (without, without_others))
    assert found.value == pytest.approx(by_hand(first, second))
    assert (found.high - found.low) / 2 == pytest.approx(1.96 * np.sqrt(variance))
    assert kernel(first, second).shape == (7, 6)


@pytest.mark.parametrize("name", list(FEATURES))
def test_halves_of_one_set_are_not_apart_and_damage_grows(name: str) -> None:
    of, halves = FEATURES[name], (scenes(60, 0), scenes(60, 1))
    names = [str(number) for number in range(60)]
    features = of(halves[0])
    same = kid(features, of(halves[1]), names, names)
    assert same.low < 0 < same.high
    blurred = [gaussian_filter(halves[1], (0, sigma, sigma, 0)) for sigma in (0.7, 1.5, 3.0)]
    found = [kid(features, of(images), names, names).value for images in blurred]
    assert same.value < found[0] < found[1] < found[2]
    rng = np.random.default_rng(5)
    noisy = [np.clip(halves[1] + rng.normal(0, s, halves[1].shape), 0, 255).astype(np.uint8) for s in (8, 20, 40)]
    found = [kid(features, of(images), names, names) for images in noisy]
    assert same.value < found[0].value < found[1].value < found[2].value
    assert found[2].low > 0


def test_features_are_fixed_functions_of_each_image() -> None:
    images = scenes(5, 3)
    for of in (hog, random_convolutions):
        whole = of(images)
        np.testing.assert_allclose(whole[2:4], of(images[2:4]), rtol=1e-4, atol=1e-5)
        np.testing.assert_array_equal(whole, of(images))
    assert hog(images).shape == (5, 1764)
    assert random_convolutions(images).shape == (5, 960)
    np.testing.assert_allclose(np.mean(hog(images) ** 2), 1.0, rtol=0.1)


@pytest.mark.parametrize("classifier", ["logistic", "network"])
def test_classifiers_tell_what_can_be_told(classifier: str) -> None:
    one, other = population(scenes(60, 0)), population(scenes(60, 1), "other")
    same = told_apart(one, other, classifier)
    assert same["auc"].low < 0.5 < same["auc"].high
    tinted = population(np.clip(other.images * np.array([1.0, 0.8, 0.6]), 0, 255).astype(np.uint8), "other")
    found = told_apart(one, tinted, classifier)
    assert found["auc"].value > 0.97
    assert found["accuracy"].value > 0.9
    assert found["auc"].n == 120


def test_a_person_known_by_sight_does_not_help() -> None:
    # Each person has a colour of their own: whoever saw them before could tell the kinds apart.
    rng = np.random.default_rng(2)
    colours = rng.uniform(0, 255, (12, 1, 1, 3))
    faces = np.repeat(colours, 10, axis=0) + rng.normal(0, 4, (120, 16, 16, 3))
    images = np.clip(faces, 0, 255).astype(np.uint8)
    names = tuple(f"{row // 10}" for row in range(120))
    found = told_apart(Population(images[:60], names[:60]), Population(images[60:], names[60:]), "logistic")
    assert found["auc"].low < 0.5 < found["auc"].high


def test_nobody_is_in_two_folds_and_folds_are_even() -> None:
    names = [f"{row % 23}" for row in range(100)]
    folds = people_folds(names, seed=0)
    assert all(len({fold for fold, who in zip(folds, names, strict=True) if who == each}) == 1 for each in names)
    assert set(folds) == set(range(FOLDS))
    counts = [len({who for fold, who in zip(folds, names, strict=True) if fold == each}) for each in range(FOLDS)]
    assert max(counts) - min(counts) <= 1


def test_scores_do_not_depend_on_what_was_run_before() -> None:
    one, other = population(scenes(12, 0)), population(scenes(12, 1), "other")
    first = asked_scores(one, other, "network")[0]
    np.testing.assert_array_equal(first, asked_scores(one, other, "network")[0])


def test_the_area_counts_pairs() -> None:
    rng = np.random.default_rng(0)
    scores, kinds = rng.integers(0, 5, 40).astype(float), rng.random(40) < 0.4
    pairs = [(s > t) + 0.5 * (s == t) for s in scores[kinds] for t in scores[~kinds]]
    assert area_under_roc(scores, kinds) == pytest.approx(np.mean(pairs))
    assert np.isnan(area_under_roc(scores, np.ones(40, bool)))
    assert balanced_accuracy(np.array([1.0, -1.0, -2.0, 3.0]), np.array([True, True, False, False])) == 0.5


@pytest.mark.parametrize("power", [0.0, -2.0, -3.0])
def test_spectral_slope_finds_the_slope_of_noise_made_with_it(power: float) -> None:
    size = 128
    frequency = np.hypot(*np.meshgrid(np.fft.fftfreq(size), np.fft.fftfreq(size)))
    frequency[0, 0] = 1.0
    spectrum = np.fft.fft2(np.random.default_rng(0).normal(size=(40, size, size))) * frequency ** (power / 2)
    noise = np.fft.ifft2(spectrum).real
    noise -= noise.mean(axis=(1, 2), keepdims=True)
    images = np.clip(noise / noise.std() * 25 + 128, 0, 255).astype(np.uint8)[..., None].repeat(3, axis=3)
    assert spectral_slope(images).mean() == pytest.approx(power, abs=0.15)


def test_colour_distance_is_0_for_equal_and_1_for_disjoint_colours() -> None:
    images = scenes(4, 0)
    assert colour_distance(images, images[::-1]) == 0.0
    assert colour_distance(np.zeros_like(images), np.full_like(images, 255)) == 1.0


def test_every_distance_is_named_with_a_direction() -> None:
    found = distances(population(scenes(15, 0, 32)), population(scenes(15, 1, 32), "other"))
    names = [each.metric for each in found]
    assert len(names) == len(set(names))
    assert {"KID-HOG", "KID-random-conv", "logistic_auc", "network_accuracy", "colour_distance"} <= set(names)
    assert set(DISTANCES) == {"KID-HOG", "KID-random-conv", "logistic", "network", "explanations"}
    for each in found:
        judged = each.metric.startswith(("KID", "logistic", "network", "colour"))
        assert each.higher_is_better is (False if judged else None)


def test_a_population_needs_people_and_their_names() -> None:
    images = scenes(3, 0, 16)
    with pytest.raises(MetricError, match="two people"):
        Population(images, ("a", "a", "a"))
    with pytest.raises(MetricError, match="found 2 names"):
        Population(images, ("a", "b"))
    mask = np.zeros((16, 16), bool)
    mask[4:8] = True
    masked = Population(images, ("a", "b", "c")).masked(mask).images
    np.testing.assert_array_equal(masked[:, 4:8], images[:, 4:8])
    assert (masked[:, ~mask[:, 0]] == 128).all()
