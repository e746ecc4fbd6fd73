"""What every foreign release of labelled photographs becomes: annotations by path, and what was refused."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Literal

from faceset.quarantine import QuarantineEntry

AuScale = Literal["presence", "activation"]


@dataclass(frozen=True)
class PhotoAnnotation:
    """What a release says of one photograph.

    Attributes:
        path: of the image, relative to the release's folder of images, with "/".
        activation: by AU code ("AU12") in [0, 1]; an AU that is absent is unknown, never 0.
        where: the row that says so, as "file:line".
        split: "train" or "test" where the release divides its photographs, else "".
    """

    path: str
    activation: Mapping[str, float]
    where: str = ""
    split: str = ""

    def __post_init__(self) -> None:
        """Freezes the labels."""
        object.__setattr__(self, "activation", MappingProxyType(dict(self.activation)))


@dataclass(frozen=True)
class Release:
    """A release of labelled photographs.

    Attributes:
        source: short name, the value of the channel ``source``.
        au_scale: "presence" where labels are 0 or 1, "activation" where they are graded.
        images: folder that the paths are relative to.
        annotations: one for each photograph, sorted by path.
        refused: rows that could not be used.
        notes: what a reader of the import should know, for example files that were passed over.
    """

    source: str
    au_scale: AuScale
    images: Path
    annotations: Sequence[PhotoAnnotation]
    refused: tuple[QuarantineEntry, ...] = ()
    notes: tuple[str, ...] = field(default_factory=tuple)


def images_folder(root: Path) -> Path:
    """Returns the folder of images inside a release: images, Images or imgs, else the release itself."""
    folders = [root / name for name in ("images", "Images", "imgs")]
    return next((folder for folder in folders if folder.is_dir()), root)
