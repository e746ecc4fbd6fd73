"""A table is read whole and of the right kinds, or not at all; the message names the column."""

from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from faceset.errors import ShardError, SpecError
from faceset.index import TEXTS, WHOLE, read_index, write_index
from faceset.spec import read_specs
from faceset.tables import read_table


def written(path: Path, **columns: object) -> Path:
    pq.write_table(pa.table(columns), path)
    return path


@given(st.lists(st.tuples(st.text(max_size=5), st.integers(-(2**62), 2**62)), max_size=8))
def test_what_is_written_is_read(tmp_path_factory: pytest.TempPathFactory, rows: list[tuple[str, int]]) -> None:
    path = tmp_path_factory.mktemp("table") / "table.parquet"
    texts, numbers = [row[0] for row in rows], [row[1] for row in rows]
    written(path, name=pa.array(texts, pa.large_string()), row=pa.array(numbers, pa.int64()))
    frame = read_table(path, ["name"], ["row"])
    assert list(zip(frame["name"], frame["row"], strict=True)) == rows


@pytest.mark.parametrize(
    ("column", "told"),
    [
        (pa.array(["a", None]), "column name: expected text in every row, found 1 empty cells"),
        (pa.array([b"a", b"b"]), "column name: expected text, found binary"),
        (pa.array([1.0, 2.0]), "column name: expected text, found double"),
        (pa.array([["a"], ["b"]]), "column name: expected text, found list"),
    ],
)
def test_a_column_that_is_no_text_is_named(tmp_path: Path, column: pa.Array, told: str) -> None:
    with pytest.raises(ValueError, match=told):
        read_table(written(tmp_path / "table.parquet", name=column), ["name"])


def test_numbers_are_numbers_and_may_be_missing(tmp_path: Path) -> None:
    path = written(tmp_path / "table.parquet", name=["a", "b"], au=pa.array([0.5, None], pa.float32()))
    frame = read_table(path, ["name"], others=True)
    assert frame["au"].tolist()[0] == 0.5 and pd.isna(frame["au"][1])
    with pytest.raises(ValueError, match="column row: expected whole numbers, found double"):
        read_table(written(path, name=["a"], row=[0.5]), ["name"], ["row"])
    with pytest.raises(ValueError, match="column row: expected whole numbers in every row, found 1 empty"):
        read_table(written(path, name=["a", "b"], row=[1, None]), ["name"], ["row"])
    with pytest.raises(ValueError, match="column other: expected numbers, found string"):
        read_table(written(path, name=["a"], other=["b"]), ["name"], others=True)


def test_damaged_notes_to_pandas_do_no_harm(tmp_path: Path) -> None:
    path = tmp_path / "table.parquet"
    pq.write_table(pa.table({"name": ["a"]}).replace_schema_metadata({"pandas": '{"columns": [{}]}'}), path)
    assert read_table(path, ["name"])["name"].tolist() == ["a"]


def test_missing_columns_and_files_are_told(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="expected the columns name, other, each once, found name"):
        read_table(written(tmp_path / "table.parquet", name=["a"]), ["name", "other"])
    with pytest.raises(OSError, match="absent"):
        read_table(tmp_path / "absent.parquet", ["name"])
    (tmp_path / "text.parquet").write_text("no parquet at all")
    with pytest.raises(ValueError, match="Parquet"):
        read_table(tmp_path / "text.parquet", ["name"])


def test_an_index_and_specifications_with_empty_cells_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "index.parquet"
    columns = {name: ["x", "y"] for name in TEXTS} | {name: [0, 1] for name in WHOLE}
    write_index(path, pd.DataFrame(columns))
    assert read_index(path)["shard"].tolist() == ["x", "y"]
    for name in (*TEXTS, *WHOLE):
        with pytest.raises(ShardError, match=f"expected a merge index: column {name}: .*1 empty cells"):
            read_index(written(path, **(columns | {name: [columns[name][0], None]})))
        with pytest.raises(ShardError, match=f"expected a merge index: column {name}: .*found binary"):
            read_index(written(path, **(columns | {name: [b"x", b"y"]})))
    with pytest.raises(SpecError, match="expected a parquet file of sample specifications: column spec"):
        read_specs(written(path, spec=[None, "{}"]))
