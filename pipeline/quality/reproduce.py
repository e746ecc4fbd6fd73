"""Section: what somebody needs to make the same page again."""

from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from faceset.gates import Quality
from pipeline.report.provenance import provenance


def reproduce(command: str, limits: Quality, settings: Mapping[str, Any]) -> dict[str, Any]:
    """Returns commit, versions, seeds, limits and the command.

    Args:
        command: that writes the page.
        limits: the section ``quality`` of the params.
        settings: other sections that decide what is on the page.
    """
    origin = provenance(Path(__file__).parent).to_json()
    return {"command": command, **origin, "settings": dict(settings), "quality": asdict(limits)}
