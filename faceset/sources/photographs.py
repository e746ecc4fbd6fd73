"""A folder of photographs that nobody has labelled, and whatever layout a person happens to have."""

from pathlib import Path, PurePosixPath

from faceset.errors import SourceError
from faceset.sources.emotionet import read_emotionet
from faceset.sources.release import PhotoAnnotation, Release

SUFFIXES = frozenset({".jpg", ".jpeg", ".png", ".webp"})
"""Names that are taken for photographs; what the files really are is decided when they are read."""


def read_photographs(root: Path) -> Release:
    """Returns the photographs of an EmotioNet release or, where it is none, every image below a folder.

    Raises:
        SourceError: there is no such folder, or no image in it.
    """
    try:
        return read_emotionet(root)
    except SourceError:
        return read_folder(root)


def read_folder(root: Path) -> Release:
    """Returns every image below a folder, none of its labels known.

    Raises:
        SourceError: there is no such folder, or no image in it.
    """
    paths = sorted(path for path in root.rglob("*") if path.suffix.lower() in SUFFIXES) if root.is_dir() else []
    if not paths:
        raise SourceError(f"{root}: expected a folder with photographs ({', '.join(sorted(SUFFIXES))}), found none")
    names = [PurePosixPath(path.relative_to(root)).as_posix() for path in paths]
    return Release("photographs", "presence", root, [PhotoAnnotation(name, {}) for name in sorted(names)])


def people_by_name(release: Release) -> dict[str, str]:
    """Returns who is on each photograph where files of one person have one name: ``smiling/001.jpg`` is 001."""
    return {entry.path: PurePosixPath(entry.path).stem for entry in release.annotations}
