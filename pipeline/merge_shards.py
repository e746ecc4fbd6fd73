"""Chooses the faces of one training set: an index of rows that point into shards; no pixel is copied."""

import sys

from faceset.merge import MergeSource, merge_shards
from pipeline import stage
from pipeline.params import Params


def run(params: Params, name: str) -> None:
    """Writes ``<merged>/<name>.parquet``."""
    arm = params.arm(name)
    folders = {"real": params.paths.shards / "real", "synthetic": params.paths.shards / "synthetic"}
    sources = [MergeSource(folders[source], _most(arm.count, share), share) for source, share in arm.sources.items()]
    merge_shards(params.paths.merged / f"{name}.parquet", sources, params.seed, params.splits.fractions)


def _most(count: int | None, share: float) -> int | None:
    return None if count is None else max(1, round(count * share))


if __name__ == "__main__":
    sys.exit(stage.main_of("arm", run))
