"""Merging: which faces of which shards make up a training set. An index, a parquet file; no pixel is copied.

Faces are chosen in whole families (a face with its twins; ``faceset.choice``). People are in one split, and so is
everybody who is linked with them (``faceset.links``). Neither the choice nor the splits depend on the order of the
shards, and the splits do not depend on what was chosen.
"""

import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from faceset.choice import Choice, ChoiceRules
from faceset.duplicates import Alike, exact_groups, like_groups
from faceset.errors import ShardError
from faceset.evenness import cells, evenness
from faceset.index import write_index
from faceset.links import Link, Links
from faceset.loading import ShardSet, open_folder
from faceset.shards import Shard
from faceset.splits import DEFAULT_FRACTIONS, split_of

COLUMNS = ("shard", "row", "key", "identity", "split", "source", "twin_of")

Indices = npt.NDArray[np.int64]


@dataclass(frozen=True)
class MergeSource:
    """One folder of shards and how much of it to take.

    Attributes:
        folder: of shards.
        max_count: at most so many faces, or None for all.
        ratio: share of this source in the merged set, relative to the other sources' ratios; None takes all that
            ``max_count`` allows, whatever the others give. Either every source has a ratio or none has.
        namespace: put before its identities, "photos" makes "photos/ann" of "ann"; "" for none: a name that comes in
            two sources is one person.

    Raises:
        ValueError: a number is out of range.
    """

    folder: Path
    max_count: int | None = None
    ratio: float | None = None
    namespace: str = ""

    def __post_init__(self) -> None:
        """Checks the ranges."""
        if self.max_count is not None and self.max_count < 1:
            raise ValueError(f"{self.folder}: max_count must be at least 1, found {self.max_count}")
        if self.ratio is not None and not 0.0 < self.ratio < float("inf"):
            raise ValueError(f"{self.folder}: ratio must be positive, found {self.ratio}")


@dataclass(frozen=True)
class LinkRules:
    """Who lies in one split although the names differ. Equal images always link.

    Attributes:
        alike: images that look alike link; None: only equal ones.
        same_people: groups of identities that are one person, named as in the index.
        others: sources of which nothing is taken, but whose faces and people link. With the same sources in both
            places, any two sets merged of them agree on every split.
    """

    alike: Alike | None = None
    same_people: Sequence[Sequence[str]] = ()
    others: Sequence[MergeSource] = ()


@dataclass(frozen=True)
class Merged:
    """A merged set.

    Attributes:
        frame: one row per face, columns ``COLUMNS``, ordered by shard and row.
        sources: by the number of the source: faces ``available``, ``taken``, ``splits`` and ``dropped`` by reason.
        links: who was united.
        moved: identities that lie in another split than their name alone would put them in.
        evenness: of the Action Units to balance, (of what there is, of what was taken); None without balance.
    """

    frame: pd.DataFrame
    sources: tuple[Mapping[str, Any], ...]
    links: tuple[Link, ...]
    moved: tuple[str, ...]
    evenness: tuple[float, float] | None


def merge_shards(
    path: Path,
    sources: Sequence[MergeSource],
    seed: int,
    fractions: Mapping[str, float] = DEFAULT_FRACTIONS,
    rules: ChoiceRules | None = None,
    link: LinkRules | None = None,
) -> pd.DataFrame:
    """Writes the index of a merged set and returns it: the ``frame`` of ``merged``, which see."""
    result = merged(path.parent, sources, seed, fractions, rules or ChoiceRules(), link or LinkRules())
    write_index(path, result.frame)
    return result.frame


def merged(
    folder: Path,
    sources: Sequence[MergeSource],
    seed: int,
    fractions: Mapping[str, float],
    rules: ChoiceRules,
    link: LinkRules,
) -> Merged:
    """Returns a merged set.

    Args:
        folder: where the index will lie: its paths of shards are relative to it.
        sources: what to merge.
        seed: of the split and of the choice of faces.
        fractions: of the identities in train, val and test.
        rules: which faces to take.
        link: who lies in one split.

    Raises:
        ShardError: a folder has no shard, shards do not go together, or a sample key comes twice.
        ValueError: no source, ratios for some sources alone, or an unknown Action Unit.
    """
    if not sources or len({source.ratio is None for source in sources}) != 1:
        raise ValueError("expected at least one source, and a ratio for each of them or for none")
    offer = _Offer(folder, sources, link)
    links = offer.links(link.same_people)
    choice = _choice(offer, sources, rules, seed, links)
    frame = offer.table[choice.taken].sort_values(["shard", "row"], kind="stable", ignore_index=True)
    _check_unique(folder, frame)
    splits = links.splits(frame["identity"].unique().tolist(), seed, fractions)
    frame["split"] = frame["identity"].map(splits).astype("str")
    return Merged(
        frame[list(COLUMNS)],
        tuple(_account(offer, choice, frame, part) for part in range(len(sources))),
        links.groups,
        tuple(sorted(name for name, split in splits.items() if split != split_of(name, seed, fractions))),
        _evenness(offer, rules, choice),
    )


