"""Images that are hard to learn from: dark, bright, flat, blurred, poor in information, or of an odd size of face.

The kinds are those of CleanVision (its README); the measures are ours, from one pass over the pixels.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from faceset.gates import Quality
from faceset.image_features import ImageFeatures
from faceset.loading import ShardSet

Floats = npt.NDArray[np.float64]
EYE_CORNERS = (36, 45)
"""The outer ones, in iBUG-68."""


@dataclass(frozen=True, eq=False)
class Issue:
    """One kind of issue.

    Attributes:
        measure: the number that decides, (N,); not a number where it is not known.
        found: which images have the issue, (N,).
        worst: order of the images, the worst first.
        unit: of the measure.
        rule: when an image has the issue, in words.
    """

    measure: Floats
    found: npt.NDArray[np.bool_]
    worst: npt.NDArray[np.int64]
    unit: str
    rule: str


def image_issues(faces: ShardSet, features: ImageFeatures, limits: Quality) -> Mapping[str, Issue]:
    """Returns the issues by name: dark, bright, low_contrast, blurred, low_information and odd_face_size."""
    luma = "mean luma"
    return {
        "dark": _low(features.mean, limits.dark_luma, "", f"{luma} under {limits.dark_luma:g}"),
        "bright": _high(features.mean, limits.bright_luma, "", f"{luma} over {limits.bright_luma:g}"),
        "low_contrast": _low(
            features.deviation, limits.low_contrast, "", f"standard deviation of luma under {limits.low_contrast:g}"
        ),
        "blurred": _low(
            features.sharpness, limits.blurred, "grey levels²", f"variance of the Laplacian under {limits.blurred:g}"
        ),
        "low_information": _low(
            features.entropy, limits.low_information, "bits", f"levels of grey hold under {limits.low_information:g} bits"
        ),
        "odd_face_size": _odd_size(eye_distance(faces), limits.odd_face_size),
    }


def eye_distance(faces: ShardSet) -> Floats:
    """Returns how far the outer eye corners of each face are apart as a share of the image's width; NaN if unknown.

    The larger of the distance in the picture and of what the turned head hides of it (divided by the cosine of yaw).
    """
    found = np.full(len(faces), np.nan)
    having = faces.has("landmarks")
    if having.any():
        part = faces.subset(having)
        points = part.labels("landmarks")[:, EYE_CORNERS].astype(np.float64)
        found[having] = np.linalg.norm(points[:, 1] - points[:, 0], axis=1) / faces.image_shape[1]
    posed = having & faces.has("head_pose")
    if posed.any():
        yaw = faces.subset(posed).labels("head_pose")[:, 0].astype(np.float64)
        found[posed] /= np.maximum(np.cos(yaw), 0.25)
    return found


def _low(measure: Floats, limit: float, unit: str, rule: str) -> Issue:
    return Issue(measure, measure < limit, np.argsort(measure, kind="stable"), unit, rule)


def _high(measure: Floats, limit: float, unit: str, rule: str) -> Issue:
    return Issue(measure, measure > limit, np.argsort(-measure, kind="stable"), unit, rule)


def _odd_size(size: Floats, factor: float) -> Issue:
    known = np.isfinite(size)
    median = float(np.median(size[known])) if known.any() else 1.0
    ratio = np.maximum(size, 1e-6) / max(median, 1e-6)
    odd = np.maximum(ratio, 1 / ratio)
    rule = f"eyes over {factor:g} times wider or narrower than the median's {median:.2f} of the image"
    return Issue(size, odd > factor, np.argsort(np.where(known, -odd, 1.0), kind="stable"), "of the width", rule)
