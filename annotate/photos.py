"""From a labelled photograph to a sample: read, find the face, locate its landmarks, frame it."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from annotate.align import Points, align
from annotate.crop import crop, outside_fraction
from annotate.detector import Detection, FaceDetector
from annotate.errors import AnnotateError, ImportSetupError
from annotate.landmarks import Landmarker
from annotate.networks import NetworkHolder
from faceset.channels import image_checksum
from faceset.images import ImageLimits, ImageRefusedError, Photograph, read_photograph
from faceset.quarantine import QuarantineEntry, Reason
from faceset.sample import Sample
from faceset.sources.release import PhotoAnnotation
from facs.action_units import CODES, STILL

MAX_KEY_BYTES = 63


@dataclass(frozen=True)
class PhotoConfig:
    """How photographs become samples.

    Attributes:
        size: side of the sample's image, pixels.
        margin: fraction of the frame added around the face on every side.
        min_score: least confidence of the detector, in (0, 1).
        min_presence: least confidence of the landmark network that there is a face, in (0, 1).
        min_face: least side of the detected box, pixels of the photograph.
        second_face: another face counts where its side is this fraction of the largest or more, in (0, 1].
        max_outside: largest fraction of the frame that may lie outside the photograph, in [0, 1].
        limits: of the files.
    """

    size: int = 128
    margin: float = 0.0
    min_score: float = 0.6
    min_presence: float = 0.5
    min_face: int = 40
    second_face: float = 0.3
    max_outside: float = 0.2
    limits: ImageLimits = field(default_factory=ImageLimits)

    def __post_init__(self) -> None:
        """Checks the ranges."""
        ranges = {
            "size": 8 <= self.size <= 4096,
            "margin": -0.3 <= self.margin <= 2.0,
            "min_score": 0.0 < self.min_score < 1.0,
            "min_presence": 0.0 < self.min_presence < 1.0,
            "min_face": self.min_face >= 1,
            "second_face": 0.0 < self.second_face <= 1.0,
            "max_outside": 0.0 <= self.max_outside <= 1.0,
        }
        wrong = [f"{name} = {getattr(self, name)}" for name, fits in ranges.items() if not fits]
        if wrong:
            raise ImportSetupError(f"out of range: {', '.join(wrong)}; see the attributes of PhotoConfig")


class FaceRefusedError(AnnotateError):
    """A photograph whose face cannot be used.

    Attributes:
        reason: why.
        detail: what was expected and what was found.
    """

    def __init__(self, reason: Reason, detail: str) -> None:
        super().__init__(f"{reason}: {detail}")
        self.reason = reason
        self.detail = detail


@dataclass(frozen=True, eq=False)
class FramedFace:
    """A face in its frame.

    Attributes:
        image: (size, size, 3) uint8 sRGB.
        landmarks: (68, 2) pixels of the image.
        photo_checksum: xxh3_64 of the whole photograph's pixels; equal for equal photographs.
    """

    image: npt.NDArray[np.uint8]
    landmarks: Points
    photo_checksum: int


class FaceFramer(NetworkHolder):
    """Finds the face of a photograph and frames it. One instance serves one thread; use it as a context manager."""

    def __init__(self, config: PhotoConfig) -> None:
        """Starts the networks.

        Raises:
            DetectorError: the networks cannot be started.
        """
        self.config = config
        self._detector = FaceDetector(config.min_score)
        self._landmarker = Landmarker(config.min_presence)

    def frame(self, pixels: npt.NDArray[np.uint8]) -> FramedFace:
        """Returns the one face of an sRGB image (H, W, 3) uint8.

        Raises:
            FaceRefusedError: there is none, there are several, or it is too small or cut off.
        """
        config = self.config
        landmarks = self._landmarks(pixels, self._only_face(pixels))
        similarity = align(landmarks, config.size, config.margin)
        outside = outside_fraction(similarity, (pixels.shape[1], pixels.shape[0]), config.size)
        if outside > config.max_outside:
            raise FaceRefusedError(
                Reason.FACE_CUT_OFF, f"{outside:.0%} of the frame lies outside, at most {config.max_outside:.0%}"
            )
        image = crop(pixels, similarity, config.size)
        return FramedFace(image, similarity.apply(landmarks), image_checksum(pixels))

    def photo(self, images: Path, annotation: PhotoAnnotation) -> FramedFace | QuarantineEntry:
        """Returns the framed face of an annotated photograph, or why there is none."""
        photograph: Photograph | None = None
        try:
            photograph = read_photograph(images, annotation.path, self.config.limits)
            return self.frame(photograph.pixels)
        except ImageRefusedError as refusal:
            return QuarantineEntry(annotation.path, annotation.where, refusal.reason, refusal.detail, refusal.sha256)
        except FaceRefusedError as refusal:
            digest = photograph.sha256 if photograph else ""
            return QuarantineEntry(annotation.path, annotation.where, refusal.reason, refusal.detail, digest)

    def close(self) -> None:
        """Stops the networks."""
        self._detector.close()
        self._landmarker.close()

    def _only_face(self, pixels: npt.NDArray[np.uint8]) -> Detection:
        faces = self._detector.detect(pixels)
        if not faces:
            raise FaceRefusedError(Reason.NO_FACE, "the detector finds no face")
        rivals = [face for face in faces if face.side >= self.config.second_face * faces[0].side]
        if len(rivals) > 1:
            sides = ", ".join(f"{face.side:.0f}" for face in rivals)
            raise FaceRefusedError(Reason.TWO_FACES, f"expected one face, found {len(rivals)} of {sides} px")
        if faces[0].side < self.config.min_face:
            raise FaceRefusedError(
                Reason.FACE_TOO_SMALL, f"the face is {faces[0].side:.0f} px wide, at least {self.config.min_face}"
            )
        return faces[0]

    def _landmarks(self, pixels: npt.NDArray[np.uint8], face: Detection) -> Points:
        landmarks = self._landmarker.locate(pixels, face)
        if landmarks is None:
            raise FaceRefusedError(Reason.NO_FACE, "the landmark network sees no face where the detector does")
        return landmarks


def photo_sample(
    face: FramedFace,
    annotation: PhotoAnnotation,
    source: str,
    identity: str = "",
    au_codes: Sequence[str] = CODES,
) -> Sample:
    """Returns the sample of a framed face; both sides of an AU get its one label, unknown AUs are 0 and masked.

    Args:
        face: the framed face.
        annotation: its labels.
        source: value of the channel ``source``.
        identity: who it is; without one, the photograph is a person of its own, named by its pixels.
        au_codes: the K Action Units in the order of the columns.
    """
    au, known = au_vector(annotation.activation, au_codes)
    arrays: dict[str, Any] = {
        "image": face.image,
        "au": au,
        "au_left": au,
        "au_right": au,
        "au_known": known,
        "landmarks": face.landmarks.astype(np.float32),
        "identity": identity or f"photo-{face.photo_checksum:016x}",
        "sample_key": sample_key(annotation.path),
        "source": source,
        "twin_of": "",
    }
    return Sample(arrays)


def au_vector(
    activation: Mapping[str, float], au_codes: Sequence[str]
) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.uint8]]:
    """Returns activations (K,), 0 where unknown, and the mask (K,) of those that are known.

    A label for the closed eye under one of its codes is one for the other: a still cannot tell AU43 from AU45.
    """
    names = {code: code if code in activation else STILL.get(code, code) for code in au_codes}
    activation = {code: activation[name] for code, name in names.items() if name in activation}
    known = np.array([code in activation for code in au_codes], dtype=np.uint8)
    return np.array([activation.get(code, 0.0) for code in au_codes], dtype=np.float32), known


def sample_key(path: str) -> str:
    """Returns the key of a photograph: its path, or a digest of it where the path does not fit a key."""
    if path.isascii() and path.isprintable() and len(path) <= MAX_KEY_BYTES:
        return path
    return f"photo-{hashlib.blake2b(path.encode('utf-8', 'surrogatepass'), digest_size=16).hexdigest()}"
