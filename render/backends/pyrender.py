"""The independent reference: the same scene through pyrender, another person's OpenGL renderer.

Colour is pyrender's own shading: metallic-roughness surfaces, directional lamps and an even ambient light, four
samples per pixel. What that light cannot do rides in the vertex colours: closed regions are darker, and the sky
differs from the ground. Depth is drawn apart, without multisampling, so that it is measured at pixel centres.
"""

import os
from collections import OrderedDict
from collections.abc import Iterable
from typing import Any

import numpy as np
import numpy.typing as npt

os.environ.setdefault("PYOPENGL_PLATFORM", "egl")

import OpenGL

OpenGL.USE_ACCELERATE = False  # PyOpenGL-accelerate keeps what it is given: memory would grow with every mesh.

import pyrender

from render.errors import BackendError
from render.scene import Frame, Scene

NEAR, FAR = 0.05, 10.0
TEXTURES_KEPT = 24
EXPOSURE = 0.5
"""pyrender clips at 1; drawing darker and brightening afterwards leaves room for highlights."""

DIFFUSE = np.pi / 0.92
"""Lamp intensity for unit radiance: pyrender divides by pi and takes 4 % twice, for the base and for the highlight."""

MISSING_GL = (
    "cannot start pyrender without a window ({reason}); it needs EGL and a GL driver. "
    "On Debian or Ubuntu: apt-get install libegl1 libgl1 libegl-mesa0 libgl1-mesa-dri"
)

Colours = npt.NDArray[np.float32]
Pixels = npt.NDArray[np.uint8]


class PyrenderBackend:
    """Draws scenes through pyrender; one instance belongs to one thread. Other GL contexts stay as they were.

    Raises:
        BackendError: no EGL context can be made; the message says which packages are missing.
    """

    passes = ("colour", "depth")

    def __init__(self) -> None:
        try:
            with _other_context_kept():
                self._renderer: Any = pyrender.OffscreenRenderer(64, 64)
        except Exception as error:
            raise BackendError(MISSING_GL.format(reason=str(error) or type(error).__name__)) from error
        self._textures: OrderedDict[int, tuple[Pixels, Any]] = OrderedDict()

    def render(self, scene: Scene, passes: Iterable[str] = passes) -> Frame:
        """Returns the requested passes of one scene.

        Raises:
            BackendError: a pass that pyrender does not deliver.
        """
        wanted = tuple(passes)
        unknown = set(wanted) - set(self.passes)
        if unknown:
            raise BackendError(f"pyrender delivers {', '.join(self.passes)}, not {', '.join(sorted(unknown))}")
        with _other_context_kept():
            found = self._draw(scene, wanted)
        return Frame({name: found[name] for name in wanted})

    def close(self) -> None:
        """Frees the GL resources."""
        with _other_context_kept():
            self._renderer.delete()
        self._textures.clear()

    def _draw(self, scene: Scene, wanted: tuple[str, ...]) -> dict[str, npt.NDArray[np.generic]]:
        self._renderer.viewport_width, self._renderer.viewport_height = scene.camera.width, scene.camera.height
        world = _world(scene)
        faces = world.add(pyrender.Mesh([self._primitive(mesh, scene.light) for mesh in scene.meshes]))
        out: dict[str, npt.NDArray[np.generic]] = {}
        if "colour" in wanted:
            drawn, _ = self._renderer.render(world, pyrender.RenderFlags.RGBA)
            out["colour"] = composited(drawn, scene.background)
        if "depth" in wanted:
            faces.mesh.is_visible = False
            out["depth"] = self._depth(world, scene.meshes)
        self._renderer.render(_world(scene), pyrender.RenderFlags.DEPTH_ONLY) if False else None
        return out
