"""Images that are hard to learn from: dark, bright, flat, blurred, poor in information, or of an odd size of face.

The kinds are those of CleanVision (its README); the measures are ours, from one pass over the pixels.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from faceset.duplicates import Alike, exact_groups, near_groups
from faceset.families import families
from faceset.gates import Quality
from faceset.image_features import ImageFeatures, image_features
from faceset.loading import ShardSet

Floats = npt.NDArray[np.float64]
Indices = npt.NDArray[np.int64]
LIKE = Alike()
"""When images look alike, if nothing else is said."""

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


@dataclass(frozen=True, eq=False)
class Looks:
    """What one pass over the pixels of a set says.

    Attributes:
        features: of every image.
        issues: by name.
        families: the index of the face that each face is a twin of, or its own, (N,).
        exact: groups of faces with the same pixels.
        near: groups of faces of different families that look alike and are not all the same.
    """

    features: ImageFeatures
    issues: Mapping[str, Issue]
    families: Indices
    exact: list[Indices]
    near: list[Indices]

    @property
    def repeated(self) -> int:
        """Images whose pixels an earlier image has too."""
        return sum(len(group) - 1 for group in self.exact)

    @property
    def alike(self) -> int:
        """Images that look like one of another family."""
        return sum(len(group) for group in self.near)


def looks_of(
    faces: ShardSet, limits: Quality, alike: Alike | None = LIKE, features: ImageFeatures | None = None
) -> Looks:
    """Returns what the pixels of a set say.

    Args:
        faces: the set.
        limits: what counts as an issue.
        alike: when two images look alike; None where only equal ones count.
        features: of the images, where they have been measured before.
    """
    found = features or image_features(faces)
    kin = families(faces.labels("sample_key"), faces.labels("twin_of"))
    checksums = faces.labels("checksum")
    near = [
        each
        for each in alike_groups(found.phash, found.thumbnail, alike)
        if len(np.unique(kin[each])) > 1 and len(np.unique(checksums[each])) > 1
    ]
    return Looks(found, image_issues(faces, found, limits), kin, exact_groups(checksums), near)


def alike_groups(
    phash: npt.NDArray[np.uint64], thumbnails: npt.NDArray[np.uint8], alike: Alike | None
) -> list[Indices]:
    """Returns groups of images that look alike; none where only equal images count."""
    return [] if alike is None else near_groups(phash, alike.distance, thumbnails, alike.correlation)


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
            features.entropy,
            limits.low_information,
            "bits",
            f"levels of grey hold under {limits.low_information:g} bits",
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
