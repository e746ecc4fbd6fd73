import numpy as np
import pytest

from gan.errors import DataError
from gan.guard import attention_verdict, check_intensities
from gan.schedule import LinearDecay


def _labels() -> tuple[np.ndarray, np.ndarray]:
    values = np.random.default_rng(0).random((20, 3)).astype(np.float32)
    return values, np.ones((20, 3), np.bool_)


KEYS = ("AU4", "AU12", "AU25")


def test_healthy_labels_pass() -> None:
    assert check_intensities(*_labels(), KEYS) == {}


@pytest.mark.parametrize(("column", "fault"), [(np.full(20, np.nan), "not finite"), (np.linspace(0, 5, 20), "outside")])
def test_broken_labels_stop_the_run(column: np.ndarray, fault: str) -> None:
    values, known = _labels()
    values[:, 1] = column
    with pytest.raises(DataError, match=f"1 of 3 .* AU12: {fault}"):
        check_intensities(values, known, KEYS)


def test_labels_that_teach_nothing_are_named_and_stop_the_run_when_nothing_is_left() -> None:
    values, known = _labels()
    values[:, 1], known[:, 2] = 0.0, False
    assert check_intensities(values, known, KEYS) == {"AU12": "always 0", "AU25": "never known"}
    values[:, 0] = 0.5
    with pytest.raises(DataError, match=r"3 of 3 .* AU4: always 0.5; AU12: always 0; AU25: never known"):
        check_intensities(values, known, KEYS)


def test_unknown_entries_are_not_judged() -> None:
    values, known = _labels()
    values[3, 0], known[3, 0] = 999.0, False
    check_intensities(values, known, KEYS)


@pytest.mark.parametrize(("mean", "saturated"), [(0.99, True), (0.5, False), (0.01, True), (0.95, False)])
def test_attention_is_marked_at_its_ends(mean: float, saturated: bool) -> None:
    verdict = attention_verdict([mean], [0.1])
    assert verdict.saturated is saturated
    assert bool(verdict.message) is saturated


def test_a_run_without_a_record_has_no_verdict() -> None:
    assert not attention_verdict([], []).saturated


def test_the_rate_stays_and_falls_to_zero_on_a_line() -> None:
    schedule = LinearDecay(10, 5)
    assert [schedule.factor(step) for step in (0, 9, 10, 11, 14, 15, 99)] == pytest.approx([1, 1, 1, 0.8, 0.2, 0, 0])
    assert LinearDecay(3, 0).factor(99) == 1.0
    with pytest.raises(ValueError, match="steps >= 0"):
        LinearDecay(-1, 0)
