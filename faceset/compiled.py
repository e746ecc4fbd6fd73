"""Compiled loops: what numpy would do in dozens of small steps, done in one pass over the same numbers.

Numba compiles each on its first use and keeps the machine code on disk: beside the file, in $NUMBA_CACHE_DIR where that
is set, or in the user's cache where the installation is read-only. Processes that compile at the same time each write
their own file and move it into place. No operation is reordered (no "fast math"), so that results are the same for
every number of processes, and several threads compute at once, since the interpreter's lock is free meanwhile.

What is kept is found by the text of the loop's own file alone, hence the rule that a compiled loop reads the constants
and calls the loops of its own file only; what else it needs is an argument. Numba takes half a second to import: such
files are imported inside the functions that need them wherever a command may do without.
"""

from collections.abc import Callable
from typing import Any, TypeVar

import numba

Loop = TypeVar("Loop", bound=Callable[..., Any])

_OPTIONS = {"error_model": "numpy", "nogil": True}


def compiled(function: Loop) -> Loop:
    """Returns a function of numbers and arrays as machine code, kept on disk wherever there is a place to keep it."""
    try:
        kept: Loop = numba.njit(cache=True, **_OPTIONS)(function)
    except RuntimeError:  # neither beside the code nor at home may anything be kept: every process compiles it
        kept = numba.njit(**_OPTIONS)(function)
    return kept


def inlined(function: Loop) -> Loop:
    """Returns a part of compiled functions, compiled into each that calls it: small, and called for every texel."""
    part: Loop = numba.njit(forceinline=True, **_OPTIONS)(function)
    return part
