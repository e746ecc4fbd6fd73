"""Merging keeps identities in one split and families whole, and copies no pixel."""

import itertools
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from faceset.errors import ShardError
from faceset.loading import ShardSet
from faceset.merge import COLUMNS, MergeSource, merge_shards
from faceset.shards import Shard, write_shard

HALVES = {"train": 0.5, "val": 0.2, "test": 0.3}


@pytest.fixture(scope="module")
def sources(tmp_path_factory: Any, make_sample: Any) -> Path:
    """Real: 12 faces. Synthetic: 10 families of 3 twins in two shards. The identities overlap."""
    root = tmp_path_factory.mktemp("sources")
    real = [make_sample(number, source="real", identity=f"p{number % 7}") for number in range(12)]
    write_shard(root / "real" / "a.h5", real)
    twins = [_twin(make_sample, number) for number in range(30)]
    write_shard(root / "synthetic" / "a.h5", twins[:16])
    write_shard(root / "synthetic" / "b.h5", twins[16:])
    return root


def _twin(make_sample: Any, number: int) -> Any:
    base, which = divmod(number, 3)
    twin_of = "" if which == 0 else f"face {base}.{which - 1 if base % 2 else 0}"
    return make_sample(
        100 + number, source="synthetic", sample_key=f"face {base}.{which}", twin_of=twin_of, identity=f"p{base}"
    )


_names = itertools.count()


@settings(deadline=None, max_examples=25)
@given(
    seed=st.integers(0, 99),
    counts=st.tuples(st.none() | st.integers(1, 40), st.none() | st.integers(1, 40)),
    ratios=st.none() | st.tuples(st.floats(0.1, 9), st.floats(0.1, 9)),
)
def test_no_identity_lies_in_two_splits_and_no_family_is_broken(
    sources: Path, seed: int, counts: tuple[int | None, int | None], ratios: tuple[float, float] | None
) -> None:
    wanted = [
        MergeSource(sources / name, count, ratio)
        for name, count, ratio in zip(("real", "synthetic"), counts, ratios or (None, None), strict=True)
    ]
    frame = merge_shards(sources / "merged" / f"{next(_names)}.parquet", wanted, seed, HALVES)
    assert tuple(frame.columns) == COLUMNS
    assert (frame.groupby("identity")["split"].nunique() <= 1).all()
    taken = frame.groupby("source")["key"].nunique().to_dict()
    for name, source, most in zip(("real", "synthetic"), wanted, (12, 30), strict=True):
        assert taken.get(name, 0) <= min(source.max_count or most, most)
    bases = frame.loc[frame["source"] == "synthetic", "key"].str.split(".").str[0].value_counts()
    assert set(bases) <= {3}


def test_everything_is_taken_without_limits(sources: Path, tmp_path: Path) -> None:
    path = sources / "all.parquet"
    frame = merge_shards(path, [MergeSource(sources / "real"), MergeSource(sources / "synthetic")], 0, HALVES)
    assert len(frame) == 42
    pd.testing.assert_frame_equal(pd.read_parquet(path), frame)
    faces = ShardSet.from_index(path)
    for index in (0, 11, 12, 41):
        row = frame.iloc[index]
        shard = Shard.open(path.parent / row["shard"])
        assert np.array_equal(faces.images([index])[0], shard.pixels()[row["row"]])
    assert sum(len(ShardSet.from_index(path, split)) for split in ("train", "val", "test")) == 42


def test_ratios_give_the_largest_mixture(sources: Path) -> None:
    frame = merge_shards(
        sources / "mixed.parquet",
        [MergeSource(sources / "real", ratio=1.0), MergeSource(sources / "synthetic", ratio=1.0)],
        5,
    )
    assert frame["source"].value_counts().to_dict() == {"real": 12, "synthetic": 12}
    frame = merge_shards(
        sources / "mixed.parquet",
        [MergeSource(sources / "real", ratio=0.1), MergeSource(sources / "synthetic", ratio=0.3, max_count=18)],
        5,
    )
    assert frame["source"].value_counts().to_dict() == {"real": 6, "synthetic": 18}


def test_a_larger_limit_keeps_the_faces_of_a_smaller_one(sources: Path) -> None:
    keys = [
        set(merge_shards(sources / "n.parquet", [MergeSource(sources / "synthetic", count)], 5)["key"])
        for count in (6, 12, 30)
    ]
    assert keys[0] < keys[1] < keys[2]


_MERGE = """
import sys; from pathlib import Path
from faceset.merge import MergeSource, merge_shards
root = Path(sys.argv[1])
merge_shards(root / sys.argv[2], [MergeSource(root / "real", 5), MergeSource(root / "synthetic", 15)], 3)
"""


def test_the_same_shards_give_the_same_bytes(sources: Path) -> None:
    for seed in ("1", "2"):
        command = [sys.executable, "-c", _MERGE, str(sources), f"{seed}.parquet"]
        subprocess.run(command, check=True, env={**os.environ, "PYTHONHASHSEED": seed})
    assert (sources / "1.parquet").read_bytes() == (sources / "2.parquet").read_bytes()


def test_the_data_folder_may_move(sources: Path, tmp_path: Path) -> None:
    merge_shards(sources / "merged" / "here.parquet", [MergeSource(sources / "real")], 0)
    (tmp_path / "data").symlink_to(sources)
    assert len(ShardSet.from_index(tmp_path / "data" / "merged" / "here.parquet")) == 12
    assert pd.read_parquet(sources / "merged" / "here.parquet")["shard"].unique().tolist() == ["../real/a.h5"]


def test_an_index_that_no_longer_fits_is_refused(tmp_path: Path, make_sample: Any) -> None:
    write_shard(tmp_path / "s" / "a.h5", [make_sample(0), make_sample(1)])
    merge_shards(tmp_path / "i.parquet", [MergeSource(tmp_path / "s")], 0, {"train": 1.0})
    with pytest.raises(ShardError, match="no face in the split 'test'"):
        ShardSet.from_index(tmp_path / "i.parquet", "test")
    write_shard(tmp_path / "s" / "a.h5", [make_sample(1), make_sample(0)])
    with pytest.raises(ShardError, match="merge the shards again"):
        ShardSet.from_index(tmp_path / "i.parquet")
    with pytest.raises(ShardError, match="expected a merge index"):
        ShardSet.from_index(tmp_path / "absent.parquet")


def test_what_cannot_be_merged_is_refused(sources: Path, tmp_path: Path, make_sample: Any) -> None:
    path = tmp_path / "i.parquet"
    real = MergeSource(sources / "real")
    with pytest.raises(ShardError, match="once, found 12 again, such as 'sample 0'"):
        merge_shards(path, [real, real], 0)
    for bad in ([], [real, MergeSource(sources / "synthetic", ratio=1.0)]):
        with pytest.raises(ValueError, match="a ratio for each of them or for none"):
            merge_shards(path, bad, 0)
    write_shard(tmp_path / "large" / "a.h5", [make_sample(0, size=9)])
    with pytest.raises(ShardError, match="do not go with"):
        merge_shards(path, [real, MergeSource(tmp_path / "large")], 0)
    write_shard(tmp_path / "circle" / "a.h5", [make_sample(0, twin_of="sample 1"), make_sample(1, twin_of="sample 0")])
    with pytest.raises(ShardError, match="back to itself"):
        merge_shards(path, [MergeSource(tmp_path / "circle", 1)], 0)
    for numbers in ({"max_count": 0}, {"ratio": 0.0}, {"ratio": float("nan")}):
        with pytest.raises(ValueError, match="must be"):
            MergeSource(sources / "real", **numbers)
    assert not path.exists()
