"""What drawings of how faces are seen need of a set."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from pipeline.report.set_names import SetName


class Seen(Protocol):
    """A set whose coverage has been counted."""

    @property
    def name(self) -> SetName:
        """What it is called."""
        ...

    @property
    def coverage(self) -> Mapping[str, Any]:
        """Everything that was counted (``faceset.coverage``)."""
        ...

    @property
    def shown(self) -> tuple[str, ...]:
        """Codes of the AUs that some face shows."""
        ...


@dataclass(frozen=True)
class SeenSet:
    """The simplest set that can be drawn."""

    name: SetName
    coverage: Mapping[str, Any]
    shown: tuple[str, ...]
