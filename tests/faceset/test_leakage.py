"""Planted leaks are found, and nothing else."""

import numpy as np

from faceset.duplicates import exact_groups
from faceset.families import families
from faceset.leakage import divided, leaks
from faceset.splits import split_of

FRACTIONS = {"train": 0.8, "val": 0.1, "test": 0.1}


def test_planted_leaks_are_found() -> None:
    splits = np.array(["train", "train", "test", "test", "val", "train", "test"])
    people = np.array(["ann", "bob", "ann", "cyd", "dan", "eve", "fay"])
    checksums = np.array([1, 2, 3, 2, 4, 5, 6], np.uint64)
    near = [np.array([0, 1]), np.array([4, 6]), np.array([5, 6])]
    kin = np.array([0, 1, 2, 3, 4, 5, 5])
    found = leaks(splits, people, exact_groups(checksums), near, kin)
    assert (found["identities"], found["identities_named"]) == (1, ["ann"])
    assert (found["images"], found["images_named"]) == (1, [[1, 3]])
    # 0 and 1 lie in one split; 5 and 6 are a face and its twin.
    assert (found["lookalikes"], found["lookalikes_named"]) == (1, [[4, 6]])
    assert found["faces"] == {"test": 3, "train": 3, "val": 1}


def test_nothing_is_found_where_splits_follow_people() -> None:
    people = np.array([f"person {number % 40}" for number in range(400)])
    splits = np.array([split_of(name, 1, FRACTIONS) for name in people.tolist()])
    groups = [np.flatnonzero(people == name) for name in np.unique(people)]
    assert divided(groups, splits) == []
    assert leaks(splits, people, groups, groups, np.arange(400))["identities"] == 0


def test_families_follow_chains_of_twins_in_any_order() -> None:
    keys = np.array(["d", "b", "a", "c", "e"])
    twin_of = np.array(["c", "a", "", "b", "gone"])
    assert families(keys, twin_of).tolist() == [2, 2, 2, 2, 4]
    circle = families(np.array(["a", "b"]), np.array(["b", "a"]))
    assert len(circle) == 2
    long = np.array([f"{number:03d}" for number in range(200)])
    assert set(families(long, np.array(["", *long[:-1]])).tolist()) == {0}
