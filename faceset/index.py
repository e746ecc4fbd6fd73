"""The index of a merged set: one row for each face, with the shard and the row in it where the face lies."""

from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from faceset.atomic import replacing
from faceset.errors import ShardError
from faceset.tables import read_table

TEXTS = ("shard", "key", "identity", "split", "source")
"""Columns of every index; ``shard`` is a path relative to the index's folder."""
WHOLE = ("row",)


def write_index(path: Path, frame: pd.DataFrame) -> None:
    """Writes an index; the same rows give the same bytes."""
    with replacing(path) as temporary:
        frame.to_parquet(temporary, index=False, compression="zstd")


def read_index(path: Path, columns: Sequence[str] = (*TEXTS, *WHOLE)) -> pd.DataFrame:
    """Returns columns of an index that ``write_index`` wrote; those that nobody asks for are not read.

    Raises:
        ShardError: it cannot be read, or is no merge index.
    """
    try:
        whole = [each for each in columns if each in WHOLE]
        return read_table(path, [each for each in columns if each not in whole], whole)
    except (OSError, ValueError) as error:
        raise ShardError(f"{path}: expected a merge index: {error}; run the stage that merges shards") from error
