"""Splits depend on the identity's name and the seed alone."""

import math
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from faceset.errors import FacesetError
from faceset.splits import SPLITS, split_of

NAMES = st.text(max_size=12)
FRACTIONS = st.tuples(st.integers(0, 9), st.integers(0, 9), st.integers(1, 9)).map(
    lambda parts: dict(zip(SPLITS, (part / sum(parts) for part in parts), strict=True))
)


@given(names=st.lists(NAMES, unique=True), more=st.lists(NAMES), seed=st.integers(), fractions=FRACTIONS)
def test_new_identities_move_nobody(names: list[str], more: list[str], seed: int, fractions: dict[str, float]) -> None:
    before = {name: split_of(name, seed, fractions) for name in names}
    after = {name: split_of(name, seed, fractions) for name in [*more, *reversed(names)]}
    assert all(after[name] == split for name, split in before.items())
    assert all(fractions[split] > 0 for split in before.values())


@given(name=NAMES, seed=st.integers(0, 99), test=st.floats(0, 0.5), val=st.floats(0, 0.4), more=st.floats(0, 0.1))
def test_more_training_moves_nobody_into_the_test_split(
    name: str, seed: int, test: float, val: float, more: float
) -> None:
    before = split_of(name, seed, {"train": 1 - test - val, "val": val, "test": test})
    less = max(val - more, 0.0)
    after = split_of(name, seed, {"train": 1 - test - less, "val": less, "test": test})
    assert (before == "test") == (after == "test")


def test_the_fractions_are_met() -> None:
    count = 20_000
    found = Counter(split_of(f"person {number}", 3, {"train": 0.7, "val": 0.1, "test": 0.2}) for number in range(count))
    for split, part in (("train", 0.7), ("val", 0.1), ("test", 0.2)):
        # Five standard deviations of a binomial count.
        assert abs(found[split] - part * count) < 5 * math.sqrt(count * part * (1 - part))


PARTS = {"train": 0.4, "val": 0.3, "test": 0.3}
KNOWN = ["test", "test", "train", "train", "val", "test", "val", "test", "test", "val", "val", "train"]


def test_known_splits_stay() -> None:
    """The values are written down: data that was split stays split so with every later version."""
    assert [split_of(f"person {number}", 0, PARTS) for number in range(12)] == KNOWN


def test_seeds_differ() -> None:
    names = [str(number) for number in range(200)]
    assert [split_of(name, 0) for name in names] != [split_of(name, 1) for name in names]


@pytest.mark.parametrize(
    ("fractions", "message"),
    [
        ({"train": 0.5, "val": 0.1, "test": 0.1}, "expected a sum of 1"),
        ({"train": 1.5, "test": -0.5}, r"in \[0, 1\]"),
        ({"train": 0.5, "tset": 0.5}, "expected train, val and test"),
        ({"train": float("nan"), "test": 0.5}, r"in \[0, 1\]"),
    ],
)
def test_fractions_that_describe_no_split_are_refused(fractions: dict[str, float], message: str) -> None:
    with pytest.raises(FacesetError, match=message):
        split_of("a", 0, fractions)
