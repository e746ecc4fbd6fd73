"""The 68 landmarks of a face in a photograph.

The face mesh of the mediapipe wheel (Kartynnik et al., "Real-time facial surface geometry from monocular video on
mobile GPUs", 2019, with the attention head of Grishchenko et al., 2020) locates 478 points; ``ibug68.csv`` says
which of them stand for each landmark of the 68-point mark-up that the whole project uses.
"""

from contextlib import nullcontext
from functools import cache
from importlib.resources import files
from math import hypot

import numpy as np
import numpy.typing as npt

from annotate.align import Points, Similarity
from annotate.crop import crop
from annotate.detector import Detection
from annotate.errors import DetectorError
from annotate.networks import NetworkHolder, muted_stderr, start_network

CROP_SIDE = 288
"""Pixels of the upright square that the mesh sees."""

CROP_FACTOR = 1.8
"""Side of that square, in sides of the detected box."""

MAX_OFFSET = 0.5
"""A mesh whose middle lies further from the detection than this fraction of its side is another face's."""


class Landmarker(NetworkHolder):
    """Locates landmarks. One instance serves one thread; close it, or use it as a context manager."""

    def __init__(self, min_presence: float = 0.5) -> None:
        """Starts the network.

        Args:
            min_presence: least confidence that the square holds a face, in (0, 1).

        Raises:
            DetectorError: mediapipe cannot be used.
        """
        if not 0.0 < min_presence < 1.0:
            raise DetectorError(f"min_presence must lie in (0, 1), found {min_presence}")
        self._has_seen_a_face = False
        self._mesh = start_network(
            "face_mesh",
            "FaceMesh",
            static_image_mode=True,
            max_num_faces=1,
            refine_landmarks=True,
            min_detection_confidence=0.3,  # the detector has already decided; this one only places the mesh
            min_tracking_confidence=min_presence,
        )

    def locate(self, image: npt.NDArray[np.uint8], face: Detection) -> Points | None:
        """Returns the landmarks of a detected face, (68, 2) px of the image in iBUG order, or None.

        None means that the mesh network sees no face there.
        """
        square = _upright(face)
        picture = crop(image, square, CROP_SIDE, border=(0, 0, 0))
        vertices = self._vertices(np.ascontiguousarray(picture))
        if vertices is None:
            return None
        landmarks = square.inverse().apply(to_ibug68(vertices * CROP_SIDE))
        x, y = landmarks.mean(axis=0) - np.array(face.centre)
        return landmarks if hypot(x, y) <= MAX_OFFSET * face.side else None

    def _vertices(self, picture: npt.NDArray[np.uint8]) -> Points | None:
        # The network's last warning to the terminal comes with the first face.
        with nullcontext() if self._has_seen_a_face else muted_stderr():
            meshes = self._mesh.process(picture).multi_face_landmarks
        if not meshes:
            return None
        self._has_seen_a_face = True
        return np.array([(point.x, point.y) for point in meshes[0].landmark], dtype=np.float64)

    def close(self) -> None:
        """Stops the network."""
        self._mesh.close()


def to_ibug68(vertices: npt.ArrayLike) -> Points:
    """Returns the 68 landmarks of a 478-point face mesh, (..., 478, D) -> (..., 68, D)."""
    table = ibug68_table()
    points = np.asarray(vertices, dtype=np.float64)
    return np.asarray((points[..., table[:, 0], :] + points[..., table[:, 1], :]) / 2.0)


@cache
def ibug68_table() -> npt.NDArray[np.int64]:
    """Returns the two mesh vertices between which each landmark lies, (68, 2); the same twice for one vertex."""
    with files("annotate").joinpath("ibug68.csv").open(encoding="utf-8") as lines:
        table = np.loadtxt(lines, delimiter=",", comments="#", dtype=np.int64)
    return np.asarray(table[:, 1:])


def _upright(face: Detection) -> Similarity:
    """Returns the map to a square of CROP_SIDE pixels in which the face stands upright in the middle."""
    scale = CROP_SIDE / (CROP_FACTOR * max(face.side, 1.0))
    turned = Similarity(scale, -face.roll, (0.0, 0.0))
    x, y = CROP_SIDE / 2.0 - turned.apply(face.centre)
    return Similarity(scale, -face.roll, (float(x), float(y)))