class _Offer:
    """What there is to choose from.

    Attributes:
        faces: (N + M,) of all sources; of the first N some may be taken, the others are there to be linked.
        identities: (N + M,) names, as in the index.
        table: (N) rows with the columns of the index but the split, and ``part``, the number of the source.
    """

    def __init__(self, folder: Path, sources: Sequence[MergeSource], link: LinkRules) -> None:
        every = [*sources, *link.others]
        opened = [open_folder(source.folder) for source in every]
        self.faces = ShardSet([shard for shards in opened for shard in shards])
        tables = [_table(shards, folder, part, every[part]) for part, shards in enumerate(opened)]
        self.identities = np.concatenate([table["identity"].to_numpy(dtype=object) for table in tables])
        self.table = pd.concat(tables[: len(sources)], ignore_index=True)
        self._alike = link.alike

    @cached_property
    def equal(self) -> list[Indices]:
        """Groups of equal images."""
        return exact_groups(self.faces.labels("checksum"))

    @cached_property
    def alike(self) -> list[Indices]:
        """Groups of images that look alike; of equal ones where the rules ask for no more."""
        return self.equal if self._alike is None else like_groups(self.faces, self._alike)

    def links(self, same_people: Iterable[Iterable[str]]) -> Links:
        """Returns who lies in one split."""
        links = Links()
        for names in same_people:
            links.add(names, "table")
        links.add_groups(self.identities, self.equal, "equal images")
        links.add_groups(self.identities, self.alike, "alike images")
        links.add_groups(self.identities, self._twins(), "twins")
        return links

    def _twins(self) -> list[Indices]:
        twin = self.faces.twins()
        return list(np.stack([np.arange(len(twin)), twin], axis=1)[twin >= 0])

    def places(self, codes: Sequence[str]) -> Indices:
        """Returns the cells of ``faceset.evenness`` of the faces in the table, (N, K)."""
        absent = sorted(set(codes) - set(self.faces.au_codes))
        if absent:
            raise ValueError(f"balance: expected Action Units of the shards, found {', '.join(absent)}")
        columns = [self.faces.au_codes.index(code) for code in codes]
        au, known = (self.faces.labels(name)[: len(self.table), columns] for name in ("au", "au_known"))
        return cells(au, known)


def _table(shards: Sequence[Shard], folder: Path, part: int, source: MergeSource) -> pd.DataFrame:
    table = pd.concat([_rows(shard, folder) for shard in shards], ignore_index=True)
    if source.namespace:
        table["identity"] = f"{source.namespace}/" + table["identity"]
    return table.assign(part=part)


def _rows(shard: Shard, base: Path) -> pd.DataFrame:
    """Returns the faces of a shard: shard, row, key, identity, source, twin_of."""
    relative = Path(os.path.relpath(shard.path.resolve(), base.resolve())).as_posix()
    texts = {name: shard.labels(name) for name in ("sample_key", "identity", "source", "twin_of")}
    frame = pd.DataFrame({name: pd.Series(values.tolist(), dtype="str") for name, values in texts.items()})
    frame.insert(0, "row", np.arange(shard.num_samples, dtype=np.int64))
    frame.insert(0, "shard", pd.Series([relative] * shard.num_samples, dtype="str"))
    return frame.rename(columns={"sample_key": "key"})


def _choice(offer: _Offer, sources: Sequence[MergeSource], rules: ChoiceRules, seed: int, links: Links) -> Choice:
    """Returns what is taken: each image once, then no more of a person, then as many of each source as go together."""
    people = [links.leader(name) for name in offer.table["identity"]]
    choice = Choice(offer.table.assign(identity=people), seed)
    if rules.duplicates != "keep":
        groups = offer.alike if rules.duplicates == "near" else offer.equal
        choice.drop_repeated(group[group < len(offer.table)] for group in groups)
    if rules.max_per_identity is not None:
        choice.cap(rules.max_per_identity)
    places = offer.places(rules.balance) if rules.balance else None
    limits = _limits(sources, [choice.count(part) for part in range(len(sources))])
    for part, limit in enumerate(limits):
        choice.fit(part, limit, places)
    return choice


def _limits(sources: Sequence[MergeSource], available: Sequence[int]) -> list[int]:
    """Returns how many faces to take of each source: the largest set with the wanted ratios."""
    most = [min(source.max_count or count, count) for source, count in zip(sources, available, strict=True)]
    ratios = [source.ratio for source in sources if source.ratio is not None]
    if not ratios:
        return most
    total = min(count / ratio for count, ratio in zip(most, ratios, strict=True))
    # The source that limits the set must not lose a face to the rounding of its own quotient.
    return [min(count, int(total * ratio + 1e-9)) for count, ratio in zip(most, ratios, strict=True)]


def _check_unique(folder: Path, frame: pd.DataFrame) -> None:
    repeated = frame.loc[frame["key"].duplicated(), "key"]
    if len(repeated):
        raise ShardError(
            f"{folder}: expected every sample key once, found {len(repeated)} again, such as {repeated.iloc[0]!r}; "
            "is one folder a copy of another?"
        )


def _account(offer: _Offer, choice: Choice, frame: pd.DataFrame, part: int) -> dict[str, Any]:
    ours = frame[frame["part"] == part]
    return {
        "available": int((offer.table["part"] == part).sum()),
        "taken": len(ours),
        "splits": {str(split): int(number) for split, number in sorted(ours["split"].value_counts().items())},
        "dropped": choice.dropped(part),
    }


def _evenness(offer: _Offer, rules: ChoiceRules, choice: Choice) -> tuple[float, float] | None:
    if not rules.balance:
        return None
    places = offer.places(rules.balance)
    return evenness(places, places), evenness(places[choice.taken], places)
