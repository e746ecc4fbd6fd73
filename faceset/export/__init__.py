"""What a set can be written as: the registry.

``FORMATS`` are other data sets' label formats, each with its own scale and its own sentinel; ``CONTAINERS`` hold
everything that the shards hold, for the libraries that read them. One module each.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from faceset.croissant import Layout
from faceset.export import bp4d, coco, disfa, emotionet, huggingface, openface, webdataset
from faceset.export.contents import Contents
from faceset.export.labels import ExportLabels
from faceset.export.written import Written


@dataclass(frozen=True)
class ExportFormat:
    """One format.

    Attributes:
        write: writes the labels into an empty folder and returns where each face is.
        notes: what a reader of the export must know; written beside it.
        not_scored: what a label that is not scored becomes.
    """

    write: Callable[[Path, ExportLabels], Written]
    notes: str
    not_scored: str


@dataclass(frozen=True)
class Container:
    """One format that holds everything.

    Attributes:
        write: writes the faces into an empty folder.
        notes: what a reader of the export must know; part of its card.
        files: patterns of what it writes, for the checksums.
        layout: where Croissant finds the channels.
        header: keys of the card's front matter.
    """

    write: Callable[[Path, Contents], None]
    notes: str
    files: Iterable[str]
    layout: Callable[[Contents], Layout]
    header: Callable[[Contents], Mapping[str, Any]] = lambda contents: {}


FORMATS: dict[str, ExportFormat] = {
    "emotionet": ExportFormat(emotionet.write, str(emotionet.__doc__), "999"),
    "openface": ExportFormat(openface.write, str(openface.__doc__), "0, and a row of unscored.csv"),
    "disfa": ExportFormat(disfa.write, str(disfa.__doc__), "a face that is left out, and a row of unscored.csv"),
    "bp4d": ExportFormat(bp4d.write, str(bp4d.__doc__), "9"),
}
"""Label formats by name."""

CONTAINERS: dict[str, Container] = {
    "webdataset": Container(
        webdataset.write,
        str(webdataset.__doc__),
        ("*.tar", "index.json"),
        lambda contents: webdataset.layout(contents.channels),
    ),
    "huggingface": Container(
        huggingface.write,
        str(huggingface.__doc__),
        ("data/*.parquet",),
        lambda _: huggingface.LAYOUT,
        huggingface.header,
    ),
    "coco": Container(coco.write, str(coco.__doc__), ("annotations/*.json",), lambda _: coco.LAYOUT),
}
"""Formats that hold everything, by name."""
