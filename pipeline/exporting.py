"""Writes a set of faces in another data set's format or for another library, whole or not at all."""

from collections.abc import Callable
from functools import partial
from pathlib import Path

from faceset.errors import ShardError
from faceset.export import FORMATS
from faceset.export.container import write_container
from faceset.export.contents import PER_FILE, Contents
from faceset.export.folder import write_export
from faceset.export.written import UNSCORED, Written
from faceset.facts import read_facts
from faceset.index import read_index
from faceset.loading import ShardSet
from faceset.splits import Split, split_of
from pipeline.errors import StageError
from pipeline.files import whole_folder
from pipeline.params import load
from pipeline.progress import answer, say, track

INDEX = ".parquet"
"""Ends the name of a merge index, which stands for the faces that it lists."""


def export_folder(folder: Path, name: str, out: Path, images: bool) -> None:
    """Writes the labels of the shards in ``folder`` to ``out``, and the images where asked for.

    Raises:
        StageError: ``out`` is there and not an empty folder.
        ShardError: the shards cannot be read.
        ExportError: the format cannot hold these labels.
    """
    _check_absent(out)
    faces = opened(folder)
    with whole_folder(out.absolute()) as part, track(f"export {name}", len(faces)) as progress:
        written = write_export(part, faces, name, images, progress)
    _tell(written, len(faces), out)
    answer(str(out))


def export_container(
    folder: Path, name: str, out: Path, facts_file: Path, params_file: Path, per_file: int = PER_FILE
) -> None:
    """Writes all faces of ``folder`` with all their values to ``out``, split by identity, and their documents.

    Args:
        folder: of shards, or a merge index.
        name: of the format.
        out: absent or empty.
        facts_file: what the documents say of the set.
        params_file: tells how people are split, where no merge index does.
        per_file: faces in one file.

    Raises:
        StageError: ``out`` is there and not an empty folder.
        ShardError: the shards cannot be read.
        ExportError: the format cannot hold these faces.
        FactsError: the facts cannot be read, or are about other faces.
    """
    _check_absent(out)
    facts, faces = read_facts(facts_file), opened(folder)
    splitter = splits_of(folder, params_file)
    with whole_folder(out.absolute()) as part, track(f"export {name}", len(faces)) as progress:
        contents = Contents.of(faces, splitter, per_file, progress)
        facts.check_sources(str(facts_file), contents.sources)
        write_container(part, contents, name, facts)
    answer(str(out))


def is_label_format(name: str) -> bool:
    """Returns True for a format that holds labels alone."""
    return name in FORMATS


def opened(folder: Path) -> ShardSet:
    """Returns the faces of a folder of shards or of a merge index.

    Raises:
        ShardError: they cannot be read.
    """
    return ShardSet.from_index(folder) if folder.suffix == INDEX else ShardSet.from_folder(folder)


def splits_of(folder: Path, params_file: Path) -> Callable[[str], Split]:
    """Returns who is in which split: as the merge index says, else as the params split people.

    Raises:
        ShardError: the index puts a person into two splits.
        ParamsError: the params cannot be read.
    """
    if folder.suffix != INDEX:
        params = load(params_file)
        return partial(split_of, seed=params.seed, fractions=params.splits.fractions)
    pairs = read_index(folder, ("identity", "split")).drop_duplicates()
    twice = pairs.loc[pairs["identity"].duplicated(), "identity"]
    if len(twice):
        raise ShardError(f"{folder}: expected everybody in one split, found {twice.iloc[0]!r} in two; merge again")
    return dict(zip(pairs["identity"], pairs["split"], strict=True)).__getitem__


def _check_absent(out: Path) -> None:
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise StageError(f"{out}: expected an absent or empty folder to write to, found something in it; name another")


def _tell(written: Written, count: int, out: Path) -> None:
    left_out = count - len(written.placements)
    if left_out:
        say(f"facsmith: export: {left_out} of {count} faces left out, they lack a label that the format needs")
    if written.unscored:
        kind = "left out" if left_out else "written as 0, which the format cannot tell from absent"
        say(f"facsmith: export: {len(written.unscored)} labels are not scored and {kind}; see {out / UNSCORED}")
