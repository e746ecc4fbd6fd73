"""Shards: immutable HDF5 files of labelled faces, written whole or not at all, checked before they are used."""

import json
import math
import mmap
import os
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, cast

import numpy as np
import xxhash

from faceset.atomic import fsync_file, remove_leftovers, unfinished
from faceset.channels import CHANNELS, IMAGE, Array, Channel, image_checksum
from faceset.errors import SampleError, ShardError, StorageError
from faceset.layout import MAX_ATTRS_BYTES, Attr, ShardLayout, StoredArray, create_layout, read_layout
from faceset.manifest import ShardRecord, file_sha256, publish, read_manifest, shard_paths
from faceset.sample import Sample, check_unknown_aus, check_values, encoded
from faceset.storage import explained
from facs.action_units import CODES

__all__ = ["Shard", "ShardRecord", "read_manifest", "remove_leftovers", "shard_paths", "write_shard"]


class Shard:
    """A checked shard. Labels are read into memory, pixels through a memory map; no HDF5 handle stays open.

    It may be pickled and used after a fork: every process makes its own map.
    """

    def __init__(self, path: Path, layout: ShardLayout) -> None:
        """Use ``Shard.open``."""
        self.path = path
        self._layout = layout
        self._bytes: np.memmap[Any, Any] | None = None
        self._pid = os.getpid()

    @classmethod
    def open(cls, path: Path | str, verify: bool = False) -> "Shard":
        """Returns the shard at ``path`` once its layout and every label have been checked.

        Args:
            path: of the file.
            verify: also read all of it and compare every checksum.

        Raises:
            ShardError: it is absent, truncated, foreign, altered, or holds labels outside their ranges.
        """
        shard = cls(Path(path), read_layout(Path(path)))
        shard._check_labels()
        if verify:
            shard.verify()
        shard.release()
        return shard

    def __getstate__(self) -> dict[str, Any]:
        """Leaves the map behind."""
        return {"path": self.path, "_layout": self._layout, "_bytes": None, "_pid": -1}

    @property
    def num_samples(self) -> int:
        """Number of faces."""
        return self._layout.num_samples

    @property
    def au_codes(self) -> tuple[str, ...]:
        """The K Action Units, in the order of the columns."""
        return self._layout.au_codes

    @property
    def image_shape(self) -> tuple[int, int, int]:
        """Shape of one image, (H, W, 3)."""
        _, height, width, depth = self._layout.arrays[IMAGE].shape
        return height, width, depth

    @property
    def attrs(self) -> Mapping[str, Attr]:
        """What the writer said of the shard."""
        return self._layout.attrs

    @property
    def channels(self) -> tuple[str, ...]:
        """Names of the channels it holds, in the table's order."""
        return tuple(self._layout.arrays)

    def labels(self, name: str) -> Array:
        """Returns a channel that is not per pixel: (N, ...) in memory; texts as ``str``.

        Raises:
            ShardError: the shard has no such channel, or it is per pixel.
        """
        array = self._stored(name)
        if array.channel.per_pixel:
            raise ShardError(f"{self.path}: {name} is per pixel; read it with pixels()")
        values = np.array(self._mapped(array))
        return self._decoded(name, values) if array.channel.is_text else values

    def pixels(self, name: str = IMAGE) -> "np.memmap[Any, Any]":
        """Returns a per-pixel channel, (N, H, W, ...), as a read-only memory map.

        Raises:
            ShardError: the shard has no such channel, it is not per pixel, or the file has changed its size.
        """
        array = self._stored(name)
        if not array.channel.per_pixel:
            raise ShardError(f"{self.path}: {name} is not per pixel; read it with labels()")
        return self._mapped(array)

    def sample(self, row: int) -> Sample:
        """Returns one face, checked."""
        if not 0 <= row < self.num_samples:
            raise ShardError(f"{self.path}: expected a row from 0 to {self.num_samples - 1}, found {row}")
        return Sample({name: self._value(array, row) for name, array in self._layout.arrays.items()})

    def verify(self) -> None:
        """Reads the whole file and compares it with the manifest, the arrays' digests and the images' checksums.

        Raises:
            ShardError: a byte differs, or the manifest does not list the shard.
        """
        record = read_manifest(self.path.parent).get(self.path.name)
        if record is None:
            raise ShardError(f"{self.path}: the manifest does not list it, so it is no shard; write it again")
        self._verify_arrays()
        self.release()
        found = ShardRecord(self.path, self.num_samples, file_sha256(self.path), self._layout.size)
        if found != record:
            raise ShardError(
                f"{self.path}: the manifest promises {record.line().strip()}, found {found.line().strip()}; "
                "one of them was altered, write the shard again"
            )

    def release(self) -> None:
        """Gives the memory of pages that were read back to the system; they are read again when they are needed."""
        if self._bytes is not None and self._pid == os.getpid():
            pages: mmap.mmap = self._bytes._mmap  # type: ignore[attr-defined]
            pages.madvise(mmap.MADV_DONTNEED)

    def _verify_arrays(self) -> None:
        wrong = [name for name, array in self._layout.arrays.items() if _digest([self._mapped(array)]) != array.digest]
        images, checksums = self.pixels(IMAGE), self.labels("checksum")
        rows = [row for row in range(self.num_samples) if image_checksum(images[row]) != int(checksums[row])]
        if wrong or rows:
            raise ShardError(
                f"{self.path}: altered since it was written: arrays {wrong}, images in rows {rows[:10]}; write it again"
            )

    def _check_labels(self) -> None:
        try:
            arrays = {name: self.labels(name) for name in self.channels if not CHANNELS[name].per_pixel}
            for name, values in arrays.items():
                check_values(str(self.path), CHANNELS[name], values)
            check_unknown_aus(str(self.path), arrays["au_known"], arrays)
        except SampleError as error:
            raise ShardError(f"{error} (the shard's labels cannot be used; write it again)") from error
        if len(np.unique(arrays["sample_key"])) != self.num_samples:
            raise ShardError(f"{self.path}: expected {self.num_samples} distinct sample keys, found repeated ones")

    def _decoded(self, name: str, values: Array) -> Array:
        try:
            return np.char.decode(values, "utf-8")
        except UnicodeDecodeError as error:
            raise ShardError(f"{self.path}: {name} is not UTF-8 text: {error}; write the shard again") from error

    def _stored(self, name: str) -> StoredArray:
        if name not in self._layout.arrays:
            raise ShardError(f"{self.path}: has no channel {name!r}; it holds {', '.join(self.channels)}")
        return self._layout.arrays[name]

    def _mapped(self, array: StoredArray) -> "np.memmap[Any, Any]":
        """Returns an array as a view of the file's map: one map, and so one open file, per shard and process."""
        try:
            # Reading a map beyond the end of a file kills the process, so the size is looked at again.
            size = self.path.stat().st_size
            if size != self._layout.size:
                raise ShardError(f"{self.path}: had {self._layout.size} bytes when opened, now {size}; open it again")
            if self._bytes is None or self._pid != os.getpid():
                self._bytes, self._pid = np.memmap(self.path, np.uint8, "r"), os.getpid()
        except OSError as error:
            raise ShardError(f"{self.path}: cannot be mapped: {error}; are too many files open?") from error
        part = self._bytes[array.offset : array.offset + array.nbytes]
        # numpy's stubs lose the subclass that its views keep.
        return cast("np.memmap[Any, Any]", part.view(array.channel.dtype).reshape(array.shape))

    def _value(self, array: StoredArray, row: int) -> Any:
        value = self._mapped(array)[row]
        return bytes(value).decode("utf-8") if array.channel.is_text else np.array(value)


