"""Chooses the faces of one training set: an index of rows that point into shards; no pixel is copied."""

import sys
from pathlib import Path

import pandas as pd

from faceset.manifest import file_sha256, read_manifest
from faceset.merge import MergeSource, merge_shards
from pipeline import stage
from pipeline.files import described, whole
from pipeline.params import Params


def run(params: Params, name: str) -> None:
    """Writes ``<merged>/<name>.parquet``, and ``<name>.json``: the shards it points into and their sha256.

    Who depends on both files depends on the pixels of this arm, and not on those of other arms.
    """
    arm = params.arm(name)
    folders = {"real": params.paths.shards / "real", "synthetic": params.paths.shards / "synthetic"}
    sources = [MergeSource(folders[source], _most(arm.count, share), share) for source, share in arm.sources.items()]
    index = params.paths.merged / f"{name}.parquet"
    frame = merge_shards(index, sources, params.seed, params.splits.fractions)
    with whole(index.with_suffix(".json")) as path:
        content = {"index": file_sha256(index), **_content(frame, index.parent)}
        path.write_text(described(content), encoding="utf-8")


def _most(count: int | None, share: float) -> int | None:
    return None if count is None else max(1, round(count * share))


def _content(frame: pd.DataFrame, base: Path) -> dict[str, dict[str, str | int]]:
    files = {str(shard): base / str(shard) for shard in sorted(frame["shard"].unique())}
    return {
        "shards": {shard: read_manifest(path.parent)[path.name].sha256 for shard, path in files.items()},
        "faces": {str(split): int(number) for split, number in sorted(frame["split"].value_counts().items())},
    }


if __name__ == "__main__":
    sys.exit(stage.main_of("arm", run))
