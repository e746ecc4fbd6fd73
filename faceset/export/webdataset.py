"""WebDataset: tar files of ``samples``, each a few members of one name, read in sequence.

``train-000000.tar`` … hold the same number of faces each, but the last of a split. A face is three kinds of members:

* ``000000042.png`` the image, lossless;
* ``000000042.json`` texts, single numbers and Action Units (by code; 0 where ``au_known`` is 0);
* ``000000042.landmarks.npy`` and so on: every other channel, one numpy array each.

The name is the face's number in the set; ``sample_key`` is in the JSON. ``index.json`` lists the tar files (the layout
of ``wids``), the AU codes and the names of the segmentation's classes.
The tar files have no dates, owners or modes of their own: the same shards give the same bytes.
"""

import io
import json
import tarfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from faceset.channels import CHANNELS, IMAGE, Array, Channel
from faceset.croissant import Layout, Source
from faceset.export.contents import Contents, ExportFile, Face, plain_value
from faceset.export.png import png

INDEX = "index.json"


def write(folder: Path, contents: Contents) -> None:
    """Writes the tar files and their index."""
    listed, done = [], 0
    for file in contents.files():
        name = f"{file.split}-{file.number:06d}.tar"
        _write_tar(folder / name, file, contents, done)
        done += len(file.indices)
        size = (folder / name).stat().st_size
        listed.append({"url": name, "nsamples": len(file.indices), "filesize": size, "split": file.split})
    index = {
        "__kind__": "wids-shard-index-v1",
        "wids_version": 1,
        "shardlist": listed,
        "au_codes": list(contents.faces.au_codes),
        "segments": list(contents.segments),
    }
    (folder / INDEX).write_text(json.dumps(index, indent=1) + "\n", encoding="utf-8")


def _write_tar(path: Path, file: ExportFile, contents: Contents, done: int) -> None:
    with tarfile.open(path, "w", format=tarfile.USTAR_FORMAT) as tar:
        for number, face in enumerate(file, start=done + 1):
            for suffix, content in _members(face, contents.faces.au_codes):
                _add(tar, f"{face['number']:09d}.{suffix}", content)
            contents.progress(number)


def _add(tar: tarfile.TarFile, name: str, content: bytes) -> None:
    # A fresh TarInfo has date 0, owner 0 and mode 0644.
    info = tarfile.TarInfo(name)
    info.size = len(content)
    tar.addfile(info, io.BytesIO(content))


def _members(face: Face, codes: tuple[str, ...]) -> Iterator[tuple[str, bytes]]:
    """Yields suffix and bytes of a face's members."""
    arrays = {name: value for name, value in face.items() if name in CHANNELS}
    yield "png", png(arrays.pop(IMAGE))
    labels = {name: _labelled(name, arrays.pop(name), codes) for name in list(arrays) if in_json(name)}
    yield "json", json.dumps(labels, allow_nan=False, ensure_ascii=False).encode()
    for name, value in arrays.items():
        yield f"{name}.npy", _npy(value)


def in_json(name: str) -> bool:
    """Returns True for the channels that the JSON member holds: texts, single numbers and Action Units."""
    return CHANNELS[name].shape in ((), ("K",))


def _labelled(name: str, value: Any, codes: tuple[str, ...]) -> Any:
    plain = plain_value(name, value)
    return dict(zip(codes, plain, strict=True)) if CHANNELS[name].shape == ("K",) else plain


def _npy(value: Array) -> bytes:
    buffer = io.BytesIO()
    np.save(buffer, np.ascontiguousarray(value), allow_pickle=False)
    return buffer.getvalue()


def _croissant_source(channel: Channel, code: str | None) -> Source:
    if channel.name == IMAGE:
        return {"fileSet": {"@id": "images"}, "extract": {"fileProperty": "content"}}
    if in_json(channel.name):
        return {
            "fileSet": {"@id": "labels"},
            "extract": {"jsonPath": ".".join(["$", channel.name, *([code] if code else [])])},
        }
    return {"fileSet": {"@id": channel.name}, "extract": {"fileProperty": "content"}}


def layout(channels: tuple[str, ...]) -> Layout:
    """Returns where Croissant finds the channels."""
    members = {"images": "*.png", "labels": "*.json"}
    members |= {name: f"*.{name}.npy" for name in channels if name != IMAGE and not in_json(name)}
    return Layout(members, _croissant_source, by_code=True, in_files=dict.fromkeys(members, "*.tar"))
