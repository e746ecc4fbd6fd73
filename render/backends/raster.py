"""The default renderer: OpenGL 3.3 without a window, on a GPU or on llvmpipe.

Two draws of the same scene: colour at twice the resolution in linear light, box-filtered over the background and
encoded as sRGB; and the visibility buffer (triangle and barycentrics at each pixel's centre), from which every
label is computed, whichever backend makes the colours.
"""

from collections import OrderedDict
from collections.abc import Iterable
from importlib.resources import files
from typing import Any

import moderngl
import numpy as np
import numpy.typing as npt

from render.errors import BackendError
from render.relief import CREASE_RGB, slopes_and_creases
from render.scene import Frame, Scene, SceneMesh

SUPERSAMPLING = 2
MAX_LAMPS = 4
TEXTURES_KEPT = 24
MISSING_GL = (
    "cannot start OpenGL without a window ({reason}); the raster renderer needs EGL and a GL driver. "
    "On Debian or Ubuntu: apt-get install libegl1 libgl1 libegl-mesa0 libgl1-mesa-dri"
)


def _shader(name: str) -> str:
    return (files("render.backends") / "shaders" / name).read_text(encoding="utf-8")


class RasterBackend:
    """Draws scenes through moderngl; one instance owns one GL context and belongs to one thread.

    Raises:
        BackendError: no EGL context can be made; the message says which packages are missing.
    """

    passes: tuple[str, ...] = ("colour", "depth", "face_index", "barycentric")

    def __init__(self) -> None:
        self._gl = _context()
        self._gl.enable(moderngl.DEPTH_TEST)
        self._colour = self._gl.program(_shader("surface.vert"), _shader("surface.frag"))
        self._visibility = self._gl.program(_shader("visibility.vert"), _shader("visibility.frag"))
        self._resolve = self._gl.program(_shader("resolve.vert"), _shader("resolve.frag"))
        self._colour["albedo"].value, self._colour["relief"].value = 0, 1
        self._colour["crease"].value = CREASE_RGB
        self._screen = self._gl.vertex_array(self._resolve, [])
        self._textures: OrderedDict[int, tuple[npt.NDArray[np.uint8], Any]] = OrderedDict()
        self._targets: dict[tuple[int, int], _Targets] = {}

    def render(self, scene: Scene, passes: Iterable[str] = passes) -> Frame:
        """Returns the requested passes of one scene."""
        wanted = tuple(passes)
        out: dict[str, npt.NDArray[np.generic]] = {}
        # Another renderer of this process may have made its own context current.
        with self._gl:
            targets = self._target(scene.camera.width, scene.camera.height)
            if "colour" in wanted:
                out["colour"] = self._draw_colour(scene, targets)
            if set(wanted) - {"colour"}:
                out |= self._draw_visibility(scene, targets)
        return Frame({name: out[name] for name in wanted})

    def close(self) -> None:
        """Frees the GL context."""
        self._gl.release()

    def _target(self, width: int, height: int) -> "_Targets":
        if (width, height) not in self._targets:
            self._targets[width, height] = _Targets(self._gl, width, height)
        return self._targets[width, height]

    def _texture(self, pixels: npt.NDArray[np.uint8]) -> Any:
        """Returns the texture of an array, kept while the same array is drawn again (faces of one identity)."""
        kept = self._textures.get(id(pixels))
        if kept is None:
            self._textures[id(pixels)] = kept = (pixels, _texture(self._gl, pixels, "f1"))
        self._textures.move_to_end(id(pixels))
        while len(self._textures) > TEXTURES_KEPT:
            self._textures.popitem(last=False)[1][1].release()
        return kept[1]

    def _draw_colour(self, scene: Scene, targets: "_Targets") -> npt.NDArray[np.uint8]:
        targets.linear.use()
        targets.linear.clear(0.0, 0.0, 0.0, 0.0)
        self._set_light(scene)
        _set_camera(self._colour, scene)
        for mesh in scene.meshes:
            self._draw_mesh(mesh)
        return self._resolved(scene, targets)

    def _set_light(self, scene: Scene) -> None:
        lamps = scene.light.lamps[:MAX_LAMPS]
        direction, radiance = np.zeros((MAX_LAMPS, 3), "f4"), np.zeros((MAX_LAMPS, 3), "f4")
        for index, lamp in enumerate(lamps):
            direction[index], radiance[index] = lamp.direction, lamp.rgb
        self._colour["lamp_direction"].write(direction.tobytes())
        self._colour["lamp_radiance"].write(radiance.tobytes())
        self._colour["sky"].value = scene.light.sky_rgb
        self._colour["ground"].value = scene.light.ground_rgb
        eye = np.linalg.inv(scene.camera.world_to_camera)[:3, 3]
        self._colour["eye"].value = tuple(eye)

    def _draw_mesh(self, mesh: SceneMesh) -> None:
        vertices = np.column_stack([mesh.vertices, mesh.normals, mesh.uv, mesh.occlusion]).astype("f4")
        self._texture(mesh.albedo).use(0)
        relief = self._relief(mesh)
        material = mesh.material
        self._colour["surface"].value = (material.specular, material.roughness, material.subsurface)
        buffer, index = self._gl.buffer(vertices.tobytes()), self._gl.buffer(mesh.faces.astype("i4").tobytes())
        layout = [(buffer, "3f 3f 2f 1f", "position", "normal", "texcoord", "openness")]
        array = self._gl.vertex_array(self._colour, layout, index)
        array.render()
        for resource in (array, buffer, index, *relief):
            resource.release()

    def _relief(self, mesh: SceneMesh) -> list[Any]:
        """Returns the texture of a mesh's relief, which no other picture shares, or nothing.

        It holds slopes: they blend between texels and between sizes as differences of heights cannot.
        """
        self._colour["wrinkled"].value = mesh.relief is not None
        if mesh.relief is None:
            return []
        texture = _texture(self._gl, slopes_and_creases(mesh.relief), "f4")
        texture.use(1)
        return [texture]

    def _resolved(self, scene: Scene, targets: "_Targets") -> npt.NDArray[np.uint8]:
        targets.encoded.use()
        targets.linear_texture.use(0)
        targets.background.write(np.ascontiguousarray(scene.background[::-1]).tobytes())
        targets.background.use(1)
        self._resolve["linear_image"].value, self._resolve["background"].value = 0, 1
        self._gl.disable(moderngl.DEPTH_TEST)
        self._screen.render(moderngl.TRIANGLES, vertices=3)
        self._gl.enable(moderngl.DEPTH_TEST)
        return _read(targets.encoded, 3, "u1", targets.size)

    def _draw_visibility(self, scene: Scene, targets: "_Targets") -> dict[str, npt.NDArray[np.generic]]:
        targets.visibility.use()
        targets.visibility.clear(-1.0, 0.0, 0.0, np.inf)
        _set_camera(self._visibility, scene)
        corners = np.concatenate([mesh.vertices[mesh.faces].reshape(-1, 3) for mesh in scene.labelled]).astype("f4")
        buffer = self._gl.buffer(corners.tobytes())
        array = self._gl.vertex_array(self._visibility, [(buffer, "3f", "position")])
        array.render(moderngl.TRIANGLES)
        array.release()
        buffer.release()
        found = _read(targets.visibility, 4, "f4", targets.size)
        return {
            "face_index": found[..., 0].astype(np.int32),
            "barycentric": np.ascontiguousarray(found[..., 1:3]),
            "depth": np.ascontiguousarray(found[..., 3]),
        }