def write_shard(
    path: Path,
    samples: Sequence[Sample],
    attrs: Mapping[str, Attr] | None = None,
    au_codes: Sequence[str] = CODES,
) -> ShardRecord:
    """Writes samples as one shard, atomically, and lists it in its folder's manifest.

    The same samples give the same bytes. Temporary file, close, reopen and verify, fsync, rename, fsync of the
    folder, manifest: a writer that is killed or out of disk leaves nothing that can be taken for a shard.

    Args:
        path: of the shard, ``*.h5``; a shard that is there is replaced.
        samples: at least one; all of the same image size and the same channels.
        attrs: what to say of the shard, kept as JSON.
        au_codes: the K Action Units in the order of the columns.

    Raises:
        SampleError: the samples do not fit together.
        StorageError: the file cannot be written, for example because the disk is full.
    """
    path = Path(path)
    shapes = _shapes(path, samples, au_codes)
    meta = _attrs_json(path, attrs or {})
    digests = {name: _digest(_rows(samples, name)) for name in shapes}
    try:
        with unfinished(path) as temporary:
            create_layout(temporary, shapes, digests, au_codes, meta)
            written = _fill(temporary, samples)
            record = ShardRecord(path, len(samples), file_sha256(temporary), written)
            fsync_file(temporary)
            publish(temporary, record)
    except (OSError, RuntimeError) as error:
        raise StorageError(f"{explained(error, path, _num_bytes(shapes))} (nothing was published)") from error
    return record


