"""Starting the face networks that the mediapipe wheel carries, without their chatter on the terminal.

Nothing is downloaded: version 0.10.21 holds the BlazeFace detectors and the face mesh (Apache-2.0) inside the wheel.
"""

import os
import threading
from abc import ABC, abstractmethod
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from types import TracebackType
from typing import Any, Self

import numpy as np

from annotate.errors import DetectorError

_LOCK = threading.Lock()


class NetworkHolder(ABC):
    """Holds running networks and stops them at the end of a ``with`` block."""

    @abstractmethod
    def close(self) -> None:
        """Stops the networks."""

    def __enter__(self) -> Self:
        """Returns the holder."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stops the networks."""
        self.close()


def start_network(module: str, name: str, **options: Any) -> Any:
    """Returns a running solution of mediapipe, for example ("face_mesh", "FaceMesh").

    Raises:
        DetectorError: mediapipe is not installed, or is a version without the bundled networks.
    """
    try:
        # Its C++ side writes warnings straight to the terminal, some of them with the first image.
        with muted_stderr():
            solution = getattr(import_module(f"mediapipe.python.solutions.{module}"), name)(**options)
            solution.process(np.zeros((64, 64, 3), np.uint8))
    except (ImportError, AttributeError, RuntimeError) as error:
        raise DetectorError(
            f"mediapipe's {name} could not be started: {error}; install the version that constraints.txt pins"
        ) from error
    return solution


@contextmanager
def muted_stderr() -> Iterator[None]:
    """Silences what C++ code writes to the terminal; one thread at a time."""
    with _LOCK:
        terminal, nowhere = os.dup(2), os.open(os.devnull, os.O_WRONLY)
        try:
            os.dup2(nowhere, 2)
            yield
        finally:
            os.dup2(terminal, 2)
            os.close(terminal)
            os.close(nowhere)
