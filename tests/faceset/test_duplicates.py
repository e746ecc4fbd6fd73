"""Groups of like images, against comparing everything with everything."""

import itertools
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from faceset.duplicates import exact_groups, near_groups

WORDS = st.integers(0, 2**64 - 1)
LIKE = st.lists(st.tuples(st.integers(0, 3), st.lists(st.integers(0, 63), max_size=4)), min_size=1, max_size=40)
"""Hashes as (which of four centres, which bits are turned over)."""


def brute(count: int, alike: Any) -> list[list[int]]:
    """Returns the connected groups of two and more."""
    groups = [{index} for index in range(count)]
    for one, other in itertools.combinations(range(count), 2):
        if alike(one, other):
            first, second = (next(group for group in groups if index in group) for index in (one, other))
            if first is not second:
                first |= second
                groups.remove(second)
    return sorted(sorted(group) for group in groups if len(group) > 1)


def listed(groups: Any) -> list[list[int]]:
    return [group.tolist() for group in groups]


def apart(one: Any, other: Any) -> int:
    return (int(one) ^ int(other)).bit_count()


@settings(deadline=None)
@given(values=st.lists(st.integers(0, 5), max_size=30))
def test_exact_groups_are_equal_values(values: list[int]) -> None:
    found = listed(exact_groups(np.array(values, np.uint64)))
    assert found == brute(len(values), lambda one, other: values[one] == values[other])


@settings(deadline=None, max_examples=200)
@given(centres=st.lists(WORDS, min_size=4, max_size=4), turned=LIKE, distance=st.integers(0, 9) | st.just(63))
def test_near_groups_are_those_of_all_pairs(
    centres: list[int], turned: list[tuple[int, list[int]]], distance: int
) -> None:
    hashes = np.array([centres[which] ^ sum({1 << bit for bit in bits}) for which, bits in turned], np.uint64)
    found = listed(near_groups(hashes, distance))
    assert found == brute(len(hashes), lambda one, other: apart(hashes[one], hashes[other]) <= distance)


def test_bands_find_what_one_bucket_finds() -> None:
    """Enough hashes that bands are less work than all pairs, and are used."""
    rng = np.random.default_rng(0)
    hashes = rng.integers(0, 2**64, 2000, dtype=np.uint64)
    for row in range(0, 2000, 4):
        bits = rng.choice(64, row % 9, replace=False)
        hashes[row] = hashes[row + 1] ^ np.bitwise_or.reduce(
            np.uint64(1) << bits.astype(np.uint64), initial=np.uint64(0)
        )
    for distance in (0, 3, 6):
        expected = [[row, row + 1] for row in range(0, 2000, 4) if row % 9 <= distance]
        assert listed(near_groups(hashes, distance)) == expected


@settings(deadline=None, max_examples=100)
@given(
    hashes=st.lists(st.integers(0, 3), min_size=2, max_size=16),
    seed=st.integers(0, 99),
    least=st.sampled_from([-1.0, 0.0, 0.5, 0.9]),
)
def test_pixels_decide_where_hashes_collide(hashes: list[int], seed: int, least: float) -> None:
    rng = np.random.default_rng(seed)
    base = rng.integers(0, 200, (3, 4, 4))
    which, noise = rng.integers(0, 3, len(hashes)), rng.integers(0, 56, (len(hashes), 4, 4))
    thumbnails = (base[which] + noise).astype(np.uint8)
    correlation = np.corrcoef(thumbnails.reshape(len(hashes), -1).astype(float))

    def alike(one: int, other: int) -> bool:
        return apart(hashes[one], hashes[other]) <= 1 and bool(correlation[one, other] >= least)

    assert listed(near_groups(np.array(hashes, np.uint64), 1, thumbnails, least)) == brute(len(hashes), alike)


def test_a_lighter_copy_is_alike_and_another_picture_with_the_same_hash_is_not() -> None:
    picture = np.random.default_rng(1).integers(0, 200, (32, 32))
    thumbnails = np.array([picture, picture[::-1], picture + 40], np.uint8)
    assert listed(near_groups(np.zeros(3, np.uint64), 4, thumbnails, 0.99)) == [[0, 2]]


def test_images_of_one_colour_are_alike_where_it_is_the_same() -> None:
    thumbnails = np.zeros((5, 8, 8), np.uint8) + np.array([0, 255, 1, 254, 128], np.uint8)[:, None, None]
    thumbnails[4, 0, 0] = 255
    assert listed(near_groups(np.zeros(5, np.uint64), 0, thumbnails, 0.9)) == [[0, 2], [1, 3]]


def test_many_copies_are_one_group() -> None:
    """All pairs of these would be two thousand million."""
    hashes = np.repeat(np.array([5, 2**64 - 1], np.uint64), 33_000)
    first, second = near_groups(hashes, 4, np.zeros((66_000, 2, 2), np.uint8), 0.9)
    assert np.array_equal(first, np.arange(33_000))
    assert np.array_equal(second, np.arange(33_000, 66_000))


def test_nothing_has_no_groups() -> None:
    empty = np.zeros(0, np.uint64)
    assert (near_groups(empty, 4), near_groups(empty, 0, np.zeros((0, 32, 32), np.uint8)), exact_groups(empty)) == (
        [], [], [],
    )  # fmt: skip


@pytest.mark.parametrize("distance", [-1, 64])
def test_distances_out_of_range_are_refused(distance: int) -> None:
    with pytest.raises(ValueError, match="expected 0 to 63"):
        near_groups(np.zeros(2, np.uint64), distance)
