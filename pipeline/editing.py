"""Photographs through trained networks: which expression they show, and how they look with another."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from PIL import Image

from annotate.align import Similarity, align
from annotate.crop import crop
from annotate.detector import FaceDetector
from annotate.estimator import AuEstimator
from annotate.landmarks import Landmarker
from faceset.images import ImageRefusedError, read_photograph
from pipeline.errors import StageError
from pipeline.files import whole
from pipeline.networks import editor_of, judge_of
from pipeline.params import Paths

Pixels = npt.NDArray[np.uint8]
FORMATS = {".jpg": "JPEG", ".jpeg": "JPEG", ".png": "PNG", ".webp": "WEBP"}


@dataclass(frozen=True, eq=False)
class FoundFace:
    """The largest face of a photograph.

    Attributes:
        photo: (H, W, 3) sRGB.
        frame: from the photograph to an aligned crop of ``size`` pixels.
        size: side of that crop.
    """

    photo: Pixels
    frame: Similarity
    size: int

    @property
    def image(self) -> Pixels:
        """The aligned crop, (size, size, 3)."""
        return crop(self.photo, self.frame, self.size)


def find_face(path: Path, size: int) -> FoundFace:
    """Returns the largest face of a photograph.

    Raises:
        StageError: the file is no image that may be read, or shows no face.
    """
    photo = _photograph(path)
    with FaceDetector() as detector, Landmarker() as landmarker:
        for face in detector.detect(photo):
            landmarks = landmarker.locate(photo, face)
            if landmarks is not None:
                return FoundFace(photo, align(landmarks, size), size)
    raise StageError(f"{path}: expected a face, found none")


def _photograph(path: Path) -> Pixels:
    whole_path = path.resolve()
    try:
        return read_photograph(whole_path.parent, whole_path.name).pixels
    except ImageRefusedError as error:
        raise StageError(f"{path}: {error}") from error


def annotate_photos(paths: Paths, photos: Sequence[Path]) -> dict[Path, dict[str, float]]:
    """Returns the activation of each AU that the judge reads, by photograph."""
    judge = judge_of(paths.runs)
    size = judge.config.image_size
    return {photo: _reading(judge, find_face(photo, size)) for photo in photos}


def edit_photo(paths: Paths, arm: str, seed: int, photo: Path, target: Mapping[str, float], out: Path) -> None:
    """Writes the photograph with the AUs of ``target`` changed on its largest face; other AUs stay as they are.

    Raises:
        StageError: the arm is not trained, there is no face, or ``target`` does not fit the generator.
    """
    if out.suffix.lower() not in FORMATS:
        raise StageError(f"{out}: expected a name that ends in {', '.join(FORMATS)}")
    editor = editor_of(paths.runs, arm, seed, judge_of(paths.runs))
    found = find_face(photo, editor.config.image_size)
    try:
        edited = editor.edit_in_photo(found.photo, found.frame, target)
    except ValueError as error:
        raise StageError(str(error)) from error
    with whole(out) as part:
        Image.fromarray(edited).save(part, FORMATS[out.suffix.lower()], **_options(out))


def parse_target(words: Sequence[str]) -> dict[str, float]:
    """Returns the activations that words such as "AU12=0.8" ask for.

    Raises:
        StageError: a word is not of that form, or an activation lies outside [0, 1].
    """
    return dict(_parsed(word) for word in words)


def _parsed(word: str) -> tuple[str, float]:
    code, equals, text = word.partition("=")
    try:
        value = float(text)
    except ValueError:
        value = -1.0
    if not equals or not 0.0 <= value <= 1.0:
        raise StageError(f"expected an AU and its activation in [0, 1] such as AU12=0.8, found {word}")
    return code.upper(), value


def _reading(judge: AuEstimator, face: FoundFace) -> dict[str, float]:
    values = judge.estimate(face.image[None])[0]
    return {key: float(value) for key, value in zip(judge.config.keys, values, strict=True)}


def _options(out: Path) -> dict[str, Any]:
    return {} if out.suffix.lower() == ".png" else {"quality": 95}