def _shapes(path: Path, samples: Sequence[Sample], au_codes: Sequence[str]) -> dict[str, tuple[int, ...]]:
    if path.suffix != ".h5" or path.name.startswith("."):
        raise ShardError(f"{path}: expected a name that ends in .h5 and does not begin with a dot")
    if not samples:
        raise SampleError(f"{path}: expected at least one sample, found none")
    first = samples[0]
    sizes = {"H": first.height, "W": first.width, "K": len(au_codes)}
    for sample in samples:
        if tuple(sample) != tuple(first) or sample[IMAGE].shape != first[IMAGE].shape:
            raise SampleError(f"{path}: {sample.key!r} and {first.key!r} differ in their channels or image size")
        if len(sample["au"]) != len(au_codes):
            raise SampleError(f"{path}: {sample.key!r} has {len(sample['au'])} AUs, expected {len(au_codes)}")
    if len({sample.key for sample in samples}) != len(samples):
        raise SampleError(f"{path}: sample keys must be distinct")
    return {name: (len(samples), *CHANNELS[name].bound(sizes)) for name in first}


def _attrs_json(path: Path, attrs: Mapping[str, Attr]) -> str:
    text = json.dumps(dict(attrs), sort_keys=True, separators=(",", ":"), allow_nan=False)
    if len(text.encode("utf-8")) > MAX_ATTRS_BYTES:
        raise ShardError(
            f"{path}: attrs take {len(text)} bytes, at most {MAX_ATTRS_BYTES} fit; put them beside the shard"
        )
    return text


def _fill(path: Path, samples: Sequence[Sample]) -> int:
    """Writes the values into an allocated layout, reads everything back, and returns the size of the file."""
    layout = read_layout(path)
    with path.open("r+b") as file:
        for name, array in layout.arrays.items():
            file.seek(array.offset)
            for row in _rows(samples, name):
                file.write(row)
        file.flush()
        os.fsync(file.fileno())
    shard = Shard.open(path)
    shard._verify_arrays()
    return layout.size


def _num_bytes(shapes: Mapping[str, tuple[int, ...]]) -> int:
    """Returns how many bytes the arrays take."""
    return sum(math.prod(shape) * np.dtype(CHANNELS[name].dtype).itemsize for name, shape in shapes.items())


def _rows(samples: Sequence[Sample], name: str) -> Iterator[Any]:
    """Yields the stored bytes of one channel, sample by sample."""
    channel = CHANNELS[name]
    for sample in samples:
        yield _row(channel, sample[name])


def _row(channel: Channel, value: Any) -> Any:
    if channel.is_text:
        return encoded(channel, value).ljust(np.dtype(channel.dtype).itemsize, b"\0")
    return np.ascontiguousarray(value).reshape(-1).view(np.uint8).data


def _digest(rows: Iterator[Any] | list[Any]) -> int:
    state = xxhash.xxh3_64()
    for row in rows:
        state.update(row)
    return state.intdigest()
