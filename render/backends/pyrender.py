"""The independent reference: the same scene through pyrender, another person's OpenGL renderer.

Colour is pyrender's own shading: metallic-roughness surfaces, directional lamps and an even ambient light, four
samples per pixel. What that light cannot do rides in the vertex colours: closed regions are darker, what surrounds
the face shines from every side, and the first lamp casts its shadows (pyrender's own are fitted to all that is in the
scene, so that an expression would move them everywhere). Shiny surfaces mirror the lamps alone. A relief is a normal
map over a darker colour in its creases. Depth and classes are drawn apart, without multisampling, so that they are
measured at pixel centres.
"""

# ruff: noqa: E402 (PyOpenGL reads its settings when it is imported)
import os
from collections import OrderedDict
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
import numpy.typing as npt

os.environ.setdefault("PYOPENGL_PLATFORM", "egl")

import OpenGL

# PyOpenGL-accelerate keeps what it is given: memory would grow with every mesh.
OpenGL.USE_ACCELERATE = False
# Read pixels as arrays: as strings they pass through a function that numpy has deprecated.
OpenGL.UNSIGNED_BYTE_IMAGES_AS_STRING = False

import pyrender
from OpenGL import EGL, GL

from faceset.spec import LightSpec
from render.appearance.colour import to_srgb
from render.backends.film import developed, eased
from render.backends.lamps import looking_from
from render.backends.normal_map import NormalMaps
from render.environments.harmonics import irradiance
from render.environments.light import ambient
from render.errors import BackendError
from render.relief import creased
from render.scene import Frame, Scene, SceneMesh

NEAR, FAR = 0.05, 10.0
MAX_LAMPS = 4
TEXTURES_KEPT = 24
EXPOSURE = 0.5
"""pyrender clips at 1; drawing darker and brightening afterwards leaves room for highlights."""

LAMP_FACTOR = np.pi / 0.92
"""Lamp intensity of unit radiance: pyrender divides by pi and takes 4 % off twice, for the base and the highlight."""

MISSING_GL = (
    "cannot start pyrender without a window ({reason}); it needs EGL and a GL driver. "
    "On Debian or Ubuntu: apt-get install libegl1 libgl1 libegl-mesa0 libgl1-mesa-dri"
)

Colours = npt.NDArray[np.float32]
Pixels = npt.NDArray[np.uint8]


class PyrenderBackend:
    """Draws scenes through pyrender; one instance belongs to one thread. Other GL contexts stay current as they were.

    Args:
        both_sides: whether colour shows the inner side of surfaces too. Without it, drawing is a third faster, and
            the corners of eyes and mouths have holes.

    Raises:
        BackendError: no EGL context can be made; the message says which packages are missing.
    """

    passes = ("colour", "depth", "segmentation")

    def __init__(self, both_sides: bool = True) -> None:
        self._both_sides = both_sides
        try:
            with _other_context_kept():
                self._renderer = _renderer()
        except Exception as error:
            raise BackendError(MISSING_GL.format(reason=str(error) or type(error).__name__)) from error
        self._normal_maps = NormalMaps()
        self._textures: OrderedDict[int, tuple[Pixels, Any]] = OrderedDict()

    def render(self, scene: Scene, passes: Iterable[str] = passes) -> Frame:
        """Returns the requested passes of one scene.

        Raises:
            BackendError: a pass that pyrender does not deliver.
        """
        wanted = tuple(passes)
        unknown = sorted(set(wanted) - set(self.passes))
        if unknown:
            raise BackendError(f"pyrender delivers {', '.join(self.passes)}, not {', '.join(unknown)}")
        with _other_context_kept():
            self._renderer.viewport_width, self._renderer.viewport_height = scene.camera.width, scene.camera.height
            found = self._draw(scene, wanted)
        return Frame({name: found[name] for name in wanted})

    def close(self) -> None:
        """Frees the GL resources."""
        with _other_context_kept():
            self._renderer.delete()
        self._textures.clear()

    def _draw(self, scene: Scene, wanted: tuple[str, ...]) -> dict[str, npt.NDArray[np.generic]]:
        out: dict[str, npt.NDArray[np.generic]] = {}
        world = _world(scene)
        # One mesh of many primitives: pyrender keeps meshes in a set, whose order changes from run to run.
        coloured = world.add(pyrender.Mesh([self._primitive(mesh, scene.light) for mesh in scene.meshes])).mesh
        if "colour" in wanted:
            drawn, _ = self._renderer.render(world, pyrender.RenderFlags.RGBA)
            out["colour"] = composited(drawn, scene.background)
        # Hidden and not removed: pyrender would free the textures, which the next face may share.
        coloured.is_visible = False
        if "segmentation" in wanted:
            out["segmentation"] = self._segmentation(world, scene)
        if "depth" in wanted:
            out["depth"] = self._depth(world, scene)
        return out

    def _segmentation(self, world: Any, scene: Scene) -> Pixels:
        """Returns the (H, W) classes: the segment textures, drawn without light."""
        node = world.add(pyrender.Mesh([_classes(mesh) for mesh in scene.labelled]))
        drawn, _ = self._renderer.render(world, pyrender.RenderFlags.FLAT)
        world.remove_node(node)
        return np.ascontiguousarray(drawn[..., 0])

    def _depth(self, world: Any, scene: Scene) -> npt.NDArray[np.float32]:
        shape = world.add(pyrender.Mesh([_both_sides(scene.labelled)]))
        # The segmentation pass is the one that pyrender draws without multisampling.
        flags = pyrender.RenderFlags.SEG | pyrender.RenderFlags.DEPTH_ONLY
        depth = self._renderer.render(world, flags, {shape: 255})
        return np.where(depth == 0, np.float32(np.inf), depth).astype(np.float32)

    def _primitive(self, mesh: SceneMesh, light: LightSpec) -> Any:
        colours = np.column_stack([_relit(mesh, light), np.ones(len(mesh.vertices), np.float32)])
        return pyrender.Primitive(
            positions=mesh.vertices,
            normals=mesh.normals,
            texcoord_0=mesh.uv * (1, -1) + (0, 1),
            color_0=colours,
            indices=mesh.faces,
            material=pyrender.MetallicRoughnessMaterial(
                baseColorTexture=self._colour(mesh),
                normalTexture=None if mesh.relief is None else _Normals(self._normal_maps.of(mesh)),
                metallicFactor=0.0,
                roughnessFactor=_roughness(mesh.material.specular, mesh.material.roughness),
                doubleSided=self._both_sides,
            ),
        )

    def _colour(self, mesh: SceneMesh) -> Any:
        if mesh.relief is None:
            return self._texture(mesh.albedo)
        return pyrender.Texture(source=creased(mesh.albedo, mesh.relief), source_channels="RGB")

    def _texture(self, pixels: Pixels) -> Any:
        """Returns the texture of an array, kept while the same array is drawn again (faces of one identity)."""
        kept = self._textures.get(id(pixels))
        if kept is None:
            self._textures[id(pixels)] = kept = (pixels, pyrender.Texture(source=pixels, source_channels="RGB"))
        self._textures.move_to_end(id(pixels))
        while len(self._textures) > TEXTURES_KEPT:
            self._textures.popitem(last=False)
        return kept[1]


