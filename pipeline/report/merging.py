"""What merging took of each source for a training set, what it left out and why, and whom it linked."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from pipeline.report.inputs import read_json
from pipeline.report.names import ArmName


@dataclass(frozen=True)
class Taken:
    """One source of one training set.

    Attributes:
        source: its name.
        available: faces that it has.
        taken: faces that were taken.
        dropped: faces that were not, by reason.
    """

    source: str
    available: int
    taken: int
    dropped: Mapping[str, int]


@dataclass(frozen=True)
class Merging:
    """One training set.

    Attributes:
        arm: which.
        sources: what was taken of each.
        linked: people who lie in one split with somebody of another name, because of equal or like images.
        groups: groups of such people.
    """

    arm: ArmName
    sources: tuple[Taken, ...]
    linked: int
    groups: int

    def to_json(self) -> dict[str, Any]:
        """Returns plain values."""
        return asdict(self)


def read_merging(merged: Path, arm: ArmName) -> Merging:
    """Returns the account beside the index of a training set.

    Raises:
        StageError: the set has not been merged.
    """
    account = read_json(
        merged / f"{arm.name}.json", f"the account of the training set {arm.name}", f"merge_shards --arm {arm.name}"
    )
    sources = tuple(
        Taken(name, each["available"], each["taken"], each["dropped"]) for name, each in account["sources"].items()
    )
    return Merging(arm, sources, account["links"]["identities"], account["links"]["groups"])
