"""Checks of a set of shards: each gives a named result against a threshold; together they are the verdict."""

import os
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from faceset.certificate import DEEPEST_MM, LARGEST_RESIDUAL, WorstCase
from faceset.channels import Array
from faceset.duplicates import Alike, like_groups
from faceset.errors import ShardError
from faceset.gates import DEFAULTS, Check, Gates, Quality, Status, held, worst_status
from faceset.index import read_index
from faceset.issues import Looks, looks_of
from faceset.loading import ShardSet
from faceset.shards import Shard, shard_paths

__all__ = ["Check", "Verdict", "check_faces", "check_files", "check_shards", "check_splits"]

LIKE = Alike()
"""When images of two splits look alike, if nothing else is said."""


@dataclass(frozen=True)
class Verdict:
    """The results of all checks."""

    checks: tuple[Check, ...]

    @property
    def status(self) -> Status:
        """The worst status."""
        return worst_status(self.checks)

    @property
    def passed(self) -> bool:
        """True where no check failed."""
        return self.status != "fail"

    def as_dict(self) -> dict[str, Any]:
        """Returns the verdict as plain values that JSON can hold."""
        return {"status": self.status, "checks": [check.as_dict() for check in self.checks]}


@dataclass(frozen=True)
class _Opened:
    shards: list[Shard] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)
    altered: list[str] = field(default_factory=list)


def check_shards(folder: Path, limits: Quality = DEFAULTS, index: Path | None = None, verify: bool = True) -> Verdict:
    """Returns the verdict on a folder of shards, and on the splits of a merge index where one is given.

    Broken shards are reported and not raised; the other checks then judge what can be read.

    Args:
        folder: of shards.
        limits: what to compare with.
        index: parquet file of a merged set, checked for identities and images in two splits.
        verify: read every file whole and compare every checksum.
    """
    checks, opened = check_files(folder, verify)
    faces = _set(opened)
    if isinstance(faces, ShardSet):
        checks += check_faces(faces, limits).checks
    else:
        checks.append(Check("faces", "fail", 0, limits.gates.min_faces.fail, faces, "min_faces"))
    if index is not None:
        checks += check_splits(index).checks
    return Verdict(tuple(checks))


def check_files(folder: Path, verify: bool = True) -> tuple[list[Check], list[Shard]]:
    """Returns whether the files of a folder can be read and are what was written, and the shards that can be read."""
    opened = _open(folder, verify)
    again = "write these shards again; their scratch copies may still be whole"
    checks = [
        _at_most("shards_open", len(opened.errors), 0, _listing("cannot be read", opened.errors), advice=again),
        _at_most("checksums", len(opened.altered), 0, _listing("were altered", opened.altered), advice=again),
    ]
    return checks, opened.shards


def check_faces(faces: ShardSet, limits: Quality = DEFAULTS, looks: Looks | None = None) -> Verdict:
    """Returns the verdict on the labels and images of an opened set.

    Args:
        faces: the set.
        limits: what to compare with.
        looks: of the images, where they have been measured before.
    """
    gates = limits.gates
    checks = [_faces(faces, gates), _au_known(faces, gates), *(check(faces) for check in _LABEL_CHECKS)]
    images = _image_checks(looks or looks_of(faces, limits), gates)
    return Verdict((*checks, *_certificate(faces), *images, *_landmark_checks(faces, gates)))


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
    people, splits = read_index(index, ("identity", "split")).to_numpy(dtype=object).T
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


def _faces(faces: ShardSet, gates: Gates) -> Check:
    return held(gates, "min_faces", "faces", len(faces), f"{len(faces)} faces", "raise the set's count in params.yaml")


def _au_known(faces: ShardSet, gates: Gates) -> Check:
    known = faces.labels("au_known").mean(axis=0)
    labelled = {code: part for code, part in zip(faces.au_codes, known, strict=True) if part > 0.0}
    rare = [f"{code} {part:.3f}" for code, part in labelled.items() if part < known.max()]
    detail = f"least known: {', '.join(rare)}" if rare else "every AU is known equally often"
    if len(labelled) < len(known):
        detail += f"; {len(known) - len(labelled)} AUs are labelled on no face"
    least = min(labelled.values(), default=0.0)
    advice = (
        "label these AUs on more faces, or leave them out of action_units; unknown labels are masked, never read as 0"
    )
    return held(gates, "min_known", "au_known_fraction", float(least), detail, advice)