class _Normals(pyrender.Texture):  # type: ignore[misc]
    """A normal map in floating point: pyrender's own rounding to 256 steps would tilt flat skin.

    Args:
        normals: (h, w, 3) unit normals, tangent frame.
    """

    def __init__(self, normals: npt.NDArray[np.float32]) -> None:
        height, width, _ = normals.shape
        super().__init__(width=width, height=height, source_channels="RGB", data_format=GL.GL_FLOAT)
        self._texels = np.ascontiguousarray((0.5 + 0.5 * normals)[::-1])

    def _add_to_context(self) -> None:
        self._texid = GL.glGenTextures(1)
        GL.glBindTexture(GL.GL_TEXTURE_2D, self._texid)
        shape = (0, GL.GL_RGB32F, self.width, self.height, 0, GL.GL_RGB, GL.GL_FLOAT)
        GL.glTexImage2D(GL.GL_TEXTURE_2D, *shape, self._texels)
        GL.glGenerateMipmap(GL.GL_TEXTURE_2D)
        GL.glTexParameteri(GL.GL_TEXTURE_2D, GL.GL_TEXTURE_MAG_FILTER, GL.GL_LINEAR)
        GL.glTexParameteri(GL.GL_TEXTURE_2D, GL.GL_TEXTURE_MIN_FILTER, GL.GL_LINEAR_MIPMAP_LINEAR)
        GL.glBindTexture(GL.GL_TEXTURE_2D, 0)


class _World(pyrender.Scene):  # type: ignore[misc]
    """A pyrender scene whose lamps come in a fixed order, so that their floating-point sum is the same every time."""

    @property
    def light_nodes(self) -> list[Any]:
        """The lamps by name."""
        return sorted(super().light_nodes, key=lambda node: str(node.name))


def _world(scene: Scene) -> _World:
    ambient = EXPOSURE * _ambient(scene.light)
    world = _World(bg_color=np.zeros(4), ambient_light=ambient)
    camera = scene.camera
    lens = pyrender.IntrinsicsCamera(camera.focal, camera.focal, *camera.centre, znear=NEAR, zfar=FAR)
    world.add(lens, pose=np.linalg.inv(camera.world_to_camera))
    for index, lamp in enumerate(scene.light.lamps[:MAX_LAMPS]):
        sun = pyrender.DirectionalLight(color=np.array(lamp.rgb), intensity=LAMP_FACTOR * EXPOSURE)
        world.add(sun, name=f"lamp {index}", pose=looking_from(lamp.direction))
    return world


def _ambient(light: LightSpec) -> npt.NDArray[np.float64]:
    """Returns the mean of the even light over all directions."""
    return np.asarray(ambient(light)[0])


