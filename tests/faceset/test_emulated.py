"""The stand-in for photographs: each limit does what it says, and nothing else."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from faceset.sample import Sample
from faceset.sources.emulated import LabelLimits, emulated, limited
from facs.action_units import CODES


def generator(seed: int = 0) -> np.random.Generator:
    return np.random.default_rng(seed)


def sample(key: str = "face", known: int = 1) -> Sample:
    au = np.linspace(0, 1, len(CODES), dtype=np.float32) * known
    return Sample(
        {
            "image": np.full((8, 8, 3), 7, np.uint8),
            "au": au,
            "au_left": au,
            "au_right": np.zeros(len(CODES), np.float32),
            "au_known": np.full(len(CODES), known, np.uint8),
            "identity": "somebody",
            "sample_key": key,
            "source": "pyrender",
            "twin_of": "another",
            "gaze": np.zeros(2, np.float32),
            "head_pose": np.zeros(3, np.float32),
        }
    )


@given(st.lists(st.floats(0, 1, width=32), min_size=1, max_size=20), st.integers(2, 101))
def test_without_error_a_label_is_the_nearest_level(values: list[float], levels: int) -> None:
    au = np.array(values, np.float32)
    found = limited(au, LabelLimits(0.0, levels), generator())
    assert np.all(np.abs(found - au) <= 0.5 / (levels - 1) + 1e-6)
    steps = found * (levels - 1)
    assert np.allclose(steps, np.round(steps), atol=1e-4)


@given(st.floats(0, 1), st.integers(2, 6))
def test_a_wrong_label_is_another_level(value: float, levels: int) -> None:
    au = np.full(50, value, np.float32)
    right = limited(au, LabelLimits(0.0, levels), generator())
    wrong = limited(au, LabelLimits(1.0, levels), generator())
    assert not np.any(right == wrong)
    assert wrong.min() >= 0 and wrong.max() <= 1


def test_the_share_of_errors_is_the_one_asked_for_and_every_other_level_is_as_likely() -> None:
    au = np.zeros(60_000, np.float32)
    found = limited(au, LabelLimits(0.3, 4), generator())
    counts = np.bincount(np.round(found * 3).astype(int), minlength=4) / len(au)
    assert counts == pytest.approx([0.7, 0.1, 0.1, 0.1], abs=0.01)


def test_labels_are_of_both_sides_and_nothing_else_is_known() -> None:
    (found,) = emulated([sample()], LabelLimits(0.0, 2), seed=0)
    assert np.array_equal(found["au"], found["au_left"]) and np.array_equal(found["au"], found["au_right"])
    assert (found["source"], found["twin_of"], found["identity"]) == ("emulated", "", "somebody")
    assert "gaze" not in found and "head_pose" in found
    assert np.array_equal(found["image"], sample()["image"])


def test_an_unknown_label_stays_unknown() -> None:
    (found,) = emulated([sample(known=0)], LabelLimits(1.0, 2), seed=0)
    assert not found["au_known"].any() and not found["au"].any()


def test_the_errors_of_a_face_do_not_depend_on_the_others() -> None:
    limits = LabelLimits(0.5, 6)
    one, two = list(emulated([sample("a"), sample("b")], limits, seed=3))
    (again,) = emulated([sample("b")], limits, seed=3)
    assert np.array_equal(two["au"], again["au"]) and not np.array_equal(one["au"], two["au"])
    (other,) = emulated([sample("b")], limits, seed=4)
    assert not np.array_equal(other["au"], again["au"])


@pytest.mark.parametrize(("error", "levels"), [(-0.1, 2), (1.1, 2), (0.1, 1)])
def test_impossible_limits_are_refused(error: float, levels: int) -> None:
    with pytest.raises(ValueError, match="label_error"):
        LabelLimits(error, levels)