def _au_range(faces: ShardSet) -> Check:
    au = faces.labels("au")
    outside = int(np.count_nonzero(~((au >= 0) & (au <= 1))))
    return _at_most("au_range", outside, 0, f"activations run from {au.min():.3g} to {au.max():.3g}")


def _au_varies(faces: ShardSet) -> Check:
    au, known = faces.labels("au"), faces.labels("au_known").astype(bool)
    columns = {code: au[known[:, column], column] for column, code in enumerate(faces.au_codes)}
    constant = [code for code, values in columns.items() if _is_constant(values)]
    stuck = [code for code in constant if columns[code][0] > 0]
    advice = "a label that is the same in every face teaches nothing: see to the source of these labels"
    if len(constant) == len(columns):
        return Check("au_constant", "fail", len(constant), len(columns) - 1, "no AU ever changes", advice=advice)
    # An AU that is exactly 0 in every face was not asked for; one that never rests is an error of the labels.
    return _at_most("au_constant", len(stuck), 0, _listing("never change and are not 0", stuck), "warn", advice)


def _au_sides(faces: ShardSet) -> Check:
    higher = np.maximum(faces.labels("au_left"), faces.labels("au_right"))
    differ = int(np.count_nonzero(faces.labels("au") != higher))
    return _at_most("au_is_higher_side", differ, 0, f"{differ} values of au are not the higher side", "warn")


def _twin_identities(faces: ShardSet) -> Check:
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


_LABEL_CHECKS: tuple[Callable[[ShardSet], Check], ...] = (_au_range, _au_varies, _au_sides, _twin_identities)

_IMAGE_ADVICE = {
    "dark": "look at the light and exposure of these images",
    "bright": "look at the light and exposure of these images",
    "low_contrast": "look at these images; a haze, a wall or an empty crop holds no face",
    "blurred": "leave out what is out of focus or was enlarged from few pixels",
    "low_information": "leave these images out; they hold too few levels of grey to show a face",
    "odd_face_size": "align these faces again: others fill the frame differently",
}


def _image_checks(looks: Looks, gates: Gates) -> list[Check]:
    total = max(len(looks.features), 1)
    checks = [
        held(
            gates,
            "max_duplicates",
            "duplicates",
            looks.repeated / total,
            f"{looks.repeated} images repeat another image",
            "import or render each image once; the page lists the groups",
        ),
        held(
            gates,
            "max_near_duplicates",
            "near_duplicates",
            looks.alike / total,
            f"{looks.alike} images look like one of another family, in {len(looks.near)} groups",
            "keep one of each group, or one split for all of it",
        ),
    ]
    for name, issue in looks.issues.items():
        count, known = int(issue.found.sum()), int(np.isfinite(issue.measure).sum())
        if known:
            detail = f"{count} of {known} images: {issue.rule}"
            checks.append(held(gates, f"max_{name}", f"images_{name}", count / known, detail, _IMAGE_ADVICE[name]))
    return checks


def _landmark_checks(faces: ShardSet, gates: Gates) -> list[Check]:
    inside = _landmarks_inside(faces)
    if not len(inside):
        return []
    detail = f"{int((inside < 1).sum())} of {len(inside)} faces have landmarks outside the frame"
    advice = "frame these faces wider, or leave them out"
    return [held(gates, "min_landmarks_inside", "landmarks_inside", float(inside.mean()), detail, advice)]


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
    try:
        paths = shard_paths(folder)
    except ShardError as error:
        return _Opened(errors=[str(error)])
    opened = _Opened()
    # Digests are made without Python's lock, so that threads use every core.
    with ThreadPoolExecutor(len(os.sched_getaffinity(0))) as pool:
        for shard, fault in pool.map(partial(_opened_shard, verify=verify), paths):
            (opened.errors if shard is None else opened.altered).extend([fault] if fault else [])
            opened.shards.extend([] if shard is None else [shard])
    return opened


def _opened_shard(path: Path, verify: bool) -> tuple[Shard | None, str]:
    """Returns a shard, if it can be read, and what is wrong with it."""
    try:
        shard = Shard.open(path)
    except ShardError as error:
        return None, str(error)
    try:
        if verify:
            shard.verify()
    except ShardError as error:
        return shard, str(error)
    return shard, ""


def _set(shards: list[Shard]) -> ShardSet | str:
    try:
        return ShardSet(shards)
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


def _at_most(name: str, found: float, limit: float, detail: str, otherwise: Status = "fail", advice: str = "") -> Check:
    return Check(name, "pass" if found <= limit else otherwise, found, limit, detail, advice=advice)
