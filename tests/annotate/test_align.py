"""The aligner against known similarities."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from annotate.align import STABLE, FramingTemplate, Similarity, align, fit_similarity, frontal_template
from annotate.errors import AlignmentError
from faceset.channels import IBUG68_FLIP

SIMILARITIES = st.builds(
    Similarity,
    scale=st.floats(0.02, 50),
    rotation=st.floats(-3.1, 3.1),
    translation=st.tuples(st.floats(-2000, 2000), st.floats(-2000, 2000)),
)
SIZES = st.one_of(st.integers(16, 512), st.tuples(st.integers(16, 512), st.integers(16, 512)))


def close(one: Similarity, other: Similarity, tolerance: float = 1e-9) -> bool:
    return bool(np.allclose(one.matrix, other.matrix, rtol=tolerance, atol=tolerance * 1000))


@given(SIMILARITIES, SIZES, st.floats(-0.2, 0.5))
def test_align_recovers_a_known_similarity(truth: Similarity, size: int | tuple[int, int], margin: float) -> None:
    template = frontal_template().pixels(size, margin)
    photo = truth.inverse().apply(template)
    found = align(photo, size, margin)
    assert found.scale == pytest.approx(truth.scale, rel=1e-9)
    assert np.allclose(found.apply(photo), template, atol=1e-6)
    assert np.allclose(found.matrix[:, :2], truth.matrix[:, :2], rtol=1e-9, atol=1e-9 * truth.scale)


def test_align_is_exact_at_the_scale_of_photographs() -> None:
    truth = Similarity(0.31, 0.2, (12.5, -40.0))
    template = frontal_template().pixels(128)
    assert close(align(truth.inverse().apply(template), 128), truth, 1e-12)


@given(SIMILARITIES, SIMILARITIES)
def test_inverse_and_composition(one: Similarity, other: Similarity) -> None:
    points = np.array([[0.0, 0.0], [100.0, 3.0], [-7.0, 55.0]])
    assert np.allclose(one.inverse().apply(one.apply(points)), points, atol=1e-6)
    assert np.allclose(one.after(other).apply(points), one.apply(other.apply(points)), rtol=1e-9, atol=1e-6)


@given(SIMILARITIES)
def test_moving_the_photograph_moves_nothing_in_the_crop(motion: Similarity) -> None:
    rng = np.random.default_rng(0)
    face = frontal_template().pixels(200) + rng.normal(0, 3, (68, 2))
    moved = motion.apply(face)
    assert np.allclose(align(moved, 96).apply(moved), align(face, 96).apply(face), atol=1e-5)


def test_least_squares_beats_its_neighbours() -> None:
    rng = np.random.default_rng(1)
    source, target = rng.normal(0, 10, (13, 2)), rng.normal(0, 10, (13, 2))
    best = fit_similarity(source, target)

    def cost(similarity: Similarity) -> float:
        return float(np.sum((similarity.apply(source) - target) ** 2))

    for _ in range(200):
        nudge = rng.normal(0, 1e-3, 4)
        near = Similarity(
            best.scale * (1 + nudge[0]),
            best.rotation + nudge[1],
            (best.translation[0] + nudge[2], best.translation[1] + nudge[3]),
        )
        assert cost(near) >= cost(best)


def test_a_mirrored_face_is_not_reflected() -> None:
    face = frontal_template().pixels(100)
    mirrored = np.array([100.0, 0.0]) + face[list(IBUG68_FLIP)] * [-1.0, 1.0]
    assert np.allclose(mirrored, face, atol=1e-9)
    wrong_order = np.array([100.0, 0.0]) + face * [-1.0, 1.0]
    assert align(wrong_order, 100).scale < 0.9


def test_only_stable_landmarks_count() -> None:
    face = frontal_template().pixels(128)
    talking = face.copy()
    moving = [index for index in range(68) if index not in STABLE]
    talking[moving] = np.nan
    assert close(align(talking, 128), align(face, 128), 1e-12)


def test_the_average_face_lies_in_the_frame_with_room_for_the_jaw() -> None:
    points = frontal_template().points
    assert points.min() > 0.1
    assert points[:, 0].max() < 0.9
    assert 0.1 < points[17:27, 1].min() < 0.2
    assert 0.75 < points[8, 1] < 0.85
    mouth_to_chin = points[8, 1] - points[66, 1]
    assert points[8, 1] + 0.7 * mouth_to_chin < 1.0


def test_margin_shrinks_about_the_centre() -> None:
    template = frontal_template()
    assert np.allclose(template.pixels((100, 200)) - [0.0, 50.0], template.pixels(100))
    assert np.allclose(template.pixels(100, 0.5), 50 + (template.pixels(100) - 50) / 2)


@pytest.mark.parametrize(
    "landmarks",
    [np.zeros((68, 2)), np.full((68, 2), np.nan), np.zeros((5, 2)), np.full((68, 2), np.inf)],
)
def test_landmarks_without_a_frame_are_refused(landmarks: np.ndarray) -> None:
    with pytest.raises(AlignmentError), np.errstate(invalid="ignore"):
        align(landmarks, 64)


def test_templates_and_similarities_are_checked() -> None:
    with pytest.raises(AlignmentError, match="68 finite points"):
        FramingTemplate(np.zeros((5, 2)))
    with pytest.raises(AlignmentError, match="scale above 0"):
        Similarity(0.0, 0.0, (0.0, 0.0))
    with pytest.raises(AlignmentError, match="margin"):
        frontal_template().pixels(64, -0.6)
