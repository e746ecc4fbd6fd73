"""The folder of an export: the format's files, an index of the faces, what could not be kept, and notes."""

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
from PIL import Image

from faceset.errors import ExportError
from faceset.export import FORMATS
from faceset.export.labels import ExportLabels
from faceset.export.written import SAMPLES, UNSCORED, Placement, Written, write_rows, write_text
from faceset.loading import ShardSet

NOTES = "README.txt"
BATCH = 256
SAVED = {".png": {"format": "PNG"}, ".jpg": {"format": "JPEG", "quality": 95, "subsampling": 0}}


def write_export(
    folder: Path, faces: ShardSet, name: str, images: bool = False, progress: Callable[[int], object] | None = None
) -> Written:
    """Writes the labels of a set in a foreign format, and its images where asked for.

    Args:
        folder: empty.
        faces: the set.
        name: of the format, a key of ``FORMATS``.
        images: also write the images, under the names that the labels use.
        progress: is told how many images have been written.

    Raises:
        ExportError: an unknown format, or one that cannot hold these labels.
    """
    if name not in FORMATS:
        raise ExportError(f"unknown format {name!r}; known: {', '.join(FORMATS)}")
    labels = ExportLabels.of(faces)
    written = FORMATS[name].write(folder, labels)
    keys, people = labels.keys.tolist(), labels.identities.tolist()
    index = [
        (keys[place.sample], people[place.sample], place.subject, place.file, place.row, place.image)
        for place in written.placements
    ]
    write_rows(folder / SAMPLES, ("sample_key", "identity", "subject", "file", "row", "image"), index)
    if written.unscored:
        rows = [(keys[each.sample], each.code, each.reason, each.written) for each in written.unscored]
        write_rows(folder / UNSCORED, ("sample_key", "action_unit", "reason", "written"), rows)
    write_text(folder / NOTES, _notes(name, written, images))
    if images:
        _write_images(folder, faces, written.placements, progress or (lambda done: None))
    return written


def _notes(name: str, written: Written, images: bool) -> list[str]:
    lines = [FORMATS[name].notes.strip(), "", f"{len(written.placements)} faces; {SAMPLES} says who is where."]
    lines += [] if images else ["The images were not written; the names are those they would have."]
    lines += [f"Labels that are not scored: {FORMATS[name].not_scored}."]
    return [*lines, f"{written.num_sentinels + len(written.unscored)} labels are not scored."]


def _write_images(
    folder: Path, faces: ShardSet, places: Sequence[Placement], progress: Callable[[int], object]
) -> None:
    for start in range(0, len(places), BATCH):
        part = places[start : start + BATCH]
        pixels = faces.images(np.array([place.sample for place in part]))
        for place, image in zip(part, pixels, strict=True):
            path = folder / place.image
            path.parent.mkdir(parents=True, exist_ok=True)
            Image.fromarray(image).save(path, **SAVED[path.suffix])  # type: ignore[arg-type]
        progress(start + len(part))
