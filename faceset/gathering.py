"""Gathering: rows of many arrays in memory or in maps, copied by their addresses in one call without Python's lock.

One compiled loop of ``memcpy`` gathers at the speed of memory however many arrays there are, and a thread that
gathers never makes the training thread wait for the lock.
"""

import resource
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from faceset.channels import Array

Indices = npt.NDArray[np.int64]
Addresses = npt.NDArray[np.uintp]

ANNOUNCED_GATHERS = 1000
"""Gathers that announce their rows to the kernel after some rows had to wait for the disk."""

_PROBE = 8
_COLD = 1 / 32
"""Waits for the disk per row from which on it counts as cold: any among the probe. One may read many rows at once."""


class RowTable:
    """Rows of several arrays of one row shape and type, gathered by (number of the array, row in it).

    A map whose pages are not in memory is read by faults, one after another, each with megabytes around it that nobody
    asked for. On a cold disk the kernel is therefore told of all rows before the first is copied
    (``benchmarks/loader_cold.py``). Where all is in memory that would only cost time (a third), so it is done once a
    few rows have met missing pages, for a while.
    """

    def __init__(self, arrays: Sequence[Array]) -> None:
        """Keeps the arrays, contiguous, each (n, ...) with the same shape after the first axis and the same type."""
        first = arrays[0]
        assert all(array.flags.c_contiguous and array.shape[1:] == first.shape[1:] for array in arrays)
        assert all(array.dtype == first.dtype for array in arrays)
        self.row_shape, self.dtype = first.shape[1:], first.dtype
        self._arrays = tuple(arrays)
        self._starts = np.array([array.ctypes.data for array in arrays], dtype=np.uintp)
        self._row_bytes = np.uintp(first.dtype.itemsize * int(np.prod(self.row_shape)))
        self._announced = 0

    def gather(self, numbers: Indices, rows: Indices, out: Array) -> None:
        """Fills ``out``, contiguous, (B, *row_shape), with the rows; they must be there, nothing is checked.

        The bytes are read in the order of their addresses.
        """
        from faceset.row_copy import announce_rows

        sources = self._starts[numbers] + rows.astype(np.uintp) * self._row_bytes
        order = np.argsort(sources)
        targets = np.uintp(out.ctypes.data) + order.astype(np.uintp) * self._row_bytes
        sources = sources[order]
        probe = 0 if self._announced else _PROBE
        self._copy(targets[:probe], sources[:probe])
        if self._announced:
            announce_rows(sources[probe:], self._row_bytes)
            self._announced -= 1
        self._copy(targets[probe:], sources[probe:])

    def _copy(self, targets: Addresses, sources: Addresses) -> None:
        # numba takes a moment to import, and most commands gather nothing.
        from faceset.row_copy import copy_rows

        waits = _waits()
        copy_rows(targets, sources, self._row_bytes)
        if _waits() - waits > _COLD * len(sources):
            self._announced = ANNOUNCED_GATHERS


def _waits() -> int:
    """Returns how often this thread has waited for a page from the disk."""
    return resource.getrusage(resource.RUSAGE_THREAD).ru_majflt
