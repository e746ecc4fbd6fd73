"""What a set of faces consists of: the numbers in every document about it, counted and never typed."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np

from faceset.channels import CHANNELS
from faceset.loading import ShardSet

SYMBOLS = "H and W: height and width of the image; K: the Action Units, in the order listed"
"""What stands in the shapes of ``channel_text``."""


@dataclass(frozen=True)
class Composition:
    """Counts of a set.

    Attributes:
        num_samples: faces.
        num_identities: people.
        sources: faces by source.
        width: of an image, pixels.
        height: of an image, pixels.
        action_units: faces in which each AU is known, by code.
        active: faces in which each AU is known and more than 0, by code.
        channels: names, in the table's order.
        partial: channels that some faces lack.
        splits: faces by split; empty where the set is not split.
        has_twins: whether any face names another that differs in its expression alone.
    """

    num_samples: int
    num_identities: int
    sources: Mapping[str, int]
    width: int
    height: int
    action_units: Mapping[str, int]
    active: Mapping[str, int]
    channels: tuple[str, ...]
    partial: tuple[str, ...]
    splits: Mapping[str, int]
    has_twins: bool

    @classmethod
    def of(cls, faces: ShardSet, splits: Mapping[str, int] | None = None) -> Self:
        """Returns the counts of a set, and how many faces each split has where the set is split."""
        known, au = faces.labels("au_known") != 0, faces.labels("au")
        height, width, _ = faces.image_shape
        names, counts = np.unique(faces.labels("source"), return_counts=True)
        channels = tuple(name for name in CHANNELS if any(name in shard.channels for shard in faces.shards))
        return cls(
            num_samples=len(faces),
            num_identities=len(np.unique(faces.labels("identity"))),
            sources=dict(zip(names.tolist(), counts.tolist(), strict=True)),
            width=width,
            height=height,
            action_units=_counted(faces.au_codes, known.sum(axis=0).tolist()),
            active=_counted(faces.au_codes, (known & (au > 0)).sum(axis=0).tolist()),
            channels=channels,
            partial=tuple(name for name in channels if name not in faces.channels),
            splits=dict(splits or {}),
            has_twins=bool(np.any(faces.labels("twin_of") != "")),
        )

    @property
    def counts(self) -> str:
        """How many faces of how many people, for a person."""
        people = f"{self.num_identities} people" if self.num_identities != 1 else "1 person"
        return f"{self.num_samples} faces of {people}"


def channel_text(name: str) -> str:
    """Returns what a channel holds, for a person: ``(K) float32 activation: the higher side``."""
    channel = CHANNELS[name]
    shape = ", ".join(str(size) for size in channel.shape)
    unit = f" {channel.unit}" if channel.unit else ""
    return f"({shape}) {channel.dtype}{unit}: {channel.meaning}"


def _counted(codes: Sequence[str], counts: Sequence[int]) -> dict[str, int]:
    return dict(zip(codes, counts, strict=True))
