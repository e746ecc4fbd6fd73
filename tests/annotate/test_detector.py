"""The detector on pictures without faces, and on photographs whose faces were moved by a known amount."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from annotate.align import Similarity
from annotate.crop import crop
from annotate.detector import Detection, FaceDetector
from annotate.errors import DetectorError

LONDON = Path(__file__).parents[3] / "shared/real/london"
needs_photographs = pytest.mark.skipif(not LONDON.exists(), reason="the shared photographs are not here")


def photograph(number: int) -> np.ndarray:
    return np.asarray(Image.open(sorted((LONDON / "neutral").glob("*.jpg"))[number]).convert("RGB"))


@pytest.fixture(scope="module")
def detector() -> FaceDetector:
    with FaceDetector() as running:
        yield running


def test_overlap_is_intersection_over_union() -> None:
    one = Detection((0.0, 0.0, 10.0, 10.0), 0.0, 1.0)
    assert one.overlap(one) == 1.0
    assert one.overlap(Detection((5.0, 0.0, 15.0, 10.0), 0.0, 1.0)) == pytest.approx(1 / 3)
    assert one.overlap(Detection((10.0, 0.0, 20.0, 10.0), 0.0, 1.0)) == 0.0
    assert one.overlap(Detection((2.0, 2.0, 4.0, 7.0), 0.0, 1.0)) == pytest.approx(0.1)
    assert (one.centre, one.side) == ((5.0, 5.0), 10.0)


def test_no_face_in_pictures_without_one(detector: FaceDetector) -> None:
    rng = np.random.default_rng(0)
    y, x = np.mgrid[0:200, 0:300]
    pictures = [
        np.zeros((100, 100, 3), np.uint8),
        np.full((60, 300, 3), 200, np.uint8),
        rng.integers(0, 256, (200, 150, 3), dtype=np.uint8),
        np.stack([x % 256, y, (x + y) % 256], axis=-1).astype(np.uint8),
        np.repeat(((x // 20 + y // 20) % 2 * 255)[..., None], 3, axis=2).astype(np.uint8),
    ]
    assert [detector.detect(picture) for picture in pictures] == [()] * len(pictures)


@pytest.mark.parametrize("image", [np.zeros((9, 9), np.uint8), np.zeros((9, 9, 4), np.uint8), np.zeros((9, 9, 3))])
def test_what_is_no_image_is_refused(detector: FaceDetector, image: np.ndarray) -> None:
    with pytest.raises(DetectorError, match="expected an image"):
        detector.detect(image)


def test_options_are_checked() -> None:
    with pytest.raises(DetectorError, match="min_score"):
        FaceDetector(1.5)


def test_nothing_is_written_to_the_terminal(capfd: pytest.CaptureFixture[str]) -> None:
    with FaceDetector() as fresh:
        fresh.detect(np.zeros((80, 80, 3), np.uint8))
    assert capfd.readouterr().err == ""


@needs_photographs
def test_each_face_of_a_group_is_found(detector: FaceDetector) -> None:
    alone = [detector.detect(photograph(number)) for number in range(4)]
    assert [len(faces) for faces in alone] == [1] * 4
    pair = np.hstack([photograph(0), photograph(1)])
    assert len(detector.detect(pair)) == 2
    group = np.vstack([pair, np.hstack([photograph(2), photograph(3)])])
    faces = detector.detect(group)
    assert len(faces) == 4
    assert [face.side for face in faces] == sorted((face.side for face in faces), reverse=True)


@needs_photographs
@pytest.mark.parametrize(("scale", "angle"), [(1.0, 0.0), (0.4, 0.5), (0.5, -0.7), (0.2, 0.0)])
def test_the_face_moves_with_the_photograph(detector: FaceDetector, scale: float, angle: float) -> None:
    image = photograph(5)
    (before,) = detector.detect(image)
    turn = Similarity(scale, angle, (0.0, 0.0))
    motion = Similarity(scale, angle, tuple(250.0 - turn.apply(before.centre)))
    (after,) = detector.detect(crop(image, motion, (600, 500), border=(0, 0, 0)))
    error = np.abs(np.array(after.centre) - 250.0).max()
    assert error < 0.12 * scale * before.side
    assert after.roll - before.roll == pytest.approx(angle, abs=0.12)
    assert after.side == pytest.approx(scale * before.side, rel=0.35)
