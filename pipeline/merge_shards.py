"""Chooses the faces of one training set: an index of rows that point into shards; no pixel is copied."""

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from faceset.atomic import remove_leftovers
from faceset.choice import ChoiceRules
from faceset.duplicates import Alike
from faceset.index import write_index
from faceset.links import read_same_people
from faceset.manifest import MANIFEST, file_sha256, read_manifest
from faceset.merge import LinkRules, Merged, MergeSource, merged
from pipeline import stage
from pipeline.files import sealed, whole
from pipeline.params import Arm, Params, Splits
from pipeline.progress import say

LINKED = ("real", "synthetic")
"""Sources whose people are linked in every arm, also where it takes none of them: so all arms agree on the splits."""
LISTED = 100
"""Links that the account names; it counts all."""
MANY = 0.1
"""Of the people of an arm: a linked group of more is rather a rule too loose than one person."""


def run(params: Params, name: str) -> None:
    """Writes ``<merged>/<name>.parquet``, and ``<name>.json``: the shards it points into, and an account of the choice.

    Who depends on both files depends on the pixels of this arm, and not on those of other arms.

    Raises:
        ShardError: a source has no shards, or they do not go together.
        LinkError: the table of equal identities cannot be read.
    """
    arm, index = params.arm(name), params.paths.merged / f"{name}.parquet"
    sources = [_source(params, each, _most(arm.count, share), share) for each, share in arm.sources.items()]
    others = [_source(params, each) for each in LINKED if each not in arm.sources]
    result = merged(
        index.parent,
        sources,
        params.seed,
        params.splits.fractions,
        ChoiceRules(arm.max_per_identity, arm.duplicates, arm.balance),
        _links(params, [other for other in others if (other.folder / MANIFEST).is_file()]),
    )
    with whole(index.with_suffix(".json")) as path:  # holds this arm against other runs
        remove_leftovers(index.parent, index.name)
        write_index(index, result.frame)
        content = {"index": file_sha256(index), **_shards(result.frame, index.parent), **account(arm, result)}
        path.write_text(sealed(content), encoding="utf-8")
    _tell(name, result)


def _source(params: Params, name: str, most: int | None = None, share: float | None = None) -> MergeSource:
    return MergeSource(params.paths.shards / name, most, share, "" if params.splits.same_names else name)


def _most(count: int | None, share: float) -> int | None:
    return None if count is None else max(1, round(count * share))


def _links(params: Params, others: Sequence[MergeSource]) -> LinkRules:
    return LinkRules(alike_of(params.splits), read_same_people(params.paths.same_people), others)


def alike_of(splits: Splits) -> Alike | None:
    """Returns when images look alike; None where only equal ones count."""
    return None if splits.near_distance is None else Alike(splits.near_distance, splits.near_correlation)


def _shards(frame: pd.DataFrame, base: Path) -> dict[str, dict[str, str | int]]:
    files = {str(shard): base / str(shard) for shard in sorted(frame["shard"].unique())}
    return {
        "shards": {shard: read_manifest(path.parent)[path.name].sha256 for shard, path in files.items()},
        "faces": {str(split): int(number) for split, number in sorted(frame["split"].value_counts().items())},
    }


def account(arm: Arm, result: Merged) -> dict[str, Any]:
    """Returns what was taken of each source, what was dropped and why, and who was united, as plain values."""
    evenness = result.evenness and dict(zip(("available", "taken"), result.evenness, strict=True))
    return {
        "sources": dict(zip(arm.sources, result.sources, strict=True)),
        "evenness": evenness,
        "links": {
            "groups": len(result.links),
            "identities": sum(len(link.identities) for link in result.links),
            "largest": max((len(link.identities) for link in result.links), default=0),
            "moved": len(result.moved),
            "listed": [vars(link) for link in result.links[:LISTED]],
        },
    }


def _tell(name: str, result: Merged) -> None:
    if result.links:
        united = sum(len(link.identities) for link in result.links)
        first = result.links[0]
        say(
            f"facsmith: merge {name}: {united} people lie in {len(result.links)} linked groups, each in one split, "
            f"such as {' and '.join(first.identities[:2])} ({', '.join(first.reasons)}); {name}.json lists them"
        )
    largest, people = (
        max((len(link.identities) for link in result.links), default=0),
        result.frame["identity"].nunique(),
    )
    if largest > max(MANY * people, 2):
        say(
            f"facsmith: merge {name}: one linked group holds {largest} people, of {people} in the arm, and lies in one "
            "split; if they are not the same, raise splits.near_correlation or lower splits.near_distance"
        )


if __name__ == "__main__":
    sys.exit(stage.main_of("arm", run))
