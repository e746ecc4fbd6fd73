"""Hugging Face: Parquet files whose columns carry the types of the ``datasets`` library.

``data/train-00000-of-00003.parquet`` …, ``validation`` and ``test``; no person is in two. A column for each channel:

* ``image`` is an ``Image``, lossless PNG; ``segmentation`` and ``au_region`` are images of one channel;
* ``au``, ``au_left``, ``au_right`` … are one number for each Action Unit, by code: ``row["au"]["AU12"]``;
* ``au_known`` and other masks are columns of their own, true or false; ``au`` is 0 where ``au_known`` is false;
* ``source`` is a ``ClassLabel``; landmarks and maps are nested lists of fixed lengths; what a face lacks is null.
"""

import json
from collections.abc import Iterator, Mapping
from itertools import islice
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from faceset.channels import CHANNELS, Channel
from faceset.croissant import Layout, Source, is_mask, is_picture
from faceset.export.contents import Contents, ExportFile, plain_value
from faceset.export.png import png
from faceset.splits import Split

SPLIT_NAMES: dict[Split, str] = {"train": "train", "val": "validation", "test": "test"}
"""What the library calls the splits."""
ROW_GROUP = 128
"""Faces in one row group: what a reader decodes at once."""
_IMAGE_TYPE = pa.struct([("bytes", pa.binary()), ("path", pa.string())])


def write(folder: Path, contents: Contents) -> None:
    """Writes the Parquet files."""
    schema = _schema(contents)
    (folder / "data").mkdir()
    done = 0
    for file in contents.files():
        with pq.ParquetWriter(folder / parquet_name(file), schema, compression="snappy", write_page_index=True) as out:
            for rows in _batched(_rows(file, contents), ROW_GROUP):
                out.write_table(pa.Table.from_pylist(rows, schema), row_group_size=ROW_GROUP)
                done += len(rows)
                contents.progress(done)


def header(contents: Contents) -> dict[str, Any]:
    """Returns what the card's front matter must say for the library to find the splits."""
    files = [{"split": SPLIT_NAMES[split], "path": f"data/{SPLIT_NAMES[split]}-*.parquet"} for split in contents.splits]
    return {"configs": [{"config_name": "default", "data_files": files}]}


def parquet_name(file: ExportFile) -> str:
    """Returns where a file lies in the folder."""
    return f"data/{SPLIT_NAMES[file.split]}-{file.number:05d}-of-{file.of:05d}.parquet"


def features(contents: Contents) -> dict[str, Any]:
    """Returns the columns as the library writes its features down in Parquet files."""
    return {name: _feature(CHANNELS[name], contents) for name in contents.channels}


def _croissant_source(channel: Channel, code: str | None) -> Source:
    where = {"fileSet": {"@id": "parquet"}, "extract": {"column": channel.name}}
    inside = "bytes" if is_picture(channel) else code
    return {**where, "transform": {"jsonPath": inside}} if inside else where


LAYOUT = Layout({"parquet": "data/*.parquet"}, _croissant_source, by_code=True)
"""Where Croissant finds the channels."""


def _schema(contents: Contents) -> pa.Schema:
    told = {"info": {"features": features(contents)}}
    fields = [pa.field(name, _arrow(CHANNELS[name], contents)) for name in contents.channels]
    return pa.schema(fields, metadata={"huggingface": json.dumps(told)})


def _scalar(channel: Channel) -> str:
    return "bool" if is_mask(channel) else "string" if channel.is_text else channel.dtype


def _feature(channel: Channel, contents: Contents) -> Any:
    if is_picture(channel):
        return {"_type": "Image"}
    if channel.name == "source":
        return {"names": list(contents.sources), "_type": "ClassLabel"}
    value: dict[str, Any] = {"dtype": _scalar(channel), "_type": "Value"}
    if channel.shape == ("K",):
        return dict.fromkeys(contents.faces.au_codes, value)
    for length in reversed(_lengths(channel, contents)):
        # "Sequence" is understood by every version of the library, "List" by the newer ones alone.
        value = {"feature": value, "length": length, "_type": "Sequence"}
    return value


def _arrow(channel: Channel, contents: Contents) -> pa.DataType:
    if is_picture(channel):
        return _IMAGE_TYPE
    if channel.name == "source":
        return pa.int64()
    value = pa.type_for_alias(_scalar(channel))
    if channel.shape == ("K",):
        return pa.struct([(code, value) for code in contents.faces.au_codes])
    for length in reversed(_lengths(channel, contents)):
        value = pa.list_(value, length)
    return value


def _lengths(channel: Channel, contents: Contents) -> tuple[int, ...]:
    """Returns how long the nested lists are; -1 leaves it open: Parquet holds no null among lists of a fixed length."""
    height, width, _ = contents.faces.image_shape
    shape = channel.bound({"H": height, "W": width, "K": len(contents.faces.au_codes)})
    return tuple(-1 if channel.name in contents.partial else size for size in shape)


def _rows(file: ExportFile, contents: Contents) -> Iterator[dict[str, Any]]:
    sources = {name: number for number, name in enumerate(contents.sources)}
    for face in file:
        yield {
            name: _value(CHANNELS[name], face[name], contents, sources) for name in contents.channels if name in face
        }


def _value(channel: Channel, value: Any, contents: Contents, sources: Mapping[str, int]) -> Any:
    if is_picture(channel):
        return {"bytes": png(value), "path": None}
    if channel.name == "source":
        return sources[str(value)]
    if is_mask(channel):
        value = value.astype(bool)
    plain = plain_value(channel.name, value)
    return dict(zip(contents.faces.au_codes, plain, strict=True)) if channel.shape == ("K",) else plain


def _batched(rows: Iterator[dict[str, Any]], size: int) -> Iterator[list[dict[str, Any]]]:
    while batch := list(islice(rows, size)):
        yield batch
