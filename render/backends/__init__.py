"""Renderers: the registry. Heavy imports stay inside the entries."""

from collections.abc import Callable, Iterable, Mapping
from types import MappingProxyType
from typing import Protocol

from render.errors import BackendError
from render.scene import Frame, Scene

Options = Mapping[str, str | int | float]
"""What a renderer may be told beyond the scene, by name; plain values that JSON can carry to a worker."""

NO_OPTIONS: Options = MappingProxyType({})


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


def _blender(samples: int = 16, noise: float = 0.0, device: str = "cpu") -> Backend:
    from render.backends.blender import BlenderBackend

    return BlenderBackend(samples, noise, device)


BACKENDS: dict[str, Callable[..., Backend]] = {"raster": _raster, "pyrender": _pyrender, "blender": _blender}
"""Renderers by name; the arguments of each are its options."""


def open_backend(name: str, options: Options = NO_OPTIONS) -> Backend:
    """Returns a started renderer.

    Args:
        name: key of ``BACKENDS``.
        options: what this renderer knows; others than Blender know none.

    Raises:
        BackendError: there is no such renderer, or it cannot start.
    """
    if name not in BACKENDS:
        raise BackendError(f"unknown renderer {name!r}; known: {', '.join(BACKENDS)}")
    try:
        return BACKENDS[name](**options)
    except ImportError as error:
        message = f"the renderer {name} cannot start: {error}; `facsmith doctor` says what to install"
        raise BackendError(message) from error
