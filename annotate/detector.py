"""Where the faces of a photograph are.

Two BlazeFace networks (Bazarevsky et al., "BlazeFace: sub-millisecond neural face detection on mobile GPUs", 2019)
from the mediapipe wheel look at the same picture: one for faces that fill it, one for faces further away. A face
that either finds counts.
"""

from dataclasses import dataclass
from math import atan2
from typing import Any

import numpy as np
import numpy.typing as npt

from annotate.align import Similarity
from annotate.crop import crop
from annotate.errors import DetectorError
from annotate.networks import NetworkHolder, start_network

NETWORK_SIDE = 256
"""The networks see 128 to 192 px; a larger photograph is first reduced to this side, without aliasing."""

ROOM = NETWORK_SIDE // 4
"""Black pixels around what the network for far faces sees."""

SAME_FACE = 0.3
"""Two boxes whose intersection over union is larger are one face."""


@dataclass(frozen=True)
class Detection:
    """One face.

    Attributes:
        box: left, top, right, bottom in pixels of the photograph; may reach beyond it.
        roll: of the line between the eyes, radians, clockwise on the screen; 0 upright.
        score: confidence of the network in [0, 1].
    """

    box: tuple[float, float, float, float]
    roll: float
    score: float

    @property
    def centre(self) -> tuple[float, float]:
        """Middle of the box."""
        left, top, right, bottom = self.box
        return (left + right) / 2.0, (top + bottom) / 2.0

    @property
    def side(self) -> float:
        """The longer side of the box, pixels."""
        left, top, right, bottom = self.box
        return max(right - left, bottom - top)

    def overlap(self, other: "Detection") -> float:
        """Returns the intersection over union of the boxes."""
        width = min(self.box[2], other.box[2]) - max(self.box[0], other.box[0])
        height = min(self.box[3], other.box[3]) - max(self.box[1], other.box[1])
        shared = max(width, 0.0) * max(height, 0.0)
        return shared / max(_area(self.box) + _area(other.box) - shared, 1e-9)


class FaceDetector(NetworkHolder):
    """Finds faces. One instance serves one thread; close it, or use it as a context manager."""

    def __init__(self, min_score: float = 0.6) -> None:
        """Starts both networks.

        Args:
            min_score: least confidence of a face, in (0, 1).

        Raises:
            DetectorError: mediapipe cannot be used.
        """
        if not 0.0 < min_score < 1.0:
            raise DetectorError(f"min_score must lie in (0, 1), found {min_score}")
        options = {"min_detection_confidence": min_score}
        self._near = start_network("face_detection", "FaceDetection", model_selection=0, **options)
        self._far = start_network("face_detection", "FaceDetection", model_selection=1, **options)

    def detect(self, image: npt.NDArray[np.uint8]) -> tuple[Detection, ...]:
        """Returns the faces of an sRGB image (H, W, 3) uint8, the largest first."""
        if image.ndim != 3 or image.shape[2] != 3 or image.dtype != np.uint8 or not image.size:
            raise DetectorError(f"expected an image (H, W, 3) uint8, found {image.shape} {image.dtype}")
        square = _square(image.shape[1], image.shape[0])
        picture = crop(image, square, NETWORK_SIDE, border=(0, 0, 0))
        # Far faces are found better with room around them; the near network wants the face large.
        roomy = np.pad(picture, ((ROOM, ROOM), (ROOM, ROOM), (0, 0)))
        shifted = Similarity(1.0, 0.0, (float(ROOM), float(ROOM))).after(square)
        found = [*_run(self._near, picture, square), *_run(self._far, roomy, shifted)]
        faces: list[Detection] = []
        for face in found:
            if all(face.overlap(other) <= SAME_FACE for other in faces):
                faces.append(face)
        return tuple(sorted(faces, key=lambda face: face.side, reverse=True))

    def close(self) -> None:
        """Stops the networks."""
        self._near.close()
        self._far.close()


def _area(box: tuple[float, float, float, float]) -> float:
    return (box[2] - box[0]) * (box[3] - box[1])


def _run(network: Any, picture: npt.NDArray[np.uint8], square: Similarity) -> list[Detection]:
    results = network.process(np.ascontiguousarray(picture)).detections or []
    return [_detection(result, len(picture), square.inverse()) for result in results]


def _square(width: int, height: int) -> Similarity:
    """Returns the map from a photograph to a square of NETWORK_SIDE pixels with all of it in the middle."""
    scale = NETWORK_SIDE / max(width, height)
    return Similarity(scale, 0.0, ((NETWORK_SIDE - scale * width) / 2.0, (NETWORK_SIDE - scale * height) / 2.0))


def _detection(result: Any, side: int, back: Similarity) -> Detection:
    box, eyes = result.location_data.relative_bounding_box, result.location_data.relative_keypoints[:2]
    left, top = back.apply([box.xmin * side, box.ymin * side]).tolist()
    size = side * back.scale
    roll = atan2(eyes[1].y - eyes[0].y, eyes[1].x - eyes[0].x)
    right, bottom = left + box.width * size, top + box.height * size
    return Detection((left, top, right, bottom), roll, min(float(result.score[0]), 1.0))
