"""Renderers: the registry. Heavy imports stay inside the entries."""

from collections.abc import Callable, Iterable
from typing import Protocol

from render.errors import BackendError
from render.scene import Frame, Scene


class Backend(Protocol):
    """Draws scenes."""

    @property
    def passes(self) -> tuple[str, ...]:
        """The passes it can deliver."""
        ...

    def render(self, scene: Scene, passes: Iterable[str]) -> Frame:
        """Returns the requested passes of one scene."""
        ...

    def close(self) -> None:
        """Frees what the renderer holds."""
        ...


def _raster() -> Backend:
    from render.backends.raster import RasterBackend

    return RasterBackend()


def _pyrender() -> Backend:
    from render.backends.pyrender import PyrenderBackend

    return PyrenderBackend()


def _blender() -> Backend:
    from render.backends.blender import BlenderBackend

    return BlenderBackend()


BACKENDS: dict[str, Callable[[], Backend]] = {"raster": _raster, "pyrender": _pyrender, "blender": _blender}
"""Renderers by name."""


def open_backend(name: str) -> Backend:
    """Returns a started renderer.

    Raises:
        BackendError: there is no such renderer, or it cannot start.
    """
    if name not in BACKENDS:
        raise BackendError(f"unknown renderer {name!r}; known: {', '.join(BACKENDS)}")
    try:
        return BACKENDS[name]()
    except ImportError as error:
        message = f"the renderer {name} cannot start: {error}; `facsmith doctor` says what to install"
        raise BackendError(message) from error
