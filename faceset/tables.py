"""Parquet tables, read as what they have to be: whole columns of text, of whole numbers and of numbers."""

from collections.abc import Callable, Sequence
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq


def read_table(path: Path, texts: Sequence[str], whole: Sequence[str] = (), others: bool = False) -> pd.DataFrame:
    """Returns columns of a table.

    Args:
        path: of the parquet file.
        texts: columns of text, without empty cells.
        whole: columns of whole numbers, without empty cells.
        others: also the other columns, which hold numbers or empty cells.

    Raises:
        OSError: the file cannot be read.
        ValueError: it is no such table.
    """
    try:
        with pq.ParquetFile(path) as file:
            names = list(file.schema_arrow.names)
            _check_names(names, [*texts, *whole])
            table = file.read(None if others else [*texts, *whole])
        table.validate(full=True)
    except pa.ArrowException as error:
        raise ValueError(str(error)) from error
    for name in table.column_names:
        kind, fits = _expected(name, texts, whole)
        column = table.column(name)
        if not fits(column.type):
            raise ValueError(f"column {name}: expected {kind}, found {column.type}")
        if name in (*texts, *whole) and column.null_count:
            raise ValueError(f"column {name}: expected {kind} in every row, found {column.null_count} empty cells")
    frame: pd.DataFrame = table.replace_schema_metadata(None).to_pandas()  # notes to pandas may be damaged too
    return frame


def _check_names(names: Sequence[str], wanted: Sequence[str]) -> None:
    missing = [name for name in wanted if name not in names]
    if missing or len(set(names)) < len(names):
        raise ValueError(f"expected the columns {', '.join(wanted)}, each once, found {', '.join(names)[:200]}")


def _expected(name: str, texts: Sequence[str], whole: Sequence[str]) -> tuple[str, Callable[[pa.DataType], bool]]:
    if name in texts:
        return "text", lambda kind: pa.types.is_string(kind) or pa.types.is_large_string(kind)
    if name in whole:
        return "whole numbers", pa.types.is_integer
    return "numbers", lambda kind: pa.types.is_floating(kind) or pa.types.is_integer(kind)
