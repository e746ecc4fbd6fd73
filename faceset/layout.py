"""The layout of a shard file: which array lies where. Read and checked before a single value is used.

A shard is an HDF5 file whose arrays are contiguous, uncompressed datasets, so that once their offsets are known they
are read through a memory map and HDF5 is no longer needed. The layout is created first, with every array allocated
and nothing written; the values follow as plain bytes.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import h5py
import numpy as np

from faceset.channels import CHANNELS, IMAGE, REQUIRED, Channel
from faceset.errors import ShardError
from facs.action_units import CODES

FORMAT = "facsmith.shard"
SCHEMA_VERSION = 1
PAGE = 4096
MAX_ATTRS_BYTES = 60_000
"""HDF5 keeps an attribute of less than 64 KiB in the object's header."""

Attr = str | float | int | list[str]

_SIGNATURE = b"\x89HDF\r\n\x1a\n"


@dataclass(frozen=True)
class StoredArray:
    """One array of a shard.

    Attributes:
        channel: what it holds.
        shape: (N, ...).
        offset: of its first byte in the file.
        digest: xxh3_64 of its bytes.
    """

    channel: Channel
    shape: tuple[int, ...]
    offset: int
    digest: int

    @property
    def nbytes(self) -> int:
        """Size in bytes."""
        return int(np.prod(self.shape)) * np.dtype(self.channel.dtype).itemsize


@dataclass(frozen=True)
class ShardLayout:
    """What a shard holds and where.

    Attributes:
        num_samples: N.
        au_codes: the K Action Units, in the order of the columns.
        attrs: what its writer said of it.
        arrays: by channel name, in the table's order.
        size: of the file, bytes.
    """

    num_samples: int
    au_codes: tuple[str, ...]
    attrs: Mapping[str, Attr]
    arrays: Mapping[str, StoredArray]
    size: int


def create_layout(
    path: Path, shapes: Mapping[str, tuple[int, ...]], digests: Mapping[str, int], au_codes: Sequence[str], attrs: str
) -> None:
    """Writes an HDF5 file whose arrays are allocated, page-aligned and empty.

    Raises:
        OSError: the disk is full.
        RuntimeError: likewise, noticed by HDF5 on closing.
    """
    with h5py.File(
        path, "w", libver=("v110", "v110"), alignment_threshold=PAGE, alignment_interval=PAGE, track_order=False
    ) as file:
        file.attrs["format"] = np.bytes_(FORMAT)
        file.attrs["schema_version"] = np.int64(SCHEMA_VERSION)
        file.attrs["au_codes"] = np.array([code.encode() for code in au_codes])
        file.attrs["attrs"] = np.bytes_(attrs.encode("utf-8"))
        for name, shape in shapes.items():
            dataset = _create_array(file, CHANNELS[name], shape)
            dataset.attrs["unit"] = np.bytes_(CHANNELS[name].unit.encode() or b"1")
            dataset.attrs["meaning"] = np.bytes_(CHANNELS[name].meaning.encode())
            dataset.attrs["xxh3_64"] = np.uint64(digests[name])


def read_layout(path: Path) -> ShardLayout:
    """Returns the checked layout of a shard file.

    Raises:
        ShardError: the file is absent, truncated, not a shard, or a shard of another schema version.
    """
    size = _checked_header(path)
    try:
        with h5py.File(path, "r", locking=False) as file:
            return _layout(path, file, size)
    except ShardError:
        raise
    except (OSError, KeyError, RuntimeError, TypeError, ValueError, OverflowError) as error:
        raise ShardError(f"{path}: HDF5 cannot read it: {error}; the file is damaged, write the shard again") from error


def _create_array(file: Any, channel: Channel, shape: tuple[int, ...]) -> Any:
    plan = h5py.h5p.create(h5py.h5p.DATASET_CREATE)
    plan.set_layout(h5py.h5d.CONTIGUOUS)
    plan.set_alloc_time(h5py.h5d.ALLOC_TIME_EARLY)
    plan.set_fill_time(h5py.h5d.FILL_TIME_NEVER)
    plan.set_obj_track_times(False)
    kind = h5py.h5t.py_create(_stored_dtype(channel), logical=True)
    return h5py.Dataset(h5py.h5d.create(file.id, channel.name.encode(), kind, h5py.h5s.create_simple(shape), plan))


def _stored_dtype(channel: Channel) -> Any:
    dtype = np.dtype(channel.dtype)
    return h5py.string_dtype("utf-8", dtype.itemsize) if channel.is_text else dtype


