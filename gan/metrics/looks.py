"""Simple statistics of images that explain why two kinds can be told apart: sharpness, contrast and colour."""

import numpy as np
import numpy.typing as npt

from gan.metrics.features import Images

PerImage = npt.NDArray[np.float64]

LUMA = np.array([0.2126, 0.7152, 0.0722])
"""Weights of ITU-R BT.709."""

BINS = 16


def luma(images: Images) -> npt.NDArray[np.float64]:
    """Returns the luma in [0, 1], (N, H, W)."""
    return np.asarray(images.astype(np.float64) @ LUMA / 255.0)


def spectral_slope(images: Images) -> PerImage:
    """Returns the slope of log power against log frequency of each image's luma, (N,).

    Photographs of the world lie near -2 in power (Field, "Relations between the statistics of natural images and the
    response properties of cortical cells", JOSA A 4, 1987); steeper is smoother. A Hann window hides the borders;
    frequencies from 4 cycles to 0.8 times the highest that the pixels hold, radial means.
    """
    grey = luma(images)
    side = grey.shape[1]
    window = np.outer(np.hanning(grey.shape[1]), np.hanning(grey.shape[2]))
    power = np.abs(np.fft.fft2((grey - grey.mean(axis=(1, 2), keepdims=True)) * window)) ** 2
    frequency = np.hypot(*np.meshgrid(*(np.fft.fftfreq(n, 1.0 / n) for n in grey.shape[1:]), indexing="ij"))
    ring = np.round(frequency).astype(np.int64)
    rings = np.arange(4, int(0.4 * side) + 1)
    means = np.stack([power[:, ring == number].mean(axis=1) for number in rings], axis=1)
    x = np.log(rings) - np.log(rings).mean()
    return np.asarray(np.log(np.maximum(means, 1e-12)) @ x / (x @ x))


def brightness(images: Images) -> PerImage:
    """Returns the mean luma of each image, (N,)."""
    return np.asarray(luma(images).mean(axis=(1, 2)))


def contrast(images: Images) -> PerImage:
    """Returns the standard deviation of the luma within each image, (N,)."""
    return np.asarray(luma(images).std(axis=(1, 2)))


def saturation(images: Images) -> PerImage:
    """Returns the mean of (max - min) over the channels of each pixel, in [0, 1], (N,)."""
    wide = images.astype(np.float64)
    return np.asarray(((wide.max(axis=3) - wide.min(axis=3)) / 255.0).mean(axis=(1, 2)))


def colour_distance(first: Images, second: Images) -> float:
    """Returns how far the joint histograms of colour lie apart, in [0, 1]: half the sum of |p - q|.

    16 levels of each of red, green and blue over all pixels of a set; total variation.
    """
    one, other = (_histogram(images) for images in (first, second))
    return float(0.5 * np.abs(one - other).sum())


def _histogram(images: Images) -> npt.NDArray[np.float64]:
    levels = (images.reshape(-1, 3) // (256 // BINS)).astype(np.int64)
    counts = np.bincount(levels @ np.array([BINS * BINS, BINS, 1]), minlength=BINS**3)
    return np.asarray(counts / counts.sum())
