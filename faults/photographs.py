"""A small EmotioNet release, and a framer that needs no network: for what is not about faces."""

from pathlib import Path

import numpy as np
from PIL import Image

from annotate.align import frontal_template
from annotate.photos import FramedFace, PhotoConfig
from faceset.channels import image_checksum
from faceset.images import ImageRefusedError, read_photograph
from faceset.quarantine import QuarantineEntry
from faceset.sources.emotionet import NUM_AUS
from faceset.sources.release import PhotoAnnotation

PHOTOGRAPHS = 13
EMPTY, ABSENT, SAME = 4, 7, (2, 9)
"""What is wrong with some: no bytes, no file, the same pixels as another."""


def write_release(folder: Path, size: int) -> None:
    """Writes the table and the photographs: noise of ``size`` pixels, some of them dirty."""
    base = folder / "Images/N_0000000001"
    base.mkdir(parents=True)
    rows = []
    for number in range(PHOTOGRAPHS):
        name = f"N_0000000001_{number:05d}.jpg"
        scores = "\t".join(str((number + au) % 2) for au in range(NUM_AUS))
        rows.append(f"https://example.invalid/Images/N_0000000001/{name}\thttp://elsewhere\t{scores}\n")
        random = np.random.default_rng(SAME[0] if number in SAME else number)
        if number != ABSENT:
            Image.fromarray(random.integers(0, 256, (size, size, 3), dtype=np.uint8)).save(base / name)
    (base / f"N_0000000001_{EMPTY:05d}.jpg").write_bytes(b"")
    (folder / "dataFile_0001.txt").write_text("".join(rows), encoding="utf-8")


class WholePicture:
    """Takes the place of ``annotate.photos.FaceFramer``: the frame is the picture itself."""

    def __init__(self, config: PhotoConfig) -> None:
        self.config = config

    def __enter__(self) -> "WholePicture":
        """Returns itself."""
        return self

    def __exit__(self, *_: object) -> None:
        """Has nothing to end."""

    def photo(self, images: Path, annotation: PhotoAnnotation) -> FramedFace | QuarantineEntry:
        """Returns the picture as a framed face, or why it cannot be read."""
        try:
            image = read_photograph(images, annotation.path, self.config.limits).pixels
        except ImageRefusedError as error:
            return QuarantineEntry(annotation.path, annotation.where, error.reason, error.detail, error.sha256)
        return FramedFace(image, frontal_template().pixels(len(image)), image_checksum(image))
