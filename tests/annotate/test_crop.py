"""Cropping against images whose every value is known."""

import numpy as np
import pytest

from annotate.align import Similarity
from annotate.crop import crop, outside_fraction, paste
from annotate.errors import AlignmentError

IDENTITY = Similarity(1.0, 0.0, (0.0, 0.0))


def noise(height: int, width: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 256, (height, width, 3), dtype=np.uint8)


def ramp(height: int, width: int, per_x: float, per_y: float) -> np.ndarray:
    y, x = np.mgrid[0:height, 0:width] + 0.5
    return np.repeat(np.rint(20 + per_x * x + per_y * y)[..., None], 3, axis=2).astype(np.uint8)


def test_the_identity_returns_the_image() -> None:
    image = noise(40, 60)
    assert np.array_equal(crop(image, IDENTITY, (60, 40)), image)


def test_a_whole_shift_moves_pixels() -> None:
    image = noise(40, 60)
    assert np.array_equal(crop(image, Similarity(1.0, 0.0, (-7.0, -5.0)), 30), image[5:35, 7:37])


@pytest.mark.parametrize("factor", [2, 3, 5, 8, 9, 20])
def test_a_reduction_averages_areas(factor: int) -> None:
    image = noise(12 * factor, 12 * factor)
    means = image.reshape(12, factor, 12, factor, 3).mean(axis=(1, 3))
    reduced = crop(image, Similarity(1.0 / factor, 0.0, (0.0, 0.0)), 12)
    tolerance = 1.0 if factor <= 8 else 12.0  # the block path does not meet the edges of the pixels
    assert np.abs(reduced.astype(float) - means).max() <= tolerance


def test_fine_stripes_do_not_alias() -> None:
    stripes = np.zeros((400, 400, 3), np.uint8)
    stripes[:, ::2] = 255
    for scale, rotation in ((0.37, 0.0), (0.21, 0.3), (0.05, 1.0)):
        centre = Similarity(scale, rotation, (0.0, 0.0)).apply([200.0, 200.0])
        grey = crop(stripes, Similarity(scale, rotation, tuple(16 - centre)), 32, border=(127, 127, 127))
        assert np.abs(grey[10:22, 10:22].astype(float) - 127.5).max() < 60
        assert grey[10:22, 10:22].std() < 40  # a box of 2.7 px leaves some of a period of 2 px; a nearest pixel, 127


@pytest.mark.parametrize("scale", [0.04, 0.11, 0.3, 0.9, 1.0, 2.5])
def test_a_ramp_keeps_its_place(scale: float) -> None:
    image = ramp(900, 900, 0.1, 0.13)
    turned = Similarity(scale, 0.4, (0.0, 0.0))
    similarity = Similarity(scale, 0.4, tuple(16 - turned.apply([450.0, 450.0])))
    found = crop(image, similarity, 32)[..., 0].astype(float)
    y, x = np.mgrid[0:32, 0:32] + 0.5
    source = similarity.inverse().apply(np.stack([x, y], axis=-1))
    expected = 20 + 0.1 * source[..., 0] + 0.13 * source[..., 1]
    inner = np.all((source > 40) & (source < 860), axis=-1)
    assert inner.any()
    assert np.abs(found - expected)[inner].max() < 1.6


def test_outside_is_reflected_or_coloured() -> None:
    image = noise(20, 20)
    away = Similarity(1.0, 0.0, (5.0, 0.0))
    assert np.array_equal(crop(image, away, 20)[:, :5], image[:, 4::-1])
    assert np.all(crop(image, away, 20, border=(1, 2, 3))[:, :5] == [1, 2, 3])


def test_outside_fraction_is_an_area() -> None:
    assert outside_fraction(IDENTITY, (64, 64), 64) == 0.0
    assert outside_fraction(Similarity(1.0, 0.0, (16.0, 0.0)), (64, 64), 64) == pytest.approx(0.25)
    assert outside_fraction(Similarity(1.0, 0.0, (500.0, 0.0)), (64, 64), 64) == 1.0


def test_pasting_the_same_frame_back_restores_the_photograph() -> None:
    photo = noise(80, 90)
    shift = Similarity(1.0, 0.0, (-10.0, -12.0))
    assert np.array_equal(paste(photo, crop(photo, shift, 50), shift), photo)
    smooth = ramp(80, 90, 1.0, 0.5)
    turned = Similarity(1.3, 0.3, (-20.0, -30.0))
    restored = paste(smooth, crop(smooth, turned, 64), turned)
    assert np.abs(restored.astype(int) - smooth).max() <= 3


def test_pasting_changes_the_frame_alone() -> None:
    photo = ramp(80, 90, 1.0, 0.5)
    shift = Similarity(1.0, 0.0, (-10.0, -12.0))
    edited = paste(photo, np.zeros((50, 50, 3), np.uint8), shift)
    assert np.all(edited[12:62, 10:60] == 0)
    edited[12:62, 10:60] = photo[12:62, 10:60]
    assert np.array_equal(edited, photo)


@pytest.mark.parametrize("image", [np.zeros((4, 4), np.uint8), np.zeros((4, 4, 3)), np.zeros((0, 4, 3), np.uint8)])
def test_what_is_no_image_is_refused(image: np.ndarray) -> None:
    with pytest.raises(AlignmentError, match="expected an image"):
        crop(image, IDENTITY, 8)
