"""Checks of a set of shards: each gives a named result against a threshold; together they are the verdict."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pandas as pd

from faceset.certificate import DEEPEST_MM, LARGEST_RESIDUAL, WorstCase
from faceset.channels import Array
from faceset.duplicates import Alike, like_groups
from faceset.errors import ShardError
from faceset.image_features import ImageFeatures, image_features
from faceset.loading import ShardSet
from faceset.shards import Shard, shard_paths

LIKE = Alike()
"""When images of two splits look alike, if nothing else is said."""

Status = Literal["pass", "warn", "fail"]
_ORDER: tuple[Status, ...] = ("pass", "warn", "fail")


@dataclass(frozen=True)
class Check:
    """One result.

    Attributes:
        name: of the check.
        status: "pass", "warn" or "fail".
        found: the number that was measured.
        threshold: what it was compared with.
        detail: one sentence for a person.
    """

    name: str
    status: Status
    found: float
    threshold: float
    detail: str

    def as_dict(self) -> dict[str, Any]:
        """Returns the check as plain values."""
        return {**self.__dict__}


@dataclass(frozen=True)
class Verdict:
    """The results of all checks."""

    checks: tuple[Check, ...]

    @property
    def status(self) -> Status:
        """The worst status."""
        return max((check.status for check in self.checks), key=_ORDER.index, default="pass")

    @property
    def passed(self) -> bool:
        """True where no check failed."""
        return self.status != "fail"

    def as_dict(self) -> dict[str, Any]:
        """Returns the verdict as plain values that JSON can hold."""
        return {"status": self.status, "checks": [check.as_dict() for check in self.checks]}


@dataclass(frozen=True)
class CheckThresholds:
    """What the checks compare with.

    Attributes:
        min_samples: fewer faces fail.
        min_known_fraction: an AU known in a smaller share of the faces warns.
        max_duplicate_fraction: a larger share of repeated images fails; any repetition warns.
        dark_luma: an image with a lower mean luma is dark.
        bright_luma: an image with a higher mean luma is bright.
        low_contrast: an image with a lower standard deviation of the luma is flat.
        max_issue_fraction: a larger share of dark, bright or flat images warns.
        min_landmarks_inside: a smaller mean share of landmarks within the frame warns.

    Raises:
        ValueError: a number is out of range.
    """

    min_samples: int = 1
    min_known_fraction: float = 0.05
    max_duplicate_fraction: float = 0.01
    dark_luma: float = 0.08
    bright_luma: float = 0.92
    low_contrast: float = 0.04
    max_issue_fraction: float = 0.05
    min_landmarks_inside: float = 0.95

    def __post_init__(self) -> None:
        """Checks the ranges."""
        for name, value in self.__dict__.items():
            if name != "min_samples" and not 0.0 <= value <= 1.0:
                raise ValueError(f"{name} must lie in [0, 1], found {value}")
        if self.min_samples < 0 or self.dark_luma >= self.bright_luma:
            raise ValueError(
                "expected min_samples >= 0 and dark_luma < bright_luma, "
                f"found {self.min_samples}, {self.dark_luma}, {self.bright_luma}"
            )


@dataclass(frozen=True)
class _Opened:
    shards: list[Shard] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)
    altered: list[str] = field(default_factory=list)


def check_shards(
    folder: Path, thresholds: CheckThresholds | None = None, index: Path | None = None, verify: bool = True
) -> Verdict:
    """Returns the verdict on a folder of shards, and on the splits of a merge index where one is given.

    Broken shards are reported and not raised; the other checks then judge what can be read.

    Args:
        folder: of shards.
        thresholds: what to compare with.
        index: parquet file of a merged set, checked for identities and images in two splits.
        verify: read every file whole and compare every checksum.
    """
    opened = _open(folder, verify)
    checks = [
        _at_most("shards_open", len(opened.errors), 0, _listing("cannot be read", opened.errors)),
        _at_most("checksums", len(opened.altered), 0, _listing("were altered", opened.altered)),
    ]
    faces = _set(opened)
    if isinstance(faces, ShardSet):
        checks += check_faces(faces, thresholds or CheckThresholds()).checks
    else:
        checks.append(Check("sample_count", "fail", 0, (thresholds or CheckThresholds()).min_samples, faces))
    if index is not None:
        checks += check_splits(index).checks
    return Verdict(tuple(checks))


def check_faces(faces: ShardSet, thresholds: CheckThresholds, features: ImageFeatures | None = None) -> Verdict:
    """Returns the verdict on the labels and images of an opened set.

    Args:
        faces: the set.
        thresholds: what to compare with.
        features: of the images, where they have been measured before.
    """
    checks = [check(faces, thresholds) for check in _FACE_CHECKS]
    looks = _image_checks(features or image_features(faces), thresholds)
    return Verdict((*checks, *_certificate(faces), *looks, *_landmark_checks(faces, thresholds)))


def check_splits(index: Path, alike: Alike | None = LIKE) -> Verdict:
    """Returns whether a merge index keeps every identity, every image, and all images that look alike, in one split.

    Args:
        index: parquet file of a merged set.
        alike: when two images look alike; None leaves that check out.

    Raises:
        ShardError: the index cannot be read or no longer fits its shards.
    """
    faces = ShardSet.from_index(index)
    # The index's names, not the shards': two sources may give one name to two people.
    people, splits = pd.read_parquet(index, columns=["identity", "split"]).to_numpy(dtype=object).T
    named = _in_two_splits(people, splits)
    images = _in_two_splits(faces.labels("checksum"), splits)
    checks = [
        _at_most("identity_leak", len(named), 0, _listing("lie in two splits", named)),
        _at_most("image_leak", len(images), 0, f"{len(images)} images lie in two splits"),
    ]
    return Verdict((*checks, *([] if alike is None else [_near_leak(faces, splits, alike)])))


def _near_leak(faces: ShardSet, splits: Array, alike: Alike) -> Check:
    keys = faces.labels("sample_key")
    groups = [keys[group[:2]] for group in like_groups(faces, alike) if len(set(splits[group])) > 1]
    return _at_most("near_image_leak", len(groups), 0, _listing("lie in two splits", map(" like ".join, groups)))


def _sample_count(faces: ShardSet, thresholds: CheckThresholds) -> Check:
    return _at_least("sample_count", len(faces), thresholds.min_samples, f"{len(faces)} faces", "fail")


def _au_known(faces: ShardSet, thresholds: CheckThresholds) -> Check:
    known = faces.labels("au_known").mean(axis=0)
    labelled = {code: part for code, part in zip(faces.au_codes, known, strict=True) if part > 0.0}
    rare = [f"{code} {part:.3f}" for code, part in labelled.items() if part < known.max()]
    detail = f"least known: {', '.join(rare)}" if rare else "every AU is known equally often"
    if len(labelled) < len(known):
        detail += f"; {len(known) - len(labelled)} AUs are labelled on no face"
    least = min(labelled.values(), default=0.0)
    return _at_least("au_known_fraction", float(least), thresholds.min_known_fraction, detail, "warn")


def _au_range(faces: ShardSet, _thresholds: CheckThresholds) -> Check:
    au = faces.labels("au")
    outside = int(np.count_nonzero(~((au >= 0) & (au <= 1))))
    return _at_most("au_range", outside, 0, f"activations run from {au.min():.3g} to {au.max():.3g}")


def _au_varies(faces: ShardSet, _thresholds: CheckThresholds) -> Check:
    au, known = faces.labels("au"), faces.labels("au_known").astype(bool)
    constant = [code for column, code in enumerate(faces.au_codes) if _is_constant(au[known[:, column], column])]
    status: Status = "fail" if len(constant) == len(faces.au_codes) else "warn"
    return _at_most("au_constant", len(constant), 0, _listing("never change", constant), status)


def _au_sides(faces: ShardSet, _thresholds: CheckThresholds) -> Check:
    higher = np.maximum(faces.labels("au_left"), faces.labels("au_right"))
    differ = int(np.count_nonzero(faces.labels("au") != higher))
    return _at_most("au_is_higher_side", differ, 0, f"{differ} values of au are not the higher side", "warn")


def _duplicates(faces: ShardSet, thresholds: CheckThresholds) -> Check:
    checksums = faces.labels("checksum")
    repeated = len(checksums) - len(np.unique(checksums))
    found, limit = repeated / len(checksums), thresholds.max_duplicate_fraction
    status: Status = "fail" if found > limit else "warn" if repeated else "pass"
    return Check("duplicates", status, found, limit, f"{repeated} images repeat another image")


def _twin_identities(faces: ShardSet, _thresholds: CheckThresholds) -> Check:
    twins, people = faces.twins(), faces.labels("identity")
    wrong = int(np.count_nonzero((twins >= 0) & (people != people[twins])))
    return _at_most("twin_identity", wrong, 0, f"{wrong} twins have another identity than the face they belong to")


def _certificate(faces: ShardSet) -> list[Check]:
    """Returns what was measured on the meshes of rendered faces; nothing for photographs."""
    if not {"certificate", "au_scorable"} <= set(faces.channels):
        return []
    worst = WorstCase()
    worst.add_all(*(faces.labels(name) for name in ("certificate", "au_scorable", "sample_key")))
    measured, unexplained, in_eye, in_teeth, unscorable = worst.lines
    deepest = max(worst.in_eye, worst.in_teeth)
    return [
        _at_most("certificate_residual", worst.residual, LARGEST_RESIDUAL, f"{measured}; {unexplained}"),
        _at_most("certificate_contact", deepest, DEEPEST_MM, f"{in_eye}; {in_teeth}", "warn"),
        Check("certificate_scorable", "pass", worst.unscorable, worst.samples * len(faces.au_codes), unscorable),
    ]


_FACE_CHECKS: tuple[Callable[[ShardSet, CheckThresholds], Check], ...] = (
    _sample_count,
    _au_known,
    _au_range,
    _au_varies,
    _au_sides,
    _duplicates,
    _twin_identities,
)


def _image_checks(features: ImageFeatures, thresholds: CheckThresholds) -> list[Check]:
    issues = {
        "images_dark": features.mean < thresholds.dark_luma,
        "images_bright": features.mean > thresholds.bright_luma,
        "images_low_contrast": features.deviation < thresholds.low_contrast,
    }
    return [
        _at_most(name, float(mask.mean()), thresholds.max_issue_fraction, f"{mask.sum()} of {len(mask)} images", "warn")
        for name, mask in issues.items()
    ]


def _landmark_checks(faces: ShardSet, thresholds: CheckThresholds) -> list[Check]:
    inside = _landmarks_inside(faces)
    if not len(inside):
        return []
    detail = f"{int((inside < 1).sum())} of {len(inside)} faces have landmarks outside the frame"
    least = thresholds.min_landmarks_inside
    return [_at_least("landmarks_inside", float(inside.mean()), least, detail, "warn")]


def _landmarks_inside(faces: ShardSet) -> Array:
    """Returns the share of landmarks within the frame, (M,), for the M faces that have landmarks."""
    having = faces.has("landmarks")
    if not having.any():
        return np.zeros(0)
    height, width, _ = faces.image_shape
    points = faces.subset(having).labels("landmarks")
    inside = (points >= 0) & (points <= np.array([width, height]))
    return np.asarray(inside.all(axis=-1).mean(axis=-1))


def _open(folder: Path, verify: bool) -> _Opened:
    opened = _Opened()
    try:
        paths = shard_paths(folder)
    except ShardError as error:
        return _Opened(errors=[str(error)])
    for path in paths:
        try:
            shard = Shard.open(path)
        except ShardError as error:
            opened.errors.append(str(error))
            continue
        opened.shards.append(shard)
        opened.altered.extend(_altered(shard) if verify else [])
    return opened


def _altered(shard: Shard) -> list[str]:
    try:
        shard.verify()
    except ShardError as error:
        return [str(error)]
    return []


def _set(opened: _Opened) -> ShardSet | str:
    try:
        return ShardSet(opened.shards)
    except ShardError as error:
        return str(error)


def _is_constant(values: Array) -> bool:
    return len(values) > 0 and bool(values.min() == values.max())


def _in_two_splits(names: Array, splits: Array) -> list[str]:
    frame = pd.DataFrame({"name": names, "split": splits}).drop_duplicates()
    return sorted(str(name) for name in frame.loc[frame["name"].duplicated(), "name"].unique())


def _listing(what: str, names: Iterable[str], most: int = 5) -> str:
    listed = list(names)
    shown = "; ".join(listed[:most]) + ("; …" if len(listed) > most else "")
    return f"{len(listed)} {what}: {shown}" if listed else f"none {what}"


def _at_most(name: str, found: float, limit: float, detail: str, otherwise: Status = "fail") -> Check:
    return Check(name, "pass" if found <= limit else otherwise, found, limit, detail)


def _at_least(name: str, found: float, limit: float, detail: str, otherwise: Status) -> Check:
    return Check(name, "pass" if found >= limit else otherwise, found, limit, detail)
