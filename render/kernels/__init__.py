"""Compiled loops: what numpy would do in dozens of small steps, done in one pass over the same numbers.

Numba compiles each on its first use and keeps the machine code on disk: beside the file, in $NUMBA_CACHE_DIR where that
is set, or in the user's cache where the installation is read-only. Processes that compile at the same time each write
their own file and move it into place. No operation is reordered (no "fast math"), so that results are the same for
every number of processes. What is kept is found by the text of the kernel's own file alone, hence the rule that a
kernel reads the constants and calls the kernels of its own file only; what else it needs is an argument.
"""

from collections.abc import Callable
from typing import TypeVar

from numba import njit

Kernel = TypeVar("Kernel", bound=Callable[..., object])


def kernel(function: Kernel) -> Kernel:
    """Returns a function of numbers and arrays, compiled; kept on disk wherever there is a place to keep it."""
    options = {"error_model": "numpy", "nogil": True}
    try:
        compiled: Kernel = njit(cache=True, **options)(function)
    except RuntimeError:  # neither the installation nor the user's cache can be written
        compiled = njit(**options)(function)
    return compiled


def inlined(function: Kernel) -> Kernel:
    """Returns a part of kernels, compiled into each that calls it: for small ones that are called for every texel."""
    compiled: Kernel = njit(forceinline=True, error_model="numpy", nogil=True)(function)
    return compiled
