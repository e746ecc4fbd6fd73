"""From a photograph to a sample: labels, keys, and every reason why a face is refused."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from annotate.align import align, frontal_template
from annotate.detector import Detection
from annotate.errors import ImportSetupError
from annotate.photos import (
    FaceFramer,
    FaceRefusedError,
    FramedFace,
    PhotoConfig,
    au_vector,
    photo_sample,
    sample_key,
)
from faceset.quarantine import QuarantineEntry, Reason
from faceset.sources.release import PhotoAnnotation
from facs.action_units import CODES, OPENFACE17

LONDON = Path(__file__).parents[3] / "shared/real/london"
FACE = FramedFace(np.full((32, 32, 3), 7, np.uint8), frontal_template().pixels(32), 0xABC)


def face(left: float, top: float, side: float) -> Detection:
    return Detection((left, top, left + side, top + side), 0.0, 0.9)


class OneFace:
    """Stands in for both networks: fixed detections, and landmarks that fill the first of them."""

    def __init__(self, *faces: Detection, seen: bool = True) -> None:
        self.faces = faces
        self.seen = seen

    def detect(self, image: np.ndarray) -> tuple[Detection, ...]:
        return self.faces

    def locate(self, image: np.ndarray, found: Detection) -> np.ndarray | None:
        corner = np.array(found.box[:2])
        return corner + frontal_template().points * found.side if self.seen else None

    def close(self) -> None: ...


@pytest.fixture
def framer(monkeypatch: pytest.MonkeyPatch) -> FaceFramer:
    monkeypatch.setattr("annotate.photos.FaceDetector", lambda score: OneFace(face(20, 30, 100)))
    monkeypatch.setattr("annotate.photos.Landmarker", lambda presence: OneFace(face(20, 30, 100)))
    return FaceFramer(PhotoConfig(size=50))


def pixels(width: int = 160, height: int = 170) -> np.ndarray:
    return np.random.default_rng(3).integers(0, 256, (height, width, 3), dtype=np.uint8)


def test_a_face_is_framed(framer: FaceFramer) -> None:
    framed = framer.frame(pixels())
    assert np.allclose(framed.landmarks, frontal_template().pixels(50), atol=1e-9)
    means = pixels()[30:130, 20:120].reshape(50, 2, 50, 2, 3).mean(axis=(1, 3))
    assert np.abs(framed.image - means).max() <= 1.0


@pytest.mark.parametrize(
    ("faces", "reason"),
    [
        ([], Reason.NO_FACE),
        ([face(0, 0, 80), face(80, 0, 30)], Reason.TWO_FACES),
        ([face(10, 10, 30)], Reason.FACE_TOO_SMALL),
        ([face(90, 10, 100)], Reason.FACE_CUT_OFF),
    ],
)
def test_reasons_of_refusal(framer: FaceFramer, faces: list[Detection], reason: Reason) -> None:
    framer._detector = OneFace(*faces)
    with pytest.raises(FaceRefusedError) as refusal:
        framer.frame(pixels())
    assert refusal.value.reason is reason


def test_a_bystander_does_not_count(framer: FaceFramer) -> None:
    framer._detector = OneFace(face(20, 30, 100), face(140, 0, 20))
    assert framer.frame(pixels()).image.shape == (50, 50, 3)


def test_both_networks_must_see_the_face(framer: FaceFramer) -> None:
    framer._landmarker = OneFace(seen=False)
    with pytest.raises(FaceRefusedError, match="landmark network"):
        framer.frame(pixels())


def test_refusals_carry_their_row_and_digest(framer: FaceFramer, tmp_path: Path) -> None:
    Image.fromarray(pixels()).save(tmp_path / "two.png")
    (tmp_path / "empty.jpg").write_bytes(b"")
    framer._detector = OneFace()
    two, empty, absent = (
        framer.photo(tmp_path, PhotoAnnotation(name, {}, "table:3")) for name in ("two.png", "empty.jpg", "absent.jpg")
    )
    assert isinstance(two, QuarantineEntry)
    assert (two.reason, two.where, len(two.sha256)) == (Reason.NO_FACE, "table:3", 64)
    assert isinstance(empty, QuarantineEntry)
    assert (empty.reason, len(empty.sha256)) == (Reason.EMPTY, 64)
    assert isinstance(absent, QuarantineEntry)
    assert (absent.reason, absent.sha256) == (Reason.ABSENT, "")


def test_unknown_aus_are_masked() -> None:
    au, known = au_vector({"AU12": 1.0, "AU4": 0.0, "AU18": 1.0}, OPENFACE17)
    assert [code for code, mask in zip(OPENFACE17, known, strict=True) if mask] == ["AU4", "AU12"]
    assert au.sum() == 1.0


def test_a_sample_holds_labels_landmarks_and_names() -> None:
    sample = photo_sample(FACE, PhotoAnnotation("N_1/N_1_2.jpg", {"AU12": 0.5}), "emotionet")
    assert sample["au"][CODES.index("AU12")] == 0.5
    assert np.array_equal(sample["au_left"], sample["au"])
    assert np.array_equal(sample["au_right"], sample["au"])
    assert (sample.key, sample["identity"]) == ("N_1/N_1_2.jpg", "photo-0000000000000abc")
    assert (sample["source"], sample["twin_of"]) == ("emotionet", "")
    assert sample["landmarks"].dtype == np.float32
    assert photo_sample(FACE, PhotoAnnotation("a.jpg", {}), "x", "Ann")["identity"] == "Ann"


def test_keys_fit_the_shard() -> None:
    assert sample_key("a/b.jpg") == "a/b.jpg"
    long, foreign = sample_key("x" * 100), sample_key("Bjørn.jpg")
    assert all(key.startswith("photo-") and len(key) == 38 for key in (long, foreign))
    assert long != sample_key("x" * 101)


@pytest.mark.parametrize(
    "options", [{"size": 1}, {"margin": -1.0}, {"min_score": 0.0}, {"second_face": 0.0}, {"max_outside": 1.5}]
)
def test_options_are_checked(options: dict[str, float]) -> None:
    with pytest.raises(ImportSetupError, match=next(iter(options))):
        PhotoConfig(**options)


@pytest.mark.skipif(not LONDON.exists(), reason="the shared photographs are not here")
def test_a_photograph_and_its_reduction_are_framed_alike() -> None:
    image = Image.open(sorted((LONDON / "smiling").glob("*.jpg"))[8])
    with FaceFramer(PhotoConfig(size=64)) as framer:
        large = framer.frame(np.asarray(image))
        small = framer.frame(np.asarray(image.resize((300, 300), Image.Resampling.LANCZOS)))
    assert np.abs(large.landmarks - small.landmarks).mean() < 0.6
    assert np.abs(large.image.astype(float) - small.image).mean() < 4.0
    assert np.abs(align(large.landmarks, 64).matrix - [[1, 0, 0], [0, 1, 0]]).max() < 1e-6
