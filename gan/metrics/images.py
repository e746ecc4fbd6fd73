"""How close an edited image is to the exact target: PSNR and SSIM, on the whole image and where it had to change."""

import numpy as np
import numpy.typing as npt
from scipy.ndimage import gaussian_filter

Images = npt.NDArray[np.uint8]
Mask = npt.NDArray[np.bool_]
PerImage = npt.NDArray[np.float64]

QUANTISATION = 1.0 / 12.0
"""Mean squared error of rounding to whole grey levels; no error is counted as smaller, so that PSNR stays finite."""

_C1, _C2 = (0.01 * 255.0) ** 2, (0.03 * 255.0) ** 2
_SIGMA, _TRUNCATE = 1.5, 3.5


def psnr(found: Images, wanted: Images, mask: Mask | None = None) -> PerImage:
    """Returns 10 log10(255^2 / MSE) of each image in dB, (N,); at most 58.9.

    Args:
        found: (N, H, W, 3).
        wanted: the same shape.
        mask: pixels that count, (N, H, W); an image without any gives not a number.
    """
    error = np.square(found.astype(np.float64) - wanted.astype(np.float64)).mean(axis=3)
    return np.asarray(10.0 * np.log10(255.0**2 / np.maximum(_pooled(error, mask), QUANTISATION)))


def ssim(found: Images, wanted: Images, mask: Mask | None = None) -> PerImage:
    """Returns the mean structural similarity of each image, (N,), in [-1, 1].

    Wang et al., "Image quality assessment", 2004, with a Gaussian window of 1.5 pixels, per channel; statistics use
    the whole image, and ``mask`` decides which pixels of the map are meaned.
    """
    return _pooled(ssim_map(found, wanted), mask)


def ssim_map(found: Images, wanted: Images) -> npt.NDArray[np.float64]:
    """Returns the structural similarity of each pixel, meaned over the channels, (N, H, W)."""
    x, y = found.astype(np.float64), wanted.astype(np.float64)
    mean_x, mean_y = _blurred(x), _blurred(y)
    var_x, var_y = _blurred(x * x) - mean_x**2, _blurred(y * y) - mean_y**2
    cov = _blurred(x * y) - mean_x * mean_y
    luminance = (2.0 * mean_x * mean_y + _C1) / (mean_x**2 + mean_y**2 + _C1)
    structure = (2.0 * cov + _C2) / (var_x + var_y + _C2)
    return np.asarray((luminance * structure).mean(axis=3))


def _blurred(images: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    return np.asarray(gaussian_filter(images, (0.0, _SIGMA, _SIGMA, 0.0), truncate=_TRUNCATE))


def _pooled(maps: npt.NDArray[np.float64], mask: Mask | None) -> PerImage:
    """Returns the mean of each map over its mask, (N,); not a number where the mask is empty."""
    if mask is None:
        return np.asarray(maps.mean(axis=(1, 2)))
    count = mask.sum(axis=(1, 2))
    total = np.where(mask, maps, 0.0).sum(axis=(1, 2))
    return np.where(count > 0, total / np.maximum(count, 1), np.nan)
