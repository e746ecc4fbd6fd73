"""Functions compiled to machine code that runs in several threads at once.

numba takes half a second to import: modules that use it are themselves imported inside the functions that need them.
"""

from collections.abc import Callable
from typing import Any, TypeVar, cast

import numba

F = TypeVar("F", bound=Callable[..., Any])


def compiled(function: F) -> F:
    """Returns the function as machine code: without Python's lock while it runs, and kept on disk once compiled."""
    try:
        return cast(F, numba.njit(nogil=True, cache=True)(function))
    except RuntimeError:  # neither beside the code nor at home may anything be kept: compile it in every process
        return cast(F, numba.njit(nogil=True)(function))
