"""Writes a folder of shards in another data set's format, whole or not at all."""

from pathlib import Path

from faceset.export.folder import write_export
from faceset.export.written import UNSCORED, Written
from faceset.loading import ShardSet
from pipeline.errors import StageError
from pipeline.files import whole_folder
from pipeline.progress import answer, say, track


def export_folder(folder: Path, name: str, out: Path, images: bool) -> None:
    """Writes the labels of the shards in ``folder`` to ``out``, and the images where asked for.

    Raises:
        StageError: ``out`` is there and not an empty folder.
        ShardError: the shards cannot be read.
        ExportError: the format cannot hold these labels.
    """
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise StageError(f"{out}: expected an absent or empty folder to write to, found something in it; name another")
    faces = ShardSet.from_folder(folder)
    with whole_folder(out.absolute()) as part, track(f"export {name}", len(faces)) as progress:
        written = write_export(part, faces, name, images, progress)
    _tell(written, len(faces), out)
    answer(str(out))


def _tell(written: Written, count: int, out: Path) -> None:
    left_out = count - len(written.placements)
    if left_out:
        say(f"facsmith: export: {left_out} of {count} faces left out, they lack a label that the format needs")
    if written.unscored:
        kind = "left out" if left_out else "written as 0, which the format cannot tell from absent"
        say(f"facsmith: export: {len(written.unscored)} labels are not scored and {kind}; see {out / UNSCORED}")
