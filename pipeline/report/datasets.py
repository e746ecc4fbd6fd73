"""What the report says of each data set: counts, coverage, checks, shards, and faces to look at."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from faceset.loading import ShardSet
from faceset.manifest import ShardRecord, read_manifest
from facs.action_units import CATALOGUE
from pipeline.report.inputs import needed, read_json
from pipeline.report.pictures import Picture, picture
from pipeline.report.set_names import SetName

Angles = npt.NDArray[np.float64]
_SHOWN_AUS = 2
_HOW_SEEN = ("directions", "gaze", "visibility", "circumstances", "people", "brightness", "accuracy", "levels")
"""What of the coverage goes into report.json as it is."""


@dataclass(frozen=True)
class AuCoverage:
    """One Action Unit in one set.

    Attributes:
        code: "AU12".
        name: of FACS.
        known: faces whose label is known.
        zero: of these, faces in which it is exactly 0.
        active: of the known, the share with more than 0; None where none is known.
        mean: activation over the known; None where none is known.
        counts: of activations above 0, in ten equal bins up to 1.
        asymmetry: mean of |left - right| over the known; None where none is known.
    """

    code: str
    name: str
    known: int
    zero: int
    active: float | None
    mean: float | None
    counts: tuple[int, ...]
    asymmetry: float | None

    @property
    def varies(self) -> bool:
        """True where some face shows it."""
        return self.known > self.zero


@dataclass(frozen=True, eq=False)
class SetFacts:
    """One data set.

    Attributes:
        name: and heading and purpose.
        num_faces: in all.
        people: number, fewest_faces, median_faces and most_faces of a person.
        sources: faces by source.
        image_size: pixels a side.
        action_units: in the order of the labels.
        together: share of faces in which two AUs are active, of those that know both, (K, K); NaN where none does.
        head_pose: yaw, pitch and roll in degrees, (M, 3); M is 0 where no face has one.
        coverage: everything that the stage check_shards counted (``faceset.coverage``).
        status: the worst of the checks: "pass", "warn" or "fail".
        checks: name, status, found, threshold and detail.
        shards: the files.
        faces: some of them.
        paired: True where ``faces`` are test pairs, source before target.
    """

    name: SetName
    num_faces: int
    people: Mapping[str, float]
    sources: Mapping[str, int]
    image_size: int
    action_units: tuple[AuCoverage, ...]
    together: npt.NDArray[np.float64]
    head_pose: Angles
    coverage: Mapping[str, Any]
    status: str
    checks: tuple[Mapping[str, Any], ...]
    shards: tuple[ShardRecord, ...]
    faces: tuple[Picture, ...]
    paired: bool

    @property
    def shown(self) -> tuple[str, ...]:
        """Codes of the AUs that some face shows."""
        return tuple(each.code for each in self.action_units if each.varies)

    def to_json(self) -> dict[str, Any]:
        """Returns the counts as plain values."""
        return {
            "set": self.name.name,
            "num_faces": self.num_faces,
            "people": dict(self.people),
            "sources": dict(self.sources),
            "image_size": self.image_size,
            "action_units": {each.code: {**each.__dict__, "counts": list(each.counts)} for each in self.action_units},
            "head_pose_deg": pose_ranges(self.head_pose),
            **{name: self.coverage[name] for name in _HOW_SEEN if name in self.coverage},
            "status": self.status,
            "checks": [dict(check) for check in self.checks],
            "shards": [
                {"path": each.path.as_posix(), "sha256": each.sha256, "size": each.size} for each in self.shards
            ],
        }


def read_set(name: SetName, reports: Path, shards: Path, num_shown: int) -> SetFacts:
    """Returns what is known of one set.

    Args:
        name: of the set.
        reports: folder of the stage check_shards.
        shards: folder of the sets' shards.
        num_shown: faces to look at.

    Raises:
        StageError: the set has not been made or checked.
        ShardError: its shards cannot be read.
    """
    checked = read_json(reports / f"{name.name}.json", f"the checks of the set {name.name}", "check_shards")
    folder = needed(shards / name.name, f"the shards of the set {name.name}", _maker(name.name))
    faces = ShardSet.from_folder(folder)
    coverage, verdict = checked["coverage"], checked["verdict"]
    paired = name.name.startswith("twins")
    return SetFacts(
        name=name,
        num_faces=coverage["num_samples"],
        people=coverage["identities"],
        sources=coverage["sources"],
        image_size=faces.image_shape[0],
        action_units=tuple(_au(code, coverage) for code in faces.au_codes),
        together=_together(coverage["co_occurrence"], faces.au_codes),
        head_pose=_head_pose(faces),
        coverage=coverage,
        status=verdict["status"],
        checks=tuple(verdict["checks"]),
        shards=tuple(read_manifest(folder).values()),
        faces=contact_sheet(faces, num_shown, paired),
        paired=paired,
    )


def contact_sheet(faces: ShardSet, count: int, paired: bool) -> tuple[Picture, ...]:
    """Returns faces evenly spread over a set, or pairs of a source and its twin, with their strongest AUs."""
    rows = _pair_rows(faces, count) if paired else _spread(len(faces), count)
    images, au, known = faces.images(rows), faces.labels("au")[rows], faces.labels("au_known")[rows]
    labels = [_strongest(faces.au_codes, *each) for each in zip(au, known, strict=True)]
    return tuple(picture(image, f"face: {label}", label) for image, label in zip(images, labels, strict=True))


def pose_ranges(head_pose: Angles) -> dict[str, list[float]] | None:
    """Returns the 5th and 95th percentile of each angle in degrees, or None where none is known."""
    if not len(head_pose):
        return None
    low, high = np.percentile(head_pose, [5, 95], axis=0)
    return {angle: [float(low[k]), float(high[k])] for k, angle in enumerate(("yaw", "pitch", "roll"))}


def _maker(name: str) -> str:
    return "import_photos" if name == "real" else f"render_shards --set {name}"


def _au(code: str, coverage: Mapping[str, Any]) -> AuCoverage:
    column = coverage["action_units"]["by_code"][code]
    known, zero = column["known"], column["zero"]
    return AuCoverage(
        code=code,
        name=CATALOGUE[code].name,
        known=known,
        zero=zero,
        active=(known - zero) / known if known else None,
        mean=column["mean"],
        counts=tuple(column["counts"]),
        asymmetry=coverage["asymmetry"][code]["mean_absolute"],
    )


def _together(counts: Mapping[str, Any], codes: tuple[str, ...]) -> npt.NDArray[np.float64]:
    order = [counts["codes"].index(code) for code in codes]
    both, known = (np.array(counts[key], dtype=np.float64)[np.ix_(order, order)] for key in ("together", "known"))
    return np.where(known > 0, both / np.maximum(known, 1), np.nan)


def _head_pose(faces: ShardSet) -> Angles:
    having = faces.has("head_pose")
    if not having.any():
        return np.empty((0, 3))
    return np.asarray(np.degrees(faces.subset(having).labels("head_pose").astype(np.float64)))


def _spread(total: int, count: int) -> npt.NDArray[np.int64]:
    return np.unique(np.linspace(0, total - 1, min(count, total)).round().astype(np.int64))


def _pair_rows(faces: ShardSet, count: int) -> npt.NDArray[np.int64]:
    """Returns the rows of evenly spread pairs, each source before its twin."""
    source = faces.twins()
    targets = np.flatnonzero(source >= 0)
    if not len(targets):
        return _spread(len(faces), count)
    chosen = targets[_spread(len(targets), max(1, count // 2))]
    return np.asarray(np.stack([source[chosen], chosen], axis=1).reshape(-1), dtype=np.int64)


def _strongest(codes: tuple[str, ...], au: npt.NDArray[np.float32], known: npt.NDArray[np.uint8]) -> str:
    """Returns the AUs that a face shows most: "AU12 .80 AU4 .31"; "neutral", or "AUs unknown"."""
    if not known.any():
        return "AUs unknown"
    order = np.argsort(-au * (known > 0), kind="stable")[:_SHOWN_AUS]
    shown = [f"{codes[k]}\u00a0{_short(float(au[k]))}" for k in order if known[k] and au[k] >= 0.005]
    return " ".join(shown) or "neutral"


def _short(value: float) -> str:
    return "1" if value >= 0.995 else f"{value:.2f}".removeprefix("0")
