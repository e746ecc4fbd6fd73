"""The documents beside a set: card, datasheet and Croissant metadata, all from one file of facts and one count."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from faceset.card import card
from faceset.checks import Verdict
from faceset.composition import Composition
from faceset.croissant import CROISSANT, SHARDS, DataFile, Layout, croissant
from faceset.datasheet import datasheet
from faceset.facts import DatasetFacts

CARD, DATASHEET = "README.md", "datasheet.md"


def documents(
    facts: DatasetFacts,
    composition: Composition,
    codes: Sequence[str],
    files: Sequence[DataFile],
    layout: Layout = SHARDS,
    *,
    verdict: Verdict | None = None,
    notes: str = "",
    header: Mapping[str, Any] | None = None,
) -> dict[str, str]:
    """Returns the texts of the documents by file name.

    Args:
        facts: of the maker.
        composition: of the set.
        codes: the Action Units, in the order of their columns.
        files: that hold the set.
        layout: how they hold it.
        verdict: of the checks, where they were made.
        notes: how the files are laid out; by default they are shards.
        header: more keys for the card's front matter.
    """
    return {
        CARD: card(facts, composition, verdict, notes, header),
        DATASHEET: datasheet(facts, composition),
        CROISSANT: croissant(facts, composition, codes, files, layout),
    }


def write_documents(folder: Path, texts: Mapping[str, str]) -> None:
    """Writes documents into a folder."""
    for name, text in texts.items():
        (folder / name).write_text(text, encoding="utf-8")