def _checked_header(path: Path) -> int:
    """Returns the size of the file after a look at its superblock (HDF5 file format 3.0, section II.A)."""
    if not path.is_file():
        raise ShardError(f"{path}: no such shard; run the stage that writes it")
    size = path.stat().st_size
    with path.open("rb") as file:
        head = file.read(48)
    if head[:8] != _SIGNATURE:
        raise ShardError(f"{path}: expected an HDF5 shard, found other bytes; import it with a source instead")
    if len(head) < 48 or head[8] != 3 or head[9] != 8:
        raise ShardError(f"{path}: expected a shard of facsmith, found another kind of HDF5; convert it first")
    stored = int.from_bytes(head[28:36], "little")
    if head[11] or stored != size:
        raise ShardError(
            f"{path}: expected {stored} bytes of a closed file, found {size}; it is truncated or was never finished: "
            "write the shard again"
        )
    return size


def _layout(path: Path, file: Any, size: int) -> ShardLayout:
    _check_format(path, file)
    au_codes = _au_codes(path, file)
    unknown = sorted(set(file) - set(CHANNELS))
    missing = [name for name in REQUIRED if name not in file]
    if unknown or missing:
        raise ShardError(
            f"{path}: expected the channels of schema {SCHEMA_VERSION}; missing {missing}, extra {unknown}"
        )
    arrays = {name: _stored_array(path, file, CHANNELS[name], size) for name in CHANNELS if name in file}
    _check_shapes(path, arrays, len(au_codes))
    attrs = json.loads(_text(file.attrs["attrs"]))
    return ShardLayout(arrays[IMAGE].shape[0], au_codes, attrs, arrays, size)


def _text(value: Any) -> str:
    """Returns an attribute as text; HDF5 gives bytes or str, as it was stored."""
    return value if isinstance(value, str) else bytes(value).decode("utf-8", "replace")


def _check_format(path: Path, file: Any) -> None:
    kind = _text(file.attrs.get("format", b""))
    version = file.attrs.get("schema_version")
    if kind != FORMAT:
        raise ShardError(f"{path}: expected the format {FORMAT!r}, found {kind!r}; this HDF5 file is not a shard")
    if version is None or int(version) != SCHEMA_VERSION:
        raise ShardError(f"{path}: expected schema version {SCHEMA_VERSION}, found {version}; write the shard anew")


def _au_codes(path: Path, file: Any) -> tuple[str, ...]:
    codes = tuple(_text(code) for code in np.atleast_1d(file.attrs["au_codes"]))
    unknown = [code for code in codes if code not in CODES]
    if unknown or len(set(codes)) != len(codes):
        raise ShardError(f"{path}: expected distinct Action Unit codes, found {', '.join(codes)} (unknown: {unknown})")
    return codes


def _stored_array(path: Path, file: Any, channel: Channel, size: int) -> StoredArray:
    where = f"{path}: {channel.name}"
    if not isinstance(file.get(channel.name, getlink=True), h5py.HardLink):
        raise ShardError(f"{where}: expected an array in this file, found a link to elsewhere")
    dataset = file[channel.name]
    if not isinstance(dataset, h5py.Dataset) or dataset.is_virtual or dataset.external:
        raise ShardError(f"{where}: expected an array in this file, found {dataset!r}")
    if dataset.id.get_create_plist().get_layout() != h5py.h5d.CONTIGUOUS:
        raise ShardError(f"{where}: expected a contiguous, uncompressed array, found chunks={dataset.chunks}")
    unit = _text(dataset.attrs["unit"])
    if dataset.dtype != np.dtype(channel.dtype) or unit != (channel.unit or "1"):
        raise ShardError(f"{where}: expected {channel.dtype} in {channel.unit!r}, found {dataset.dtype} in {unit!r}")
    offset = dataset.id.get_offset()
    array = StoredArray(channel, dataset.shape, offset if offset is not None else size, int(dataset.attrs["xxh3_64"]))
    if array.offset + array.nbytes > size:
        raise ShardError(f"{where}: ends at byte {array.offset + array.nbytes}, the file has {size}; write it again")
    return array


def _check_shapes(path: Path, arrays: Mapping[str, StoredArray], num_aus: int) -> None:
    image = arrays[IMAGE].shape
    if len(image) != 4 or min(image) < 1:
        raise ShardError(f"{path}: expected images (N, H, W, 3) with N > 0, found {image}")
    sizes = {"H": image[1], "W": image[2], "K": num_aus}
    for name, array in arrays.items():
        expected = (image[0], *array.channel.bound(sizes))
        if array.shape != expected:
            raise ShardError(f"{path}: {name} must have the shape {expected}, found {array.shape}")
