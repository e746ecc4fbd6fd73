"""The audit reads back motions that were made, and names the labels that were spoilt."""

from typing import Any

import numpy as np
import pytest

from faceset.errors import SampleError
from faceset.label_audit import RIGID, aligned, audit, motion_of, rank_correlation, turn_terms, worst

CODES = ("AU12", "AU25", "AU6")


def made(count: int = 600, seed: int = 0, noise: float = 0.002) -> dict[str, Any]:
    """Faces whose mouth corners rise with AU12, whose lower lip drops with AU25, and in which AU6 moves nothing."""
    rng = np.random.default_rng(seed)
    mean = np.random.default_rng(99).uniform(-1, 1, (68, 2))
    people = np.arange(count) // 6
    shape = rng.normal(0, 0.05, (people.max() + 1, 68, 2))
    shape[:, RIGID] *= 0.1
    au = rng.random((count, 3)) * (rng.random((count, 3)) < 0.6)
    points = mean + shape[people] + rng.normal(0, noise, (count, 68, 2))
    points[:, [48, 54], 1] += 0.3 * au[:, :1]
    points[:, 57, 1] -= 0.4 * au[:, 1]
    pose = rng.uniform(-0.3, 0.3, (count, 3))
    points[:, 33, 0] += 0.5 * pose[:, 0]
    angle, scale = rng.uniform(-0.4, 0.4, count), rng.uniform(20, 60, count)
    turn = np.stack([np.cos(angle), -np.sin(angle), np.sin(angle), np.cos(angle)], axis=1).reshape(-1, 2, 2)
    points = scale[:, None, None] * points @ turn + rng.uniform(0, 100, (count, 1, 2))
    return {"landmarks": points, "au": au, "turns": turn_terms(pose), "people": people}


def audited(faces: dict[str, Any], motion: Any = None) -> tuple[dict[str, Any], Any]:
    known = np.ones(faces["au"].shape, np.bool_)
    return audit(faces["landmarks"], faces["au"], known, faces["turns"], faces["people"], CODES, motion)


def test_alignment_takes_away_place_turn_and_size() -> None:
    rng = np.random.default_rng(0)
    face = rng.normal(size=(68, 3))
    turns = np.linalg.qr(rng.normal(size=(20, 3, 3)))[0]
    turns *= np.sign(np.linalg.det(turns))[:, None, None]
    moved = rng.uniform(0.5, 9, (20, 1, 1)) * (face @ turns) + rng.normal(size=(20, 1, 3))
    shapes, reference = aligned(moved)
    np.testing.assert_allclose(shapes, np.broadcast_to(reference, shapes.shape), atol=1e-9)
    assert np.linalg.norm(reference[45] - reference[36]) == pytest.approx(1.0)
    with pytest.raises(SampleError, match="expected landmarks"):
        aligned(np.zeros((3, 5, 2)))


def test_exact_labels_agree_with_the_motion_that_they_made() -> None:
    rows, _ = audited(made())
    for code in ("AU12", "AU25"):
        assert rows[code]["correlation"]["value"] > 0.95
        assert rows[code]["monotone"] is True
    assert abs(rows["AU6"]["correlation"]["value"]) < 0.15
    assert rows["AU6"]["reach"] < 0.1 * rows["AU12"]["reach"]


def test_wrong_labels_lower_the_agreement_and_are_named() -> None:
    teacher, photographs = made(seed=1), made(seed=2)
    motion = motion_of(teacher["landmarks"], teacher["au"], teacher["turns"], teacher["people"], CODES)
    sound, _ = audited(photographs, motion)
    spoilt = np.arange(0, 600, 31)
    photographs["au"][spoilt, 0] = np.where(photographs["au"][spoilt, 0] < 0.4, 1.0, 0.0)
    rows, off = audited(photographs, motion)
    assert rows["AU12"]["correlation"]["value"] < sound["AU12"]["correlation"]["value"] - 0.02
    assert rows["AU25"]["correlation"]["value"] == pytest.approx(sound["AU25"]["correlation"]["value"], abs=1e-6)
    face, column = worst(off, np.array([True, True, False]), len(spoilt))
    assert set(column.tolist()) == {0}
    assert len(set(face.tolist()) & set(spoilt.tolist())) >= 0.9 * len(spoilt)


def test_labels_that_do_not_rise_with_the_motion_are_not_monotone() -> None:
    faces = made()
    motion = motion_of(faces["landmarks"], faces["au"], faces["turns"], faces["people"], CODES)
    shown = faces["au"][:, 0] > 0
    faces["au"][shown, 0] = 1.01 - faces["au"][shown, 0]  # faint and strong change places
    rows, _ = audited(faces, motion)
    assert rows["AU12"]["monotone"] is False
    assert rows["AU25"]["monotone"] is True


def test_nothing_is_said_of_unknown_or_rare_labels() -> None:
    faces = made(60)
    faces["au"][:, 0] = 0.0
    faces["au"][:3, 0] = 1.0
    known = np.ones(faces["au"].shape, np.bool_)
    known[:, 1] = False
    rows, off = audit(faces["landmarks"], faces["au"], known, faces["turns"], faces["people"], CODES)
    assert "AU12" not in rows
    assert "AU25" not in rows
    assert np.isnan(off[:, :2]).all()
    assert worst(np.full((4, 3), np.nan), np.ones(3, np.bool_), 5)[0].tolist() == []


def test_rank_correlation_asks_for_order_alone() -> None:
    values = np.random.default_rng(0).random(50)
    assert rank_correlation(values, np.exp(5 * values)) == pytest.approx(1.0)
    assert rank_correlation(values, -values) == pytest.approx(-1.0)
    assert np.isnan(rank_correlation(values, np.ones(50)))
