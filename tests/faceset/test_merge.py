"""Merging keeps identities in one split and families whole, and copies no pixel."""

import itertools
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from faceset.checks import check_splits
from faceset.choice import ChoiceRules
from faceset.duplicates import Alike
from faceset.errors import ShardError
from faceset.evenness import cells, evenness
from faceset.loading import ShardSet
from faceset.merge import COLUMNS, LinkRules, Merged, MergeSource, merge_shards, merged
from faceset.shards import Shard, write_shard
from facs.action_units import CODES

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


def write_faces(folder: Path, samples: list[Any], parts: int = 1) -> MergeSource:
    for part in range(parts):
        write_shard(folder / f"{part}.h5", samples[part::parts])
    return MergeSource(folder)


def result(folder: Path, sources: list[MergeSource], rules: Any = None, link: Any = None, seed: int = 0) -> Merged:
    return merged(folder, sources, seed, HALVES, rules or ChoiceRules(), link or LinkRules())


def by_key(found: Merged, column: str = "split") -> dict[str, str]:
    return dict(zip(found.frame["key"], found.frame[column], strict=True))


def as_seen_again(image: Any, seed: int) -> Any:
    """Returns an image as another camera and a JPEG file would have left it: a little lighter, with noise."""
    return np.clip(image * 0.9 + 20 + np.random.default_rng(seed).normal(0, 3, image.shape), 0, 255).astype(np.uint8)


@settings(deadline=None, max_examples=15)
@given(
    pairs=st.lists(
        st.tuples(st.integers(0, 9), st.integers(0, 9), st.sampled_from(["table", "equal", "alike"])), max_size=8
    ),
    seed=st.integers(0, 99),
    namespaces=st.booleans(),
)
def test_whatever_links_people_puts_them_in_one_split(
    tmp_path_factory: Any, make_sample: Any, pairs: list[tuple[int, int, str]], seed: int, namespaces: bool
) -> None:
    folder = tmp_path_factory.mktemp("linked")
    real = [make_sample(row, size=16, identity=f"p{row}") for row in range(10)]
    table, rendered = [], [make_sample(100 + row, size=16, identity=f"q{row}") for row in range(10)]
    prefixes = ("a/", "b/") if namespaces else ("", "")
    for number, (one, other, how) in enumerate(pairs):
        if how == "table":
            table.append([f"{prefixes[0]}p{one}", f"{prefixes[1]}q{other}"])
        else:
            image = real[one]["image"] if how == "equal" else as_seen_again(real[one]["image"], number)
            rendered.append(make_sample(200 + number, size=16, identity=f"q{other}", image=image))
    sources = [write_faces(folder / "real", real), write_faces(folder / "rendered", rendered, 2)]
    if namespaces:
        sources = [replace(each, namespace=prefix[0]) for each, prefix in zip(sources, prefixes, strict=True)]
    found = result(folder, sources, link=LinkRules(Alike(), table), seed=seed)
    splits = dict(zip(found.frame["identity"], found.frame["split"], strict=True))
    components = _components([(f"p{one}", f"q{other}") for one, other, _ in pairs])
    for names in components:
        assert len({splits[prefixes[name[0] == "q"] + name] for name in names}) == 1
    assert sorted(len(link.identities) for link in found.links) == sorted(map(len, components))
    merge_shards(folder / "i.parquet", sources, seed, HALVES, link=LinkRules(Alike(), table))
    assert check_splits(folder / "i.parquet").passed


def _components(pairs: list[tuple[str, str]]) -> list[set[str]]:
    groups: list[set[str]] = []
    for pair in pairs:
        touching = [group for group in groups if group & set(pair)]
        groups = [group for group in groups if group not in touching] + [set(pair).union(*touching)]
    return groups


def test_without_links_the_same_faces_leak_and_the_check_says_so(tmp_path: Path, make_sample: Any) -> None:
    real = [make_sample(row, size=16, identity=f"p{row}") for row in range(30)]
    again = [
        make_sample(100 + row, 16, identity=f"q{row}", image=as_seen_again(real[row]["image"], row))
        for row in range(30)
    ]
    sources = [write_faces(tmp_path / "a", real), write_faces(tmp_path / "b", again)]
    merge_shards(tmp_path / "i.parquet", sources, 0, HALVES)
    leaks = {check.name: check for check in check_splits(tmp_path / "i.parquet").checks}
    assert (leaks["identity_leak"].status, leaks["image_leak"].status) == ("pass", "pass")
    assert leaks["near_image_leak"].status == "fail"
    assert leaks["near_image_leak"].found > 5
    merge_shards(tmp_path / "i.parquet", sources, 0, HALVES, link=LinkRules(Alike()))
    assert check_splits(tmp_path / "i.parquet").passed