def _relit(mesh: SceneMesh, light: LightSpec) -> Colours:
    """Returns (V, 3) factors: the light that reaches each vertex over the light that pyrender would give it."""
    n, open_ = mesh.normals, np.clip(mesh.occlusion, 0, 1)[:, None]
    even = ambient(light)
    given, reached = np.zeros((2, len(n), 3))
    for index, lamp in enumerate(light.lamps[:MAX_LAMPS]):
        direct = np.maximum(n @ np.array(lamp.direction), 0.0)[:, None] * lamp.rgb
        given += direct
        reached += direct * (1.0 if mesh.lit is None or index else mesh.lit[:, None])
    all_ = irradiance(even, n) * open_ + reached * (0.35 + 0.65 * open_) * np.clip(open_ / 0.15, 0, 1)
    return np.asarray(all_ / np.maximum(even[0] + given, 1e-6), dtype=np.float32)


def _roughness(specular: float, roughness: float) -> float:
    """Returns the roughness whose highlight peaks as high as asked: pyrender knows one reflectance for everything.

    The peak of the GGX distribution is 1 / (pi roughness^4).
    """
    return float(min(1.0, roughness * max(specular, 1e-3) ** -0.25))


def _both_sides(meshes: tuple[SceneMesh, ...]) -> Any:
    """Returns all objects as one primitive without material, each triangle twice: that pass culls back faces."""
    starts = np.cumsum([0, *(len(mesh.vertices) for mesh in meshes)])
    faces = np.concatenate([mesh.faces + start for mesh, start in zip(meshes, starts, strict=False)])
    positions = np.concatenate([mesh.vertices for mesh in meshes])
    return pyrender.Primitive(positions=positions, indices=np.concatenate([faces, faces[:, ::-1]]))


def _classes(mesh: SceneMesh) -> Any:
    """Returns one object whose colour is its class, from the nearest texel."""
    texels = np.repeat(mesh.segments[..., None], 4, axis=-1)
    texels[..., 3] = 255
    nearest = pyrender.Sampler(magFilter=GL.GL_NEAREST, minFilter=GL.GL_NEAREST)
    return pyrender.Primitive(
        positions=mesh.vertices,
        texcoord_0=mesh.uv * (1, -1) + (0, 1),
        indices=mesh.faces,
        material=pyrender.MetallicRoughnessMaterial(
            baseColorTexture=pyrender.Texture(sampler=nearest, source=texels, source_channels="RGBA"),
            doubleSided=True,
        ),
    )


def _linear(encoded: npt.NDArray[np.floating[Any]]) -> Colours:
    """Returns the linear light of pyrender's values in [0, 1], exposure undone."""
    return np.asarray(encoded**2.2 / EXPOSURE, dtype=np.float32)


SRGB = to_srgb(eased(_linear(np.arange(256) / 255)))
"""The sRGB value of each of pyrender's 256 values."""


def composited(drawn: Pixels, background: Pixels) -> Pixels:
    """Returns (H, W, 3) uint8 sRGB: pyrender's (H, W, 4) picture, black where empty, over a background."""
    alpha = drawn[..., 3]
    out = np.where(alpha[..., None] == 255, SRGB[drawn[..., :3]], background)
    edge = (alpha > 0) & (alpha < 255)
    cover = alpha[edge][:, None] / 255
    front = np.clip(drawn[edge][:, :3] / 255 / cover, 0, 1)
    out[edge] = developed(_linear(front), cover, background[edge])
    return np.ascontiguousarray(out)


def _renderer() -> Any:
    """Returns a renderer that, when deleted, leaves the EGL display open: other contexts of the process use it too."""
    renderer = pyrender.OffscreenRenderer(64, 64)
    platform = renderer._platform

    def delete_context() -> None:
        _make_none_current(platform._egl_display)
        EGL.eglDestroyContext(platform._egl_display, platform._egl_context)

    platform.delete_context = delete_context
    draw = renderer._renderer._bind_and_draw_primitive

    def draw_primitive(flags: int, **kept: Any) -> None:
        if flags & pyrender.RenderFlags.FLAT:
            GL.glDisable(GL.GL_MULTISAMPLE)  # which the pass has just enabled: classes must not mix at edges
        draw(flags=flags, **kept)

    renderer._renderer._bind_and_draw_primitive = draw_primitive
    return renderer


@contextmanager
def _other_context_kept() -> Iterator[None]:
    """Makes the GL context current again that was current before, or none."""
    display, context = EGL.eglGetCurrentDisplay(), EGL.eglGetCurrentContext()
    surfaces = EGL.eglGetCurrentSurface(EGL.EGL_DRAW), EGL.eglGetCurrentSurface(EGL.EGL_READ)
    try:
        yield
    finally:
        if context:
            EGL.eglMakeCurrent(display, *surfaces, context)
        elif EGL.eglGetCurrentContext():
            _make_none_current(EGL.eglGetCurrentDisplay())


def _make_none_current(display: Any) -> None:
    EGL.eglMakeCurrent(display, EGL.EGL_NO_SURFACE, EGL.EGL_NO_SURFACE, EGL.EGL_NO_CONTEXT)
