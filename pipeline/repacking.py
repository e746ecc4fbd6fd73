"""Repacks a foreign HDF5 file of labelled faces as shards, whole or not at all."""

from collections.abc import Iterable
from pathlib import Path

from faceset.layout import Attr
from faceset.sources.foreign import ForeignPlan, samples
from faceset.sources.hdf5 import ForeignFile
from pipeline.errors import StageError
from pipeline.files import whole_folder
from pipeline.progress import answer, say, track
from pipeline.storing import counted, store


def repack(file: Path, plan: ForeignPlan, out: Path, shard_size: int) -> None:
    """Writes the faces of a foreign file as a folder of shards and says what was slow about the file.

    Raises:
        StageError: ``out`` is there and not an empty folder, or ``shard_size`` is less than 1.
        SourceError: the file is damaged or dangerous, or its values are not what the plan says.
    """
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise StageError(f"{out}: expected an absent or empty folder to write to, found something in it; name another")
    if shard_size < 1:
        raise StageError(f"faces in a shard: expected at least 1, found {shard_size}")
    with ForeignFile(file, plan.arrays, plan.texts) as foreign:
        plan.check(foreign.arrays)
        for array in foreign.arrays.values():
            if array.slowness:
                say(f"facsmith: repack: {array.slowness}")
        attrs: dict[str, Attr] = {"set": plan.source, "repacked_from": file.name}
        with whole_folder(out.absolute()) as part, track(f"repack {file.name}", foreign.num_rows) as progress:
            store(counted(samples(foreign.blocks(), foreign.arrays, plan), progress), part, shard_size, attrs)
    if "identity" not in plan.arrays:
        say("facsmith: repack: nothing says who is who, so every face counts as a person of its own; say identity=...")
    answer(str(out))


def parse_map(words: Iterable[str]) -> dict[str, str]:
    """Returns the arrays of ``image=faces/x`` and the like by what they are.

    Raises:
        StageError: a word is not of this form, or something is named twice.
    """
    arrays: dict[str, str] = {}
    for word in words:
        role, _, name = word.partition("=")
        if not role or not name or role in arrays:
            raise StageError(f"{word!r}: expected each array once, as image=name/of/the/array")
        arrays[role] = name
    return arrays


def parse_numbers(text: str) -> tuple[float, ...]:
    """Returns the numbers of ``-1,9,999``.

    Raises:
        StageError: one is no number.
    """
    try:
        return tuple(float(part) for part in text.split(",") if part.strip())
    except ValueError as error:
        raise StageError(f"{text!r}: expected numbers with commas between them, such as -1,9,999") from error
