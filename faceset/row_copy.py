"""Two compiled loops over addresses, free of Python's lock; a wrong address ends the process."""

import mmap

import numpy as np
import numpy.typing as npt
from numba import types

from faceset.compiled import compiled

Addresses = npt.NDArray[np.uintp]

_PAGE = mmap.PAGESIZE
_WILL_NEED = mmap.MADV_WILLNEED
_WORD = types.uintp

# The C library's own functions; an address is passed as a whole number of its size.
_memcpy = types.ExternalFunction("memcpy", _WORD(_WORD, _WORD, _WORD))
_madvise = types.ExternalFunction("madvise", types.int32(_WORD, _WORD, types.int32))


@compiled
def copy_rows(targets: Addresses, sources: Addresses, size: np.uintp) -> None:
    """Copies ``size`` bytes from each source to its target."""
    for place in range(len(sources)):
        _memcpy(targets[place], sources[place], size)


@compiled
def announce_rows(sources: Addresses, size: np.uintp) -> None:
    """Tells the kernel that ``size`` bytes at each source, in a map, will be read soon; it begins to read at once."""
    for place in range(len(sources)):
        inside = sources[place] % _PAGE
        _madvise(sources[place] - inside, size + inside, _WILL_NEED)
