"""Reading a foreign HDF5 file without opening it: a limited process does, and what it sends is checked here."""

import json
import math
import os
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from types import TracebackType
from typing import IO, Any, Self

import numpy as np

from faceset.channels import Array
from faceset.errors import SourceError
from faceset.sources.hdf5_child import NUMBERS, TEXT_BYTES, Limits

CHILD = "faceset.sources.hdf5_child"
SIGNATURE = b"\x89HDF\r\n\x1a\n"
MAX_LINE = 1_000_000
MAX_BLOCK = 2**31
DEADLINE_S = 120.0
"""The child is killed when it sends nothing for so long."""


class Hdf5RefusedError(SourceError):
    """A foreign HDF5 file that is damaged, dangerous or not what it should be."""


@dataclass(frozen=True)
class ForeignArray:
    """What is known of an array before its values are.

    Attributes:
        name: in the file.
        dtype: numpy's name of it, little-endian; "S64" for texts.
        shape: (N, ...).
        chunks: shape of a chunk, or None where the array lies in one piece.
        filters: that pack its chunks.
    """

    name: str
    dtype: str
    shape: tuple[int, ...]
    chunks: tuple[int, ...] | None = None
    filters: tuple[str, ...] = ()

    @property
    def row_bytes(self) -> int:
        """Bytes of one row, unpacked."""
        return math.prod(self.shape[1:]) * np.dtype(self.dtype).itemsize

    @property
    def slowness(self) -> str:
        """Says in words what reading one row at random costs; empty where it costs the row alone."""
        if self.chunks is None:
            return ""
        pieces = math.prod(-(-size // chunk) for size, chunk in zip(self.shape[1:], self.chunks[1:], strict=True))
        touched = pieces * math.prod(self.chunks) * np.dtype(self.dtype).itemsize
        packed = f", packed with {' and '.join(self.filters)}" if self.filters else ""
        many = f"{pieces} pieces" if pieces > 1 else "1 piece"
        return (
            f"{self.name} is slow to read at random: it lies in chunks of {self.chunks}{packed}, so that one row takes "
            f"{many} and {touched / self.row_bytes:.3g} times its bytes; in a shard it takes its own bytes alone"
        )


class ForeignFile:
    """The arrays of a foreign file, row block after row block; a context manager."""

    def __init__(
        self,
        path: Path,
        names: Mapping[str, str],
        texts: Sequence[str] = (),
        limits: Limits | None = None,
        deadline_s: float = DEADLINE_S,
    ) -> None:
        """Starts the process that reads.

        Args:
            path: of the file.
            names: of the arrays in it by what they are.
            texts: which of them hold texts.
            limits: of what the process may use and accept.
            deadline_s: after which a process that sends nothing is killed.

        Raises:
            Hdf5RefusedError: it is no HDF5 file, or an array is absent, dangerous or of the wrong kind.
        """
        self._path, self._names, self._deadline = path, dict(names), deadline_s
        self._late = False
        _check_signature(path)
        self._child = _start(path, names, texts, limits or Limits())
        try:
            self.arrays = self._header(list(texts))
        except BaseException:
            self.close()
            raise

    def __enter__(self) -> Self:
        """Returns itself."""
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        """Ends the process."""
        self.close()

    @property
    def num_rows(self) -> int:
        """Rows of every array."""
        return next(iter(self.arrays.values())).shape[0]

    def blocks(self) -> Iterator[dict[str, Array]]:
        """Yields the rows, some at a time, as arrays by what they are.

        Raises:
            Hdf5RefusedError: the values cannot be read, or the process sent other than it promised.
        """
        row, left = sum(each.row_bytes for each in self.arrays.values()), self.num_rows
        while True:
            size = self._size()
            rows = size // row
            if size == 0 and left == 0:
                return
            if not 0 < rows <= left or size % row or size > MAX_BLOCK:
                raise self._refused(f"the reading process sent {size} bytes where {left} rows of {row} were left")
            yield self._block(self._read(size), rows)
            left -= rows

    def close(self) -> None:
        """Ends the process, whatever it is doing."""
        self._child.kill()
        self._child.wait()
        for stream in (self._child.stdin, self._child.stdout):
            if stream is not None:
                with suppress(BrokenPipeError):
                    stream.close()

    def _header(self, texts: list[str]) -> dict[str, ForeignArray]:
        with self._watched():
            line = _out(self._child).readline(MAX_LINE)
        if line.startswith(b"-"):
            raise self._refused(self._told(line))
        try:
            told = json.loads(line)["arrays"]
            arrays = {role: self._array(role, told[role], role in texts) for role in self._names}
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise self._broken_off() from error
        if len({each.shape[0] for each in arrays.values()}) != 1:
            raise self._refused("the reading process promised arrays of different lengths")
        return arrays

    def _array(self, role: str, told: Mapping[str, Any], text: bool) -> ForeignArray:
        dtype, shape = np.dtype(str(told["dtype"])), tuple(int(size) for size in told["shape"])
        right = dtype == np.dtype(f"S{TEXT_BYTES}") if text else dtype.kind in NUMBERS and dtype.itemsize <= 8
        if not right or not shape or min(shape) < 1:
            raise self._refused(f"{self._names[role]}: the reading process promised {dtype} {shape}")
        chunks = None if told["chunks"] is None else tuple(int(size) for size in told["chunks"])
        return ForeignArray(self._names[role], dtype.str, shape, chunks, tuple(map(str, told["filters"])))

    def _block(self, raw: bytes, rows: int) -> dict[str, Array]:
        block, start = {}, 0
        for role, each in self.arrays.items():
            stop = start + rows * each.row_bytes
            block[role] = np.frombuffer(raw[start:stop], each.dtype).reshape(rows, *each.shape[1:])
            start = stop
        return block

    def _size(self) -> int:
        with self._watched():
            line = _out(self._child).readline(MAX_LINE)
        if line.startswith(b"-"):
            raise self._refused(self._told(line))
        if not line.endswith(b"\n") or not line.strip().isdigit():
            raise self._broken_off()
        return int(line)

    def _read(self, size: int) -> bytes:
        with self._watched():
            raw = _out(self._child).read(size)
        if len(raw) != size:
            raise self._broken_off()
        return raw

    @contextmanager
    def _watched(self) -> Iterator[None]:
        timer = threading.Timer(self._deadline, self._too_late)
        timer.start()
        try:
            yield
        finally:
            timer.cancel()
            timer.join()

    def _too_late(self) -> None:
        self._late = True
        self._child.kill()

    def _told(self, line: bytes) -> str:
        try:
            return str(json.loads(line[1:]))[:1000]
        except ValueError:
            return "the reading process broke off"

    def _broken_off(self) -> Hdf5RefusedError:
        if self._late:
            return self._refused(
                f"nothing could be read for {self._deadline:g} s; the file is damaged or made to stall"
            )
        code = self._child.wait()
        return self._refused(f"the reading process ended with code {code}; the file is damaged or made to do harm")

    def _refused(self, text: str) -> Hdf5RefusedError:
        return Hdf5RefusedError(f"{self._path}: {text}")


def _check_signature(path: Path) -> None:
    if not path.is_file():
        raise Hdf5RefusedError(f"{path}: expected an HDF5 file, found none")
    with path.open("rb") as file:
        head = file.read(len(SIGNATURE))
    if head != SIGNATURE:
        raise Hdf5RefusedError(f"{path}: expected an HDF5 file, found other bytes")


def _start(path: Path, names: Mapping[str, str], texts: Sequence[str], limits: Limits) -> "subprocess.Popen[bytes]":
    environment = {
        **os.environ,
        "HDF5_PLUGIN_PRELOAD": "::",  # loads no plug-in
        "OPENBLAS_NUM_THREADS": "1",
        "OMP_NUM_THREADS": "1",
    }
    order = {"path": str(path.absolute()), "names": dict(names), "texts": list(texts), "limits": asdict(limits)}
    child = subprocess.Popen(
        [sys.executable, "-m", CHILD],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env=environment,
    )  # fmt: skip
    assert child.stdin is not None
    try:
        child.stdin.write(json.dumps(order).encode() + b"\n")
        child.stdin.flush()
    except BrokenPipeError:
        pass  # it ended at once; reading its answer says so
    return child


def _out(child: "subprocess.Popen[bytes]") -> IO[bytes]:
    assert child.stdout is not None
    return child.stdout
