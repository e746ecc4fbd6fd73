"""The folder that GANimation trains on: photographs, OpenFace intensities in a pickle, and two lists of names.

Pumarola et al., "GANimation: anatomically-aware facial animation from a single image", ECCV 2018. The folder holds

- ``aus_openface.pkl``: by the image's name without its suffix, 17 intensities in [0, 5] (``facs.OPENFACE17``);
- ``train_ids.csv`` and ``test_ids.csv``: the images' names, one a line, no header;
- the cropped photographs, in ``imgs``.

An intensity becomes an activation as in ``faceset.sources.openface``.
"""

from collections.abc import Iterator
from pathlib import Path, PurePosixPath

import numpy as np
import numpy.typing as npt

from faceset.errors import SourceError
from faceset.quarantine import QuarantineEntry, Reason
from faceset.sources.lines import bare, numbered_lines
from faceset.sources.openface import activations
from faceset.sources.pickled_arrays import read_pickled_arrays
from faceset.sources.release import PhotoAnnotation, Release, images_folder
from facs.action_units import OPENFACE17

LABELS = "aus_openface.pkl"
LISTS = {"train": "train_ids.csv", "test": "test_ids.csv"}


def read_ganimation_folder(root: Path) -> Release:
    """Returns the photographs that the lists of a GANimation folder name, with their labels.

    A name in both lists, or twice in one, is refused from the second time on; so is a name without labels.

    Raises:
        SourceError: the labels or both lists are absent, or the labels are no dictionary of vectors.
    """
    if not (root / LABELS).is_file():
        raise SourceError(f"{root / LABELS}: expected GANimation's labels, found none")
    lists = {split: root / name for split, name in LISTS.items() if (root / name).is_file()}
    if not lists:
        raise SourceError(f"{root}: expected {' or '.join(LISTS.values())}, found neither")
    labels = read_pickled_arrays(root / LABELS, len(OPENFACE17))
    annotations: dict[str, PhotoAnnotation] = {}
    refused = []
    for found in _rows(lists, labels):
        if isinstance(found, QuarantineEntry):
            refused.append(found)
        elif found.path in annotations:
            refused.append(QuarantineEntry(found.path, found.where, Reason.REPEATED, "the name was listed before"))
        else:
            annotations[found.path] = found
    ordered = [annotations[path] for path in sorted(annotations)]
    return Release("ganimation", "activation", images_folder(root), ordered, tuple(refused))


def _rows(
    lists: dict[str, Path], labels: dict[str, npt.NDArray[np.float64]]
) -> Iterator[PhotoAnnotation | QuarantineEntry]:
    for split, path in lists.items():
        for line, text in numbered_lines(path):
            yield _row(bare(text), f"{path.name}:{line}", split, labels)


def _row(
    name: str, where: str, split: str, labels: dict[str, npt.NDArray[np.float64]]
) -> PhotoAnnotation | QuarantineEntry:
    if name.startswith("/") or ".." in PurePosixPath(name).parts:
        return QuarantineEntry(name, where, Reason.OUTSIDE_ROOT, "expected a name inside the folder of images")
    vector = labels.get(str(PurePosixPath(name).with_suffix("")) if PurePosixPath(name).name else name)
    if vector is None:
        return QuarantineEntry(name, where, Reason.ABSENT, f"{LABELS} has no labels of that name")
    if not np.all((vector >= 0.0) & (vector <= 5.0)):
        detail = f"expected intensities in [0, 5], found {vector.min():g} to {vector.max():g}"
        return QuarantineEntry(name, where, Reason.BAD_VALUE, detail)
    intensity = dict(zip(OPENFACE17, vector.tolist(), strict=True))
    return PhotoAnnotation(str(PurePosixPath(name)), activations(intensity), where, split)