def _context() -> Any:
    options: dict[str, Any] = {"standalone": True, "backend": "egl", "require": 330}
    try:
        return moderngl.create_context(**options)
    except Exception as error:  # the loader raises bare Exception for every missing library
        raise BackendError(MISSING_GL.format(reason=str(error).splitlines()[0])) from error


def _texture(gl: Any, texels: npt.NDArray[Any], dtype: str) -> Any:
    """Returns the texture of (h, w, c) texels, with all its smaller sizes."""
    height, width, channels = texels.shape
    texture = gl.texture((width, height), channels, texels.tobytes(), alignment=1, dtype=dtype)
    texture.build_mipmaps()
    texture.filter = (moderngl.LINEAR_MIPMAP_LINEAR, moderngl.LINEAR)
    return texture


class _Targets:
    """The framebuffers of one picture size."""

    def __init__(self, gl: Any, width: int, height: int) -> None:
        self.size = (height, width)
        fine = (width * SUPERSAMPLING, height * SUPERSAMPLING)
        self.linear_texture = gl.texture(fine, 4, dtype="f2")
        self.linear_texture.filter = (moderngl.NEAREST, moderngl.NEAREST)
        self.linear = gl.framebuffer([self.linear_texture], gl.depth_renderbuffer(fine))
        self.encoded = gl.framebuffer([gl.texture((width, height), 3, dtype="f1", alignment=1)])
        self.background = gl.texture((width, height), 3, dtype="f1", alignment=1)
        self.background.filter = (moderngl.NEAREST, moderngl.NEAREST)
        self.visibility = gl.framebuffer(
            [gl.texture((width, height), 4, dtype="f4")], gl.depth_renderbuffer((width, height))
        )


def _set_camera(program: Any, scene: Scene) -> None:
    camera = scene.camera
    matrix = camera.projection() @ camera.world_to_camera
    program["world_to_clip"].write(matrix.T.astype("f4").tobytes())


def _read(target: Any, components: int, dtype: str, size: tuple[int, int]) -> npt.NDArray[Any]:
    raw = target.read(components=components, dtype="f1" if dtype == "u1" else dtype, alignment=1)
    pixels = np.frombuffer(raw, dtype=dtype).reshape(*size, components)
    return np.ascontiguousarray(pixels[::-1])
