"""What was found on photographs so far, kept block by block: an import that was stopped goes on where it was.

A block is one file, written whole or not at all: the sha256 of the rest, then arrays as numpy stores them.
"""

import hashlib
import io
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from annotate.photos import FramedFace
from faceset.atomic import write_bytes
from faceset.quarantine import QuarantineEntry

BLOCK = 64
"""Photographs of a block: seconds of work, a few megabytes."""
_DIGEST_BYTES = 32

Found = FramedFace | QuarantineEntry


class SeenPhotos:
    """Blocks of photographs in the order of a release, in a folder that is of this release and these options alone.

    Args:
        folder: of the blocks.
        block: photographs in each but the last.
    """

    def __init__(self, folder: Path, block: int = BLOCK) -> None:
        self.folder = folder
        self.block = block
        self.taken = 0
        """Photographs that were read from here, and not looked at."""

    def read(self, number: int) -> list[Found] | None:
        """Returns what was found on the photographs of a block; None where it is absent or damaged."""
        try:
            content = self._path(number).read_bytes()
        except OSError:
            return None
        digest, stored = content[:_DIGEST_BYTES], content[_DIGEST_BYTES:]
        if hashlib.sha256(stored).digest() != digest:
            return None
        found = _unpacked(stored)
        self.taken += len(found)
        return found

    def write(self, number: int, found: Sequence[Found]) -> None:
        """Keeps what was found on the photographs of a block.

        Raises:
            OSError: the disk is full, or the folder cannot be written.
        """
        stored = _packed(found)
        write_bytes(self._path(number), hashlib.sha256(stored).digest() + stored)

    def _path(self, number: int) -> Path:
        return self.folder / f"photos-{number:08d}.block"


def _packed(found: Sequence[Found]) -> bytes:
    faces = [each for each in found if isinstance(each, FramedFace)]
    refused = [each.to_json() if isinstance(each, QuarantineEntry) else "" for each in found]
    file = io.BytesIO()
    np.savez(
        file,
        refused=np.array(refused, dtype=np.str_),
        image=np.array([face.image for face in faces]),
        landmarks=np.array([face.landmarks for face in faces]),
        checksum=np.array([face.photo_checksum for face in faces], dtype=np.uint64),
    )
    return file.getvalue()


def _unpacked(stored: bytes) -> list[Found]:
    with np.load(io.BytesIO(stored), allow_pickle=False) as arrays:
        rows = zip(arrays["image"], arrays["landmarks"], arrays["checksum"].tolist(), strict=True)
        return [
            QuarantineEntry.from_json(text) if text else FramedFace(*next(rows)) for text in arrays["refused"].tolist()
        ]
