"""The process that opens a foreign HDF5 file, so that no other has to: ``python -m faceset.sources.hdf5_child``.

HDF5 is a large library with a history of flaws in reading damaged files, and a file may point at others on the disk.
This process takes limits upon itself before it opens the file (memory, processor time, no file written, no process
started, no plug-in loaded), follows no link, and accepts plain arrays of numbers and texts alone. It writes their rows
to its standard output, where ``faceset.sources.hdf5`` checks and reads them.

Protocol: one line of JSON ({"arrays": ...} or {"error": ...}), then for each block of rows a line with its number of
bytes and these bytes, array after array; a line ``0`` ends the stream, and a line ``-`` followed by text is an error.
"""

import json
import math
import resource
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

import h5py
import numpy as np

TEXT_BYTES = 64
MAX_DEPTH = 32
MAX_EXPANSION = 1100
"""Deflate packs zeros 1:1032; what claims to be packed more tightly was never stored."""
FILTERS = {1: "gzip", 2: "shuffle", 3: "fletcher32", 32000: "lzf"}
"""The filters that h5py brings; any other would be a plug-in, which is a program."""
NUMBERS = "iuf"


class RefusedError(Exception):
    """The file is not what it should be; the message says in which way."""


@dataclass(frozen=True)
class Limits:
    """What the child may use and accept.

    Attributes:
        memory: bytes of address space.
        seconds: of processor time.
        rows: of an array, at most.
        row_bytes: of one row of an array, unpacked, at most.
        chunk_bytes: of one chunk, unpacked, at most.
    """

    memory: int = 4 * 2**30
    seconds: int = 24 * 3600
    rows: int = 100_000_000
    row_bytes: int = 64 * 2**20
    chunk_bytes: int = 512 * 2**20

    def take(self) -> None:
        """Limits this process for good."""
        limits = {
            resource.RLIMIT_AS: self.memory,
            resource.RLIMIT_CPU: self.seconds,
            resource.RLIMIT_FSIZE: 0,
            resource.RLIMIT_CORE: 0,
            resource.RLIMIT_NPROC: 0,
            resource.RLIMIT_NOFILE: 32,
        }
        for kind, most in limits.items():
            _, hard = resource.getrlimit(kind)
            value = most if hard == resource.RLIM_INFINITY else min(most, hard)
            resource.setrlimit(kind, (value, value))


def found(file: Any, name: str) -> Any:
    """Returns the array of a name, reached through groups of this file alone.

    Raises:
        RefusedError: there is none, or the way to it leads through a link.
    """
    parts = [part for part in name.split("/") if part]
    if not parts or len(parts) > MAX_DEPTH or "." in parts or ".." in parts:
        raise RefusedError(f"{name!r}: expected the name of an array such as group/array")
    place = file
    for part in parts:
        if not isinstance(place, h5py.Group):
            raise RefusedError(f"{name}: {place.name} is no group")
        link = place.get(part, getlink=True)
        if link is None:
            raise RefusedError(f"{name}: not in the file, which has {_names(place)} there")
        if not isinstance(link, h5py.HardLink):
            raise RefusedError(f"{name}: {part} is a link to elsewhere ({type(link).__name__}); links are not followed")
        place = place[part]
    if not isinstance(place, h5py.Dataset):
        raise RefusedError(f"{name}: expected an array, found {type(place).__name__}; it has {_names(place)}")
    return place


def _names(group: Any, most: int = 12) -> str:
    """Returns the first few names in a group; listing follows no link."""
    names = sorted(str(name)[:40] for name, _ in zip(group, range(most), strict=False))
    return ", ".join(names) or "nothing"


def check(name: str, dataset: Any, text: bool, limits: Limits) -> None:
    """Checks that an array lies in this file, holds what it should, and is of a size that can be read.

    Raises:
        RefusedError: it is not so.
    """
    if dataset.is_virtual or dataset.external:
        raise RefusedError(f"{name}: its values lie in other files; copy them into one file first")
    _check_type(name, dataset, text)
    _check_filters(name, dataset)
    shape = dataset.shape
    if not shape or not 1 <= shape[0] <= limits.rows:
        raise RefusedError(f"{name}: expected 1 to {limits.rows} rows, found the shape {shape}")
    row = math.prod(shape[1:]) * dataset.dtype.itemsize
    if not 0 < row <= limits.row_bytes:
        raise RefusedError(f"{name}: expected at most {limits.row_bytes} bytes in a row, found {row}")
    chunk = math.prod(dataset.chunks or (1,)) * dataset.dtype.itemsize
    if chunk > limits.chunk_bytes:
        raise RefusedError(f"{name}: expected chunks of at most {limits.chunk_bytes} bytes, found {chunk}")
    stored = dataset.id.get_storage_size()
    if shape[0] * row > MAX_EXPANSION * stored:
        raise RefusedError(f"{name}: promises {shape[0] * row} bytes and stores {stored}; most of it is not there")


