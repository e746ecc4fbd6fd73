"""Twins as a table of edits whose result is known."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from faceset.errors import ShardError
from faceset.faces import ArrayFaces
from faceset.loading import ShardSet
from faceset.shards import write_shard
from faceset.splits import split_of
from faceset.twins import COLUMNS, TwinGroups, TwinPairs, write_twins
from facs.action_units import CODES

PARTS = {"train": 0.5, "val": 0.25, "test": 0.25}


def faces(families: list[int], au: Any = None) -> ArrayFaces:
    """Families of so many faces: the first of each is the base of the others; two families are one person."""
    rows = [(base, member) for base, size in enumerate(families) for member in range(size)]
    keys = [f"face {base}.{member}" for base, member in rows]
    values = np.random.default_rng(0).random((len(rows), 2)).astype(np.float32) if au is None else au
    known = np.ones((len(rows), 2), np.uint8)
    known[::3, 1] = 0
    labels = {
        "sample_key": np.array(keys, dtype=np.str_),
        "twin_of": np.array([f"face {base}.0" if member else "" for base, member in rows], dtype=np.str_),
        "identity": np.array([f"person {base // 2}" for base, _ in rows], dtype=np.str_),
        "au": values * known,
        "au_known": known,
    }
    return ArrayFaces(np.zeros((len(rows), 4, 4, 3), np.uint8), labels, ("AU4", "AU12"))


@given(st.lists(st.integers(1, 5), min_size=1, max_size=8))
def test_every_face_is_paired_with_every_twin_both_ways(families: list[int]) -> None:
    data = faces(families)
    pairs = TwinPairs.of(data, "set", 3, PARTS)
    keys = data.labels("sample_key")
    base = [str(key).split(".")[0] for key in keys]
    expected = {(i, j) for i in range(len(keys)) for j in range(len(keys)) if i != j and base[i] == base[j]}
    assert len(pairs) == len(expected) == sum(size * (size - 1) for size in families)
    assert set(zip(pairs.source.tolist(), pairs.target.tolist(), strict=True)) == expected
    assert TwinGroups.of(data).all_pairs().tolist() == sorted(map(list, expected))
    forward = {(s, t) for s, t in TwinGroups.of(data).pairs().tolist()}
    assert forward <= expected


def test_what_is_asked_is_what_the_target_shows() -> None:
    data = faces([3, 2, 1, 2])
    pairs = TwinPairs.of(data, "set", 3, PARTS)
    au, known = data.labels("au"), data.labels("au_known")
    assert np.array_equal(pairs.au, au[pairs.target])
    assert np.array_equal(pairs.au_known, known[pairs.target] == 1)
    assert not pairs.au_known.all()
    table = pairs.table
    assert tuple(table.columns) == (*COLUMNS, "AU4", "AU12")
    assert np.array_equal(np.isnan(table["AU12"]), ~pairs.au_known[:, 1]), "what is not known is empty, never 0"
    assert table["source"].tolist() == data.labels("sample_key")[pairs.source].tolist()
    assert table["target"].tolist() == data.labels("sample_key")[pairs.target].tolist()


def test_relations_and_resting_faces_are_named() -> None:
    au = np.array([[0, 0], [0.5, 0], [0.2, 0.1]], np.float32)
    table = TwinPairs.of(faces([3], au), "set").table.set_index(["source_index", "target_index"])
    found = {pair: (row["relation"], row["neutral"]) for pair, row in table.iterrows()}
    assert found == {
        (0, 1): ("from_base", "source"),
        (0, 2): ("from_base", "source"),
        (1, 0): ("to_base", "target"),
        (2, 0): ("to_base", "target"),
        (1, 2): ("siblings", ""),
        (2, 1): ("siblings", ""),
    }


def test_splits_are_those_of_the_identities() -> None:
    data = faces([2] * 60)
    pairs = TwinPairs.of(data, "set", 3, PARTS)
    people = data.labels("identity")
    assert (people[pairs.source] == people[pairs.target]).all()
    assert pairs.split.tolist() == [split_of(str(who), 3, PARTS) for who in people[pairs.source]]
    assert set(pairs.split) == {"train", "val", "test"}
    assert set(TwinPairs.of(data, "set", 3, {"test": 1.0}).split) == {"test"}


def test_a_table_of_sets_gives_each_its_pairs_back(tmp_path: Path) -> None:
    sets = {"one": faces([2, 3, 1]), "none": faces([1, 1]), "two": faces([2, 2])}
    write_twins(tmp_path / "twins.parquet", [TwinPairs.of(data, name, 1, PARTS) for name, data in sets.items()])
    assert pd.read_parquet(tmp_path / "twins.parquet")["set"].unique().tolist() == ["one", "two"]
    for name, data in sets.items():
        again, made = TwinPairs.load(tmp_path / "twins.parquet", name, data), TwinPairs.of(data, name, 1, PARTS)
        for part in ("source", "target", "au", "au_known"):
            assert np.array_equal(getattr(again, part), getattr(made, part)), part
        assert again.split.tolist() == made.split.tolist()
    some = TwinPairs.load(tmp_path / "twins.parquet", "one", sets["one"], split="train")
    assert set(some.split) <= {"train"}
    with pytest.raises(ShardError, match="lists other faces of one"):
        TwinPairs.load(tmp_path / "twins.parquet", "one", sets["two"])


def test_sets_without_twins_make_an_empty_table(tmp_path: Path) -> None:
    data = faces([1, 1, 1])
    write_twins(tmp_path / "twins.parquet", [TwinPairs.of(data, "set")])
    assert tuple(pd.read_parquet(tmp_path / "twins.parquet").columns) == (*COLUMNS, "AU4", "AU12")
    assert len(TwinPairs.load(tmp_path / "twins.parquet", "set", data)) == 0
    (tmp_path / "bad.parquet").write_bytes(b"no table")
    with pytest.raises(ShardError, match=r"bad\.parquet: expected a table of twins"):
        TwinPairs.load(tmp_path / "bad.parquet", "set", data)


def test_shards_are_read_alike(tmp_path: Path, make_sample: Callable[..., Any]) -> None:
    samples = [make_sample(number, twin_of=f"sample {number - 1}" if number % 2 else "") for number in range(6)]
    write_shard(tmp_path / "shards" / "0.h5", samples, au_codes=CODES)
    stored = ShardSet.from_folder(tmp_path / "shards")
    pairs = TwinPairs.of(stored, "shards")
    assert pairs.source.tolist() == [0, 1, 2, 3, 4, 5] and pairs.target.tolist() == [1, 0, 3, 2, 5, 4]
    images = stored.images(pairs.target)
    assert all(np.array_equal(image, samples[t]["image"]) for image, t in zip(images, pairs.target, strict=True))
