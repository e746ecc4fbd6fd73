"""Framing: where a face lies in its crop, decided in the same way for photographs and for renders.

The landmarks that expressions hardly move (eye corners and nose) are brought onto a fixed frontal template by a
similarity, so that brows, mouth and chin of an average adult lie inside the frame. The renderer calls ``align`` with
projected 3D landmarks, the importer with those of a photograph; numpy alone is needed.
"""

from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from math import atan2, cos, hypot, isfinite, sin

import numpy as np
import numpy.typing as npt

from annotate.errors import AlignmentError

Points = npt.NDArray[np.float64]

STABLE: tuple[int, ...] = (36, 39, 42, 45, *range(27, 36))
"""Landmarks that expressions hardly move: the corners of the eyes, the ridge and the base of the nose."""


@dataclass(frozen=True)
class Similarity:
    """x -> scale * R(rotation) x + translation, on points in pixels (y down, pixel centres at +0.5).

    Attributes:
        scale: output pixels per input pixel, above 0.
        rotation: radians; positive turns the x axis towards the y axis, clockwise on the screen.
        translation: (x, y) in output pixels.
    """

    scale: float
    rotation: float
    translation: tuple[float, float]

    def __post_init__(self) -> None:
        """Checks that the map can be inverted."""
        if not (self.scale > 0.0 and all(map(isfinite, (self.scale, self.rotation, *self.translation)))):
            raise AlignmentError(f"a similarity needs finite numbers and a scale above 0, found {self}")

    @property
    def matrix(self) -> Points:
        """The map as a (2, 3) matrix that acts on (x, y, 1)."""
        a, b = self.scale * cos(self.rotation), self.scale * sin(self.rotation)
        return np.array([[a, -b, self.translation[0]], [b, a, self.translation[1]]], dtype=np.float64)

    def apply(self, points: npt.ArrayLike) -> Points:
        """Returns the images of points, (..., 2)."""
        matrix = self.matrix
        return np.asarray(np.asarray(points, dtype=np.float64) @ matrix[:, :2].T + matrix[:, 2])

    def inverse(self) -> "Similarity":
        """Returns the map back: from the crop to the photograph."""
        back = Similarity(1.0 / self.scale, -self.rotation, (0.0, 0.0))
        x, y = -back.apply(self.translation)
        return Similarity(back.scale, back.rotation, (float(x), float(y)))

    def after(self, first: "Similarity") -> "Similarity":
        """Returns the map that applies ``first`` and then this one."""
        x, y = self.apply(first.translation)
        return Similarity(self.scale * first.scale, self.rotation + first.rotation, (float(x), float(y)))


@dataclass(frozen=True, eq=False)
class FramingTemplate:
    """Where landmarks belong in the frame.

    Attributes:
        points: (68, 2) in units of the frame: (0, 0) is its top-left corner, (1, 1) its bottom-right.
        used: which of the landmarks are aligned.
    """

    points: Points
    used: tuple[int, ...] = STABLE

    def __post_init__(self) -> None:
        """Checks the shape and freezes the points."""
        points = np.array(self.points, dtype=np.float64)
        if points.shape != (68, 2) or not np.all(np.isfinite(points)) or len(self.used) < 2:
            raise AlignmentError(
                f"a template needs 68 finite points and 2 in use, found {points.shape} and {self.used}"
            )
        points.setflags(write=False)
        object.__setattr__(self, "points", points)

    def pixels(self, size: int | tuple[int, int], margin: float = 0.0) -> Points:
        """Returns the template's landmarks in a crop, (68, 2) px.

        Args:
            size: of the crop: its side, or (width, height); the frame is the largest square in the middle.
            margin: fraction of the frame added on every side; negative values crop closer.
        """
        width, height = (size, size) if isinstance(size, int) else size
        if min(width, height) < 1 or not -0.5 < margin < 10.0:
            raise AlignmentError(f"expected a size of 1 or more and a margin in (-0.5, 10), found {size} and {margin}")
        side = min(width, height) / (1.0 + 2.0 * margin)
        return (self.points - 0.5) * side + np.array([width, height]) / 2.0


@cache
def frontal_template() -> FramingTemplate:
    """Returns the template of the average adult: brows at 17 %, eyes at 26 %, chin at 82 % of the frame's height."""
    with files("annotate").joinpath("mean_face.csv").open(encoding="utf-8") as lines:
        return FramingTemplate(np.loadtxt(lines, delimiter=",", comments="#")[:, 1:])


def align(
    landmarks: npt.ArrayLike,
    size: int | tuple[int, int],
    margin: float = 0.0,
    template: FramingTemplate | None = None,
) -> Similarity:
    """Returns the similarity from the picture of the landmarks to the crop that frames the face.

    Least squares over the template's landmarks in use, without reflection.

    Args:
        landmarks: (68, 2) in iBUG order, pixels of the picture; only those in use need be finite.
        size: of the crop in pixels: its side, or (width, height).
        margin: fraction of the frame added on every side.
        template: where landmarks belong; ``frontal_template()`` by default.

    Raises:
        AlignmentError: the landmarks have the wrong shape, are not finite, or coincide.
    """
    template = template or frontal_template()
    points = np.asarray(landmarks, dtype=np.float64)
    if points.shape != (68, 2):
        raise AlignmentError(f"expected 68 landmarks (68, 2), found {points.shape}")
    used = list(template.used)
    return fit_similarity(points[used], template.pixels(size, margin)[used])


def fit_similarity(source: Points, target: Points) -> Similarity:
    """Returns the similarity without reflection that brings ``source`` closest to ``target``, both (N, 2).

    The closed form of S. Umeyama, "Least-squares estimation of transformation parameters between two point
    patterns", PAMI 13(4), 1991, eq. 40 to 42, in the plane: with centred points as complex numbers z and w, the
    factor is sum(conj(z) w) / sum(|z|^2).

    Raises:
        AlignmentError: a point is not finite, or the points of one side coincide.
    """
    z, w = source @ np.array([1.0, 1.0j]), target @ np.array([1.0, 1.0j])
    centred, spread = z - z.mean(), float(np.sum(np.abs(z - z.mean()) ** 2))
    factor = complex(np.sum(np.conj(centred) * (w - w.mean()))) / spread if spread > 0.0 else 0.0
    if not (np.all(np.isfinite([spread, abs(factor)])) and abs(factor) > 0.0):
        raise AlignmentError("no frame can be computed: the landmarks are not finite, or coincide")
    shift = complex(w.mean() - factor * z.mean())
    return Similarity(hypot(factor.real, factor.imag), atan2(factor.imag, factor.real), (shift.real, shift.imag))