def _check_type(name: str, dataset: Any, text: bool) -> None:
    dtype = dataset.dtype
    is_text = dtype.kind == "S" or h5py.check_string_dtype(dtype) is not None
    if dtype.subdtype or dtype.names or h5py.check_ref_dtype(dtype) or (h5py.check_vlen_dtype(dtype) and not is_text):
        raise RefusedError(f"{name}: expected plain numbers or texts, found {dtype}")
    if text and not (is_text or dtype.kind in "iu"):
        raise RefusedError(f"{name}: expected texts or whole numbers, found {dtype}")
    if not text and (dtype.kind not in NUMBERS or dtype.itemsize > 8):
        raise RefusedError(f"{name}: expected numbers of at most 8 bytes, found {dtype}")


def _check_filters(name: str, dataset: Any) -> None:
    plan = dataset.id.get_create_plist()
    others = [plan.get_filter(place)[0] for place in range(plan.get_nfilters())]
    unknown = [number for number in others if number not in FILTERS]
    if unknown:
        raise RefusedError(f"{name}: packed by filter {unknown[0]}, expected {', '.join(FILTERS.values())}; repack it")


def described(dataset: Any, text: bool) -> dict[str, Any]:
    """Returns what the parent must know of an array."""
    plan = dataset.id.get_create_plist()
    filters = [FILTERS[plan.get_filter(place)[0]] for place in range(plan.get_nfilters())]
    dtype = f"S{TEXT_BYTES}" if text else dataset.dtype.newbyteorder("<").str
    return {
        "dtype": dtype,
        "shape": list(dataset.shape),
        "chunks": list(dataset.chunks) if dataset.chunks else None,
        "filters": filters,
    }


def rows_of(name: str, dataset: Any, text: bool, start: int, stop: int) -> bytes:
    """Returns some rows as the bytes that ``described`` promises.

    Raises:
        RefusedError: a text is longer than 64 bytes.
    """
    values = dataset[start:stop]
    if text:
        return b"".join(_text(name, value) for value in values.tolist())
    return np.ascontiguousarray(values, values.dtype.newbyteorder("<")).tobytes()


def _text(name: str, value: Any) -> bytes:
    raw = value if isinstance(value, bytes) else str(value).encode()
    raw = raw.rstrip(b"\0")
    if len(raw) > TEXT_BYTES:
        raise RefusedError(f"{name}: expected texts of at most {TEXT_BYTES} bytes, found {len(raw)}")
    return raw.ljust(TEXT_BYTES, b"\0")


def serve(path: Path, names: Mapping[str, str], texts: list[str], limits: Limits, out: IO[bytes]) -> None:
    """Writes the arrays of a file, row block after row block.

    Args:
        path: of the file.
        names: of the arrays in it by what they are.
        texts: which of them hold texts.
        limits: of what is accepted.
        out: where to write.

    Raises:
        RefusedError: the file is not what it should be.
    """
    with h5py.File(path, "r", locking=False) as file:
        arrays = {role: found(file, name) for role, name in names.items()}
        for role, dataset in arrays.items():
            check(names[role], dataset, role in texts, limits)
        counts = {names[role]: dataset.shape[0] for role, dataset in arrays.items()}
        if len(set(counts.values())) != 1:
            raise RefusedError(f"expected as many rows in every array, found {counts}")
        told = {role: described(dataset, role in texts) for role, dataset in arrays.items()}
        out.write(json.dumps({"arrays": told}).encode() + b"\n")
        total = next(iter(counts.values()))
        step = block_rows(arrays)
        for start in range(0, total, step):
            stop = min(start + step, total)
            parts = [rows_of(names[role], dataset, role in texts, start, stop) for role, dataset in arrays.items()]
            out.write(b"%d\n" % sum(map(len, parts)))
            out.writelines(parts)
            out.flush()
        out.write(b"0\n")


def block_rows(arrays: Mapping[str, Any]) -> int:
    """Returns how many rows to read at once: whole chunks of the largest array, about 16 MiB."""
    largest = max(arrays.values(), key=lambda each: math.prod(each.shape[1:]) * each.dtype.itemsize)
    row = max(1, math.prod(largest.shape[1:]) * largest.dtype.itemsize)
    fitting = max(1, 2**24 // row)
    chunk = largest.chunks[0] if largest.chunks else 1
    return int(max(fitting // chunk * chunk, min(chunk, 4 * fitting)))


def main() -> int:
    """Reads the order, one line of JSON, from the standard input, and serves it."""
    order = json.loads(sys.stdin.readline())
    limits = Limits(**order["limits"])
    out = sys.stdout.buffer
    limits.take()
    try:
        serve(Path(order["path"]), order["names"], order["texts"], limits, out)
    except RefusedError as error:
        text = str(error)
    except (OSError, RuntimeError, ValueError, KeyError, TypeError, MemoryError, OverflowError) as error:
        text = f"HDF5 cannot read it: {str(error)[:300] or type(error).__name__}; the file is damaged"
    else:
        out.flush()
        return 0
    out.write(b"-" + json.dumps(text).encode() + b"\n")
    out.flush()
    return 1


if __name__ == "__main__":
    sys.exit(main())