def test_other_pictures_of_the_same_layout_are_not_linked(tmp_path: Path, make_sample: Any) -> None:
    """Faces share eyes, mouth and outline, and so most low frequencies; their pixels differ."""
    rng = np.random.default_rng(0)
    layout = cv2.GaussianBlur(rng.normal(size=(64, 64)), (0, 0), 8)
    heads = [
        400 * layout + 25 * cv2.GaussianBlur(rng.normal(size=(64, 64)), (0, 0), 1.5) / 0.19 + 128 for _ in range(40)
    ]
    images = [np.repeat(np.clip(head, 0, 255)[..., None], 3, axis=-1).astype(np.uint8) for head in heads]
    samples = [make_sample(row, image=image, identity=f"p{row}") for row, image in enumerate(images)]
    source = write_faces(tmp_path / "a", samples)
    assert result(tmp_path, [source], link=LinkRules(Alike(64 // 2, -1.0))).links != ()
    assert result(tmp_path, [source], link=LinkRules(Alike())).links == ()


@pytest.fixture(scope="module")
def families(make_sample: Any) -> list[Any]:
    """Returns 40 families of one to three twins of 12 people, with uneven Action Units."""
    rng, made = np.random.default_rng(0), []
    for number in range(40):
        for twin in range(1 + number % 3):
            level = rng.choice([0.0, 0.1, 0.3, 0.5, 0.8, 1.0], len(CODES), p=[0.7, 0.2, 0.04, 0.03, 0.02, 0.01])
            au = level.astype(np.float32)
            made.append(
                make_sample(
                    len(made),
                    au=au,
                    au_left=au,
                    au_right=au,
                    au_known=np.ones(len(CODES), np.uint8),
                    identity=f"p{number % 12}",
                    sample_key=f"f{number}.{twin}",
                    twin_of=f"f{number}.0" if twin else "",
                )
            )
    return made


@pytest.mark.parametrize(
    "rules",
    [ChoiceRules(), ChoiceRules(4), ChoiceRules(balance=("AU1", "AU12")), ChoiceRules(5, "near", ("AU4", "AU12"))],
    ids=["by hash", "cap", "balance", "all"],
)
def test_no_order_of_shards_and_sources_changes_anything(
    tmp_path: Path, make_sample: Any, families: list[Any], rules: ChoiceRules
) -> None:
    other = [make_sample(900 + row, identity=f"p{row % 9}") for row in range(12)]
    sources = [
        replace(write_faces(tmp_path / "a", families, 1), max_count=30),
        replace(write_faces(tmp_path / "b", other, 3), max_count=9),
    ]
    turned = [
        replace(write_faces(tmp_path / "c", other[::-1], 2), max_count=9),
        replace(write_faces(tmp_path / "d", families[::-1], 4), max_count=30),
    ]
    link = LinkRules(Alike(), [["p1", "p2"]])
    one, other_way = result(tmp_path, sources, rules, link), result(tmp_path, turned, rules, link)
    assert by_key(one) == by_key(other_way)
    assert one.sources == other_way.sources[::-1]
    assert one.evenness == other_way.evenness


def test_faces_added_later_move_nobody_between_splits(tmp_path: Path, make_sample: Any, families: list[Any]) -> None:
    link = LinkRules(Alike())
    before = by_key(result(tmp_path, [write_faces(tmp_path / "a", families[:50])], link=link))
    everything = [*families, *(make_sample(900 + row, identity=f"p{row}") for row in range(25))]
    rules = ChoiceRules(9, balance=("AU1",))
    after = by_key(result(tmp_path, [replace(write_faces(tmp_path / "b", everything, 2), max_count=70)], rules, link))
    both = before.keys() & after.keys()
    assert len(both) > 10
    assert all(after[key] == before[key] for key in both)


def test_sets_merged_of_some_of_the_sources_agree_on_every_split(
    tmp_path: Path, make_sample: Any, families: list[Any]
) -> None:
    """Whoever is trained on in one arm is in no other arm's test split, also where only a third source links them."""
    photos = write_faces(tmp_path / "a", families)
    photographs = {f"p{row}": next(face for face in families if face["identity"] == f"p{row}") for row in range(12)}
    again = [
        make_sample(900 + row, identity=f"q{row // 2}", image=as_seen_again(photographs[f"p{row}"]["image"], row))
        for row in range(12)
    ]
    renders = write_faces(tmp_path / "b", again)
    both = result(tmp_path, [photos, renders], link=LinkRules(Alike()))
    alone = result(tmp_path, [photos], link=LinkRules(Alike(), others=[renders]))
    assert len(both.links) == 6
    assert set(by_key(both, "identity").values()) > set(by_key(alone, "identity").values())
    assert by_key(alone) == {key: split for key, split in by_key(both).items() if key in by_key(alone)}
    assert len(alone.moved) > 0


@pytest.mark.parametrize("most", [1, 3, 6, 100])
def test_nobody_has_more_faces_than_the_cap(tmp_path: Path, make_sample: Any, families: list[Any], most: int) -> None:
    other = [make_sample(900 + row, identity=f"p{row % 6}") for row in range(12)]
    sources = [write_faces(tmp_path / "a", families), write_faces(tmp_path / "b", other)]
    found = result(tmp_path, sources, ChoiceRules(most), LinkRules(same_people=[["p10", "p11"]]))
    person = found.frame["identity"].replace({"p11": "p10"})
    counts = person.value_counts()
    assert counts.max() <= most
    # Nobody misses a family that would fit.
    left_out = pd.DataFrame({face["sample_key"]: [face["identity"]] for face in [*families, *other]}).T[0]
    left_out = left_out.drop(found.frame["key"]).replace({"p11": "p10"})
    sizes = left_out.index.str.split(".").str[0].value_counts()
    for key, name in left_out.items():
        assert counts.get(name, 0) + sizes[key.split(".")[0]] > most
    for account in found.sources:
        assert account["available"] == account["taken"] + sum(account["dropped"].values())
        assert sum(account["splits"].values()) == account["taken"]
    assert set(found.sources[0]["dropped"]) <= {"identity_cap"}


def test_an_image_is_taken_once_where_duplicates_are_not_kept(tmp_path: Path, make_sample: Any) -> None:
    faces = [make_sample(row, size=16) for row in range(6)]
    equal = [make_sample(10 + row, size=16, image=faces[row]["image"]) for row in range(2)]
    alike = [make_sample(20 + row, size=16, image=as_seen_again(faces[row]["image"], row)) for row in (2, 3)]
    twins = [
        make_sample(30, size=16),
        make_sample(31, size=16, image=make_sample(30, size=16)["image"], twin_of="sample 30", identity="person 0"),
    ]
    sources = [write_faces(tmp_path / "a", [*faces, *twins]), write_faces(tmp_path / "b", [*equal, *alike])]
    taken = {}
    for duplicates in ("keep", "exact", "near"):
        found = result(tmp_path, sources, ChoiceRules(duplicates=duplicates), LinkRules(Alike()))
        taken[duplicates] = len(found.frame)
        assert {"sample 30", "sample 31"} <= set(found.frame["key"])
        assert sum(account["dropped"].get("duplicate", 0) for account in found.sources) == 12 - len(found.frame)
    assert taken == {"keep": 12, "exact": 10, "near": 8}


@pytest.mark.parametrize("count", [20, 40, 60])
def test_balance_makes_action_units_more_even_than_chance(tmp_path: Path, families: list[Any], count: int) -> None:
    codes = ("AU1", "AU4", "AU12", "AU25")
    source = replace(write_faces(tmp_path / "a", families, 2), max_count=count)
    even = result(tmp_path, [source], ChoiceRules(balance=codes))
    chance = [_evenness_by_hash(tmp_path, source, codes, seed) for seed in range(5)]
    assert even.evenness is not None
    available, found = even.evenness
    assert found > max(*chance, available)
    assert count - 2 <= len(even.frame) <= count
    assert set(even.frame["key"].str.split(".").str[0].value_counts()) <= {1, 2, 3}
    assert even.sources[0]["dropped"] == {"balance": 79 - len(even.frame)}


def _evenness_by_hash(folder: Path, source: MergeSource, codes: tuple[str, ...], seed: int) -> float:
    every = ShardSet.from_folder(source.folder)
    columns = [every.au_codes.index(code) for code in codes]
    places = cells(every.labels("au")[:, columns], every.labels("au_known")[:, columns])
    keys = set(result(folder, [source], seed=seed).frame["key"])
    return evenness(places[[key in keys for key in every.labels("sample_key")]], places)


def test_an_unknown_action_unit_cannot_be_balanced(tmp_path: Path, families: list[Any]) -> None:
    source = write_faces(tmp_path / "a", families[:9])
    with pytest.raises(ValueError, match="balance: expected Action Units of the shards, found AU99"):
        result(tmp_path, [source], ChoiceRules(balance=("AU99",)))
    with pytest.raises(ValueError, match="at least 1"):
        ChoiceRules(0)
    with pytest.raises(ValueError, match="expected 0 to 63 bits"):
        Alike(64)


def test_names_of_two_sources_are_other_people_in_their_namespaces(tmp_path: Path, make_sample: Any) -> None:
    faces = [make_sample(row, identity=f"p{row}") for row in range(20)]
    other = [make_sample(100 + row, identity=f"p{row}") for row in range(20)]
    sources = [write_faces(tmp_path / "a", faces), write_faces(tmp_path / "b", other)]
    named = [replace(source, namespace=name) for source, name in zip(sources, ("a", "b"), strict=True)]
    shared = result(tmp_path, sources).frame
    own = result(tmp_path, named).frame
    assert shared.groupby("identity")["split"].nunique().max() == 1
    assert own["identity"].nunique() == 40
    pairs = own["split"].groupby(own["identity"].str[2:]).nunique()
    assert pairs.max() == 2
    # Whoever reads the index sees its names, also in a part of it.
    merge_shards(tmp_path / "i.parquet", named, 0, HALVES)
    faces = ShardSet.from_index(tmp_path / "i.parquet")
    assert faces.labels("identity").tolist() == own["identity"].tolist()
    assert faces.subset([3, 25]).labels("identity").tolist() == own["identity"].iloc[[3, 25]].tolist()
    assert check_splits(tmp_path / "i.parquet").passed
