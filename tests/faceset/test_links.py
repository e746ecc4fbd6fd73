"""Linked people are the connected groups of whatever links them, and share the split that is held out most."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from faceset.errors import LinkError
from faceset.links import Link, Links, read_same_people
from faceset.splits import split_of, split_of_linked

NAMES = "abcdefgh"
GROUPS = st.lists(st.lists(st.sampled_from(NAMES), min_size=1, max_size=3), max_size=8)
THIRDS = {"train": 0.4, "val": 0.3, "test": 0.3}


def linked(groups: list[list[str]]) -> Links:
    links = Links()
    for group in groups:
        links.add(group, "table")
    return links


def connected(groups: list[list[str]]) -> list[tuple[str, ...]]:
    """Returns the connected groups of two and more by closing the relation step by step."""
    reach = {name: {name} for name in NAMES}
    for _ in NAMES:
        for group in groups:
            union = set().union(*(reach[name] for name in group))
            for name in union:
                reach[name] |= union
    return sorted({tuple(sorted(names)) for names in reach.values() if len(names) > 1})


@given(groups=GROUPS)
def test_groups_are_what_is_connected(groups: list[list[str]]) -> None:
    links = linked(groups)
    assert [link.identities for link in links.groups] == connected(groups)
    for names in connected(groups):
        assert {links.leader(name) for name in names} == {names[0]}
    assert links.groups == linked(groups[::-1]).groups


@given(groups=GROUPS, more=GROUPS, seed=st.integers(0, 99))
def test_a_split_is_that_of_the_group_and_new_links_bring_nobody_into_training(
    groups: list[list[str]], more: list[list[str]], seed: int
) -> None:
    order = ("test", "val", "train")
    before = linked(groups).splits(NAMES, seed, THIRDS)
    after = linked(groups + more).splits(NAMES, seed, THIRDS)
    for names in connected(groups):
        assert len({before[name] for name in names}) == 1
    alone = set(NAMES).difference(*connected(groups))
    assert all(before[name] == split_of(name, seed, THIRDS) for name in alone)
    assert all(order.index(after[name]) <= order.index(before[name]) for name in NAMES)
    # Whoever is in no group with a new link stays.
    touched = set().union(*more) if more else set()
    still = [names for names in connected(groups + more) if not touched & set(names)]
    assert all(after[name] == before[name] for names in still for name in names)


def test_a_linked_split_is_the_one_held_out_most() -> None:
    names = {split: [name for name in map(str, range(60)) if split_of(name, 0, THIRDS) == split] for split in THIRDS}
    assert split_of_linked([names["train"][0], names["val"][0]], 0, THIRDS) == "val"
    assert split_of_linked([names["val"][0], names["train"][0], names["test"][0]], 0, THIRDS) == "test"
    assert split_of_linked(names["train"][:9], 0, THIRDS) == "train"


def test_reasons_are_kept() -> None:
    links = Links()
    links.add_groups(np.array(["b", "a", "c", "d"], dtype=object), [np.array([0, 1]), np.array([3])], "twins")
    links.add(["c", "b"], "table")
    links.add(["x", "x"], "table")
    assert links.groups == (Link(("a", "b", "c"), ("table", "twins")),)


def test_a_table_is_read(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text("\ufeffidentity,person\nphotos/ann,1\n\nann (2), 1 \nbea,2\n", encoding="utf-8")
    assert read_same_people(tmp_path / "t.csv") == [["photos/ann", "ann (2)"], ["bea"]]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", r"t.csv:1: expected the columns identity,person, found \[\]"),
        ("identity\nann\n", "expected the columns identity,person"),
        ("identity,person\nann,1\nann,2\n", "t.csv:3: 'ann' comes twice"),
        ("identity,person\nann\n", "t.csv:2: expected an identity and a person"),
        ("identity,person\n,1\n", "t.csv:2: expected an identity and a person"),
        (None, "expected a CSV table of identities and persons"),
        (b"\xff\xfe\x00", "expected a CSV table of identities and persons"),
    ],
)
def test_a_table_that_says_nothing_is_refused(tmp_path: Path, text: str | bytes | None, message: str) -> None:
    if text is not None:
        (tmp_path / "t.csv").write_bytes(text if isinstance(text, bytes) else text.encode())
    with pytest.raises(LinkError, match=message):
        read_same_people(tmp_path / "t.csv")
