"""The folder of a complete export: the format's files and the documents that say what they are."""

from pathlib import Path

from faceset.composition import Composition
from faceset.croissant import data_files
from faceset.documents import documents, write_documents
from faceset.errors import ExportError
from faceset.export import CONTAINERS
from faceset.export.contents import Contents
from faceset.facts import DatasetFacts


def write_container(folder: Path, contents: Contents, name: str, facts: DatasetFacts) -> None:
    """Writes a set with all its values in one of the formats of ``CONTAINERS``, and its documents.

    Args:
        folder: empty.
        contents: the faces and their splits.
        name: of the format.
        facts: about the set.

    Raises:
        ExportError: an unknown format, or one that cannot hold these faces.
    """
    if name not in CONTAINERS:
        raise ExportError(f"unknown format {name!r}; known: {', '.join(CONTAINERS)}")
    container = CONTAINERS[name]
    layout = container.layout(contents)
    contents.check()
    container.write(folder, contents)
    splits: dict[str, int] = {split: len(rows) for split, rows in contents.splits.items()}
    texts = documents(
        facts,
        Composition.of(contents.faces, splits),
        contents.faces.au_codes,
        data_files(folder, container.files),
        layout,
        notes=container.notes.strip().replace("``", "`"),
        header=container.header(contents),
    )
    write_documents(folder, texts)
