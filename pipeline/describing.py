"""Writes the documents of a folder of shards: card, datasheet and Croissant metadata."""

from pathlib import Path

from faceset.checks import Verdict, check_shards
from faceset.composition import Composition
from faceset.croissant import data_files
from faceset.documents import documents, write_documents
from faceset.facts import read_facts
from faceset.loading import ShardSet
from faceset.manifest import MANIFEST
from pipeline.progress import answer


def describe_folder(folder: Path, facts_file: Path, out: Path) -> None:
    """Checks a folder of shards, writes its documents into ``out`` and prints where they are.

    Raises:
        FactsError: the facts cannot be read, or are about other faces.
        ShardError: the shards cannot be read.
    """
    texts = documents_of(folder, facts_file, check_shards(folder))
    out.mkdir(parents=True, exist_ok=True)
    write_documents(out, texts)
    for name in texts:
        answer(str(out / name))


def documents_of(folder: Path, facts_file: Path, verdict: Verdict | None = None) -> dict[str, str]:
    """Returns the texts of the documents of a folder of shards by file name.

    Args:
        folder: where the shards and their manifest lie.
        facts_file: what only the maker of the set knows.
        verdict: of its checks, where they have been made.

    Raises:
        FactsError: the facts cannot be read, or are about other faces.
        ShardError: the shards cannot be read.
    """
    facts, faces = read_facts(facts_file), ShardSet.from_folder(folder)
    composition = Composition.of(faces)
    facts.check_sources(str(facts_file), tuple(composition.sources))
    files = data_files(folder, ("*.h5", MANIFEST, "specs.parquet"))
    return documents(facts, composition, faces.au_codes, files, verdict=verdict)
