"""The 68 landmarks against points that people placed by hand, and against the mirror."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from annotate.align import align, frontal_template
from annotate.detector import Detection, FaceDetector
from annotate.errors import DetectorError
from annotate.landmarks import Landmarker, ibug68_table, to_ibug68
from faceset.channels import IBUG68_FLIP

LONDON = Path(__file__).parents[3] / "shared/real/london"
needs_photographs = pytest.mark.skipif(not LONDON.exists(), reason="the shared photographs are not here")

BY_HAND = {36: 18, 39: 22, 42: 23, 45: 27, 48: 87, 54: 93, 51: 90, 57: 106, 62: 96, 66: 101, 33: 55, 8: 129}
"""iBUG landmark: point of the London set's templates (outer and inner corners of the eyes, corners and middle of the
lips, base of the nose, chin)."""


def by_hand(path: Path) -> np.ndarray:
    lines = path.read_text().splitlines()
    points = [[float(value) for value in line.split("\t")[:2]] for line in lines[1 : 1 + int(lines[0])]]
    return np.array(points) / 2  # the photographs are at half the size of the templates


@pytest.fixture(scope="module")
def tools() -> tuple[FaceDetector, Landmarker]:
    with FaceDetector() as detector, Landmarker() as landmarker:
        yield detector, landmarker


def located(tools: tuple[FaceDetector, Landmarker], image: np.ndarray) -> np.ndarray:
    detector, landmarker = tools
    (face,) = detector.detect(image)
    landmarks = landmarker.locate(image, face)
    assert landmarks is not None
    return landmarks


def photographs(folder: str, step: int) -> list[Path]:
    return sorted((LONDON / folder).glob("*.jpg"))[::step]


def test_the_table_names_a_vertex_or_two_for_each_landmark() -> None:
    table = ibug68_table()
    assert table.shape == (68, 2)
    assert table.min() >= 0
    assert table.max() < 478
    assert len({tuple(row) for row in table.tolist()}) == 68
    mesh = np.arange(478 * 3, dtype=float).reshape(478, 3)
    assert np.array_equal(to_ibug68(mesh)[33], mesh[2])
    assert np.array_equal(to_ibug68(mesh[None])[0, 17], (mesh[70] + mesh[46]) / 2)


def test_no_landmarks_where_there_is_no_face(tools: tuple[FaceDetector, Landmarker]) -> None:
    noise = np.random.default_rng(0).integers(0, 256, (200, 200, 3), dtype=np.uint8)
    assert tools[1].locate(noise, Detection((50.0, 50.0, 150.0, 150.0), 0.0, 1.0)) is None
    assert tools[1].locate(noise, Detection((500.0, 500.0, 600.0, 600.0), 0.3, 1.0)) is None


def test_options_are_checked() -> None:
    with pytest.raises(DetectorError, match="min_presence"):
        Landmarker(0.0)


@needs_photographs
def test_landmarks_agree_with_points_placed_by_hand(tools: tuple[FaceDetector, Landmarker]) -> None:
    errors = []
    for path in photographs("neutral", 4):
        truth = by_hand(LONDON / "landmarks189_neutral_1350px" / f"{path.stem}.tem")
        found = located(tools, np.asarray(Image.open(path)))
        eyes = np.linalg.norm(truth[BY_HAND[36]] - truth[BY_HAND[45]])
        errors.append([np.linalg.norm(found[ours] - truth[theirs]) / eyes for ours, theirs in BY_HAND.items()])
    mean = dict(zip(BY_HAND, np.mean(errors, axis=0), strict=True))
    assert max(mean[corner] for corner in (36, 39, 42, 45)) < 0.02
    assert max(mean[corner] for corner in (48, 54)) < 0.025
    assert max(mean.values()) < 0.05
    assert np.mean(errors) < 0.02


@needs_photographs
def test_the_mirrored_photograph_has_the_mirrored_landmarks(tools: tuple[FaceDetector, Landmarker]) -> None:
    for path in photographs("smiling", 17):
        image = np.asarray(Image.open(path))
        found = located(tools, image)
        mirrored = located(tools, np.ascontiguousarray(image[:, ::-1]))[list(IBUG68_FLIP)]
        mirrored[:, 0] = image.shape[1] - mirrored[:, 0]
        eyes = np.linalg.norm(found[36] - found[45])
        assert np.linalg.norm(found - mirrored, axis=1).mean() / eyes < 0.02


@needs_photographs
def test_the_template_is_the_average_of_these_people(tools: tuple[FaceDetector, Landmarker]) -> None:
    framed = []
    for path in photographs("neutral", 4):
        landmarks = located(tools, np.asarray(Image.open(path)))
        framed.append(align(landmarks, 1).apply(landmarks))
    mean = np.mean(framed, axis=0)
    assert np.linalg.norm(mean - frontal_template().points, axis=1).max() < 0.025
    assert np.min(framed) > 0.05
    assert np.max(framed) < 0.95
