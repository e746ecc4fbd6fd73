"""The four limits of EmotioNet that synthetic faces are made against, and what the sets of this run show of each.

Few head directions, no occlusion, labels with errors, and labels that know no degrees are what the project was started
from. Every number comes from the stored specifications and labels, by way of the stage check_shards.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pipeline.report.wording import counted, number

Coverage = Mapping[str, Any]
UNKNOWN = "not known"


@dataclass(frozen=True)
class Finding:
    """What one set shows of one limit.

    Attributes:
        headline: the number that matters, in few words.
        detail: how it was counted, with the number of faces or labels.
    """

    headline: str
    detail: str


@dataclass(frozen=True)
class Limit:
    """One row.

    Attributes:
        name: of the limit.
        about: what it is.
        real: what the set of photographs shows, or of the faces that stand in for them.
        synthetic: what the synthetic set shows.
    """

    name: str
    about: str
    real: Finding
    synthetic: Finding


def four_limits(real: Coverage, synthetic: Coverage) -> tuple[Limit, ...]:
    """Returns the limits, one by one.

    Args:
        real: coverage of the set of photographs, or of what stands in for them.
        synthetic: coverage of the synthetic set.
    """
    return tuple(Limit(name, about, find(real), find(synthetic)) for name, about, find in _LIMITS)


def directions(coverage: Coverage) -> Finding:
    """Returns how many directions of the head there are."""
    found = coverage.get("directions")
    if found is None:
        return Finding(UNKNOWN, "nobody has measured where these heads face")
    n, (low, high) = found["n"], found["percentiles_deg"]["yaw"]
    turned = found["turned"]
    return Finding(
        f"{found['occupied']} of {found['cells']} directions",
        f"cells of 15° within yaw ±90°, pitch ±45° that hold a face; {_share(turned['15'], n)} are turned by more than "
        f"15°, {_share(turned['45'], n)} by more than 45°; 90% of yaw from {number(low, 0)}° to {number(high, 0)}° "
        f"({counted(n, 'face')})",
    )


def occlusion(coverage: Coverage) -> Finding:
    """Returns how many faces something covers, and whether the labels know it."""
    around, seen = coverage.get("circumstances"), coverage.get("visibility")
    if around is None:
        return Finding(UNKNOWN, "nobody has marked what covers these faces")
    covered, kinds = around["occluders"]["covered"], len(around["occluders"]["by_kind"])
    of = f"{counted(kinds, 'kind')} of occluder on {counted(covered, 'face')} of {around['n']:,}"
    if not covered:
        return Finding("nothing covered", f"no occluder on any of {counted(around['n'], 'face')}")
    if seen is None:
        return Finding(f"{_share(covered, around['n'])} covered", f"{of}; the labels do not say what is hidden")
    return Finding(
        f"{_share(covered, around['n'])} covered",
        f"{of}; the visible share of every AU is known: {_percent(seen['hidden'])} of all labels have most of their "
        f"region hidden, and {_percent(seen['masked'])} are masked as not scorable",
    )


def accuracy(coverage: Coverage) -> Finding:
    """Returns how many labels are wrong."""
    found = coverage.get("accuracy")
    if found is None:
        return Finding(UNKNOWN, "nobody knows what these faces really show")
    measured = found["measured"]
    proof = "" if measured is None else f"; measured back on the meshes, none is off by more than {measured:.1g}"
    mean = f"mean error {number(found['mean_error'], 3)} of activation"
    off = "every one equals it" if found["exact"] == 1.0 else mean
    return Finding(
        f"{_percent(found['wrong'])} wrong",
        f"of {found['labels']:,} labels, against what was drawn; {off}{proof}",
    )


def intensities(coverage: Coverage) -> Finding:
    """Returns how many degrees the labels know."""
    found = coverage["levels"]
    steps, values, labels = found["steps"], found["values"], found["labels"]
    if not labels:
        return Finding("none", "no label is above 0")
    if steps is None:
        return Finding("continuous", f"{values:,} different intensities among {labels:,} labels above 0")
    names = "present or absent" if steps == 1 else f"{steps + 1} levels"
    return Finding(names, f"{counted(values, 'value')} above 0, in {labels:,} labels")


def _share(count: int, total: int) -> str:
    return _percent(count / total if total else 0.0)


def _percent(share: float) -> str:
    """Returns a share as a percentage; what is small and not nothing is never called 0%."""
    return "under 1%" if 0.0 < share < 0.005 else f"{share:.0%}"


_LIMITS = (
    ("Few head directions", "photographs found by searching mostly face the camera", directions),
    ("No occlusion", "faces in the set are open, and labels do not say what cannot be seen", occlusion),
    ("Inaccurate labels", "most labels come from a program, and it errs", accuracy),
    ("Discrete intensities", "a label says that an AU is there, not how far", intensities),
)
"""Name, meaning and finding of each limit."""
