"""What ``faceset.image_features`` measures, in loops over pixels.

Luma is kept in whole 256ths of a grey level, so that sums are exact and no order of adding changes a result.
"""

import math
from typing import Any

import numpy as np
import numpy.typing as npt

from faceset.compiled import compiled

SIDE, LOW = 32, 8
"""Pixels across the image of which a perceptual hash is made, and how many low frequencies of each axis it keeps."""

LEVEL = 256
"""Steps of luma in one grey level."""

_RED, _GREEN, _BLUE = 13933, 46871, 4732
"""Weights of ITU-R BT.709-6, 3.2, times 65,536."""
_FLAT = 1e-6
"""Grey levels: the rounding errors of the transform stay far below, the smallest change of a pixel far above."""

Floats = npt.NDArray[np.float64]


def cosines() -> Floats:
    """Returns the first rows of the orthonormal DCT-II of 32 values, (8, 32)."""
    place, frequency = np.arange(SIDE), np.arange(LOW)[:, None]
    rows = np.cos(np.pi * (2 * place + 1) * frequency / (2 * SIDE)) * math.sqrt(2 / SIDE)
    rows[0] /= math.sqrt(2)
    return np.asarray(rows)


@compiled
def measure(images: Any, cosine: Any, moments: Any, phash: Any, thumbnail: Any) -> None:
    """Fills what is known of each image.

    Args:
        images: (n, H, W, 3) uint8.
        cosine: of ``cosines``.
        moments: (n, 4) float64: mean and deviation in [0, 1], sharpness in grey levels squared, entropy in bits.
        phash: (n,) uint64.
        thumbnail: (n, 32, 32) uint8.
    """
    count, height, width, _ = images.shape
    luma = np.empty((height, width), np.int32)
    small = np.empty((SIDE, SIDE), np.float64)
    for number in range(count):
        _fill_luma(images[number], luma)
        moments[number, 0], moments[number, 1] = _spread(luma)
        moments[number, 2] = _sharpness(luma)
        moments[number, 3] = _entropy(luma)
        _shrink(luma, small)
        phash[number] = _phash(small, cosine)
        _round(small, thumbnail[number])


@compiled
def _fill_luma(image: Any, luma: Any) -> None:
    for row in range(image.shape[0]):
        for column in range(image.shape[1]):
            red, green, blue = image[row, column, 0], image[row, column, 1], image[row, column, 2]
            weighted = _RED * np.int32(red) + _GREEN * np.int32(green) + _BLUE * np.int32(blue)
            luma[row, column] = (weighted + 128) >> 8


@compiled
def _spread(luma: Any) -> tuple[float, float]:
    total, squares = np.int64(0), np.int64(0)
    for value in luma.flat:
        wide = np.int64(value)
        total += wide
        squares += wide * wide
    return _mean_and_deviation(total, squares, luma.size, 255.0 * LEVEL)


@compiled
def _mean_and_deviation(total: Any, squares: Any, count: Any, unit: Any) -> tuple[float, float]:
    mean = total / count
    return mean / unit, math.sqrt(max(squares / count - mean * mean, 0.0)) / unit


@compiled
def _sharpness(luma: Any) -> float:
    height, width = luma.shape
    total, squares = np.int64(0), np.int64(0)
    for row in range(1, height - 1):
        for column in range(1, width - 1):
            beside = luma[row, column - 1] + luma[row, column + 1] + luma[row - 1, column] + luma[row + 1, column]
            second = np.int64(beside - 4 * luma[row, column])
            total += second
            squares += second * second
    count = max((height - 2) * (width - 2), 1)
    _, deviation = _mean_and_deviation(total, squares, count, float(LEVEL))
    return deviation * deviation


@compiled
def _entropy(luma: Any) -> float:
    counts = np.zeros(256, np.int64)
    for value in luma.flat:
        counts[(value + LEVEL // 2) // LEVEL] += 1
    bits = 0.0
    for count in counts:
        if count:
            share = count / luma.size
            bits -= share * math.log2(share)
    return max(bits, 0.0)


@compiled
def _shrink(luma: Any, small: Any) -> None:
    """Fills ``small`` with the means over equal areas, in grey levels; a pixel counts by the part of it inside."""
    height, width = luma.shape
    high, wide = height / SIDE, width / SIDE
    for row in range(SIDE):
        for column in range(SIDE):
            total = _area(luma, row * high, (row + 1) * high, column * wide, (column + 1) * wide)
            small[row, column] = total / (high * wide * LEVEL)


@compiled
def _area(luma: Any, top: float, bottom: float, left: float, right: float) -> float:
    total = 0.0
    for row in range(int(top), min(math.ceil(bottom), luma.shape[0])):
        across = 0.0
        for column in range(int(left), min(math.ceil(right), luma.shape[1])):
            across += luma[row, column] * (min(column + 1.0, right) - max(float(column), left))
        total += across * (min(row + 1.0, bottom) - max(float(row), top))
    return total


@compiled
def _phash(small: Any, cosine: Any) -> np.uint64:
    low = np.empty((LOW, LOW), np.float64)
    across = np.empty((LOW, SIDE), np.float64)
    for frequency in range(LOW):
        for column in range(SIDE):
            total = 0.0
            for row in range(SIDE):
                total += cosine[frequency, row] * small[row, column]
            across[frequency, column] = total
    for frequency in range(LOW):
        for other in range(LOW):
            total = 0.0
            for column in range(SIDE):
                total += across[frequency, column] * cosine[other, column]
            low[frequency, other] = total
    return _bits(low)


@compiled
def _bits(low: Any) -> np.uint64:
    low[0, 0] = 0.0  # how bright the whole image is says nothing of what it shows
    level, bits = low.mean() + _FLAT, np.uint64(0)
    for place in range(LOW * LOW):
        if low[place // LOW, place % LOW] > level:
            bits |= np.uint64(1) << np.uint64(place)
    return bits


@compiled
def _round(small: Any, thumbnail: Any) -> None:
    for row in range(SIDE):
        for column in range(SIDE):
            thumbnail[row, column] = np.uint8(small[row, column] + 0.5)
