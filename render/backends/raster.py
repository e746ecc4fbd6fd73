"""The default renderer: OpenGL 3.3 without a window, on a GPU or on llvmpipe.

Triangles are drawn once, as what is seen (triangle, barycentrics, depth) at the corners of half pixels: every second
sample is a pixel's centre. From the centres every label is computed, whichever backend makes the colours. Colours
are shaded after that, once for each surface of each pixel, so that they cost the same however small triangles are.
"""

from collections import OrderedDict
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from importlib.resources import files
from typing import Any

import moderngl
import numpy as np
import numpy.typing as npt

from render.backends.raster_culling import Extents, hidden
from render.backends.raster_textures import Atlas, add_reliefs, packed, sizes, surface_table
from render.environments.light import ambient
from render.environments.shiny import ROUGHNESS, levels
from render.environments.surroundings import surroundings
from render.errors import BackendError
from render.relief import CREASE_RGB
from render.scene import Frame, Scene, SceneMesh

MAX_LAMPS = 4
MAX_TRIANGLES, MAX_MESHES = 2**18, 2**6
"""What is seen of them is one number below 2^24, which a float holds exactly."""

TABLE_WIDTH = 1024
TEXTURES_KEPT, ATLASES_KEPT, SURROUNDINGS_KEPT = 48, 12, 24
RELIEF_SIZE = 100
"""Pixels: smaller pictures show reliefs at half their resolution."""

SHARED = "barycentric.glsl"
SAME_SURFACE = 4.0
"""Samples whose depths differ by fewer pixels are of one surface."""

LARGE = 32.0
"""Samples: triangles that cover more are thought to hide others."""

SRGB8_ALPHA8 = 0x8C43
UNITS = ("grid", "corners", "points", "normals", "coordinates", "surfaces", "atlas", "relief", "mirrored", "background")
"""Texture units of the shaders' samplers, by their number."""

MISSING_GL = (
    "cannot start OpenGL without a window ({reason}); the raster renderer needs EGL and a GL driver. "
    "On Debian or Ubuntu: apt-get install libegl1 libgl1 libegl-mesa0 libgl1-mesa-dri"
)

Pixels = npt.NDArray[np.uint8]
Single = npt.NDArray[np.float32]
Corners = npt.NDArray[np.uint32]


def _shader(name: str) -> str:
    """Returns a shader's text, with that of the file that it includes."""
    folder = files("render.backends") / "shaders"
    text = (folder / name).read_text(encoding="utf-8")
    return text.replace(f"//#include {SHARED}", (folder / SHARED).read_text(encoding="utf-8"))


class RasterBackend:
    """Draws scenes through moderngl; one instance owns one GL context and belongs to one thread.

    Raises:
        BackendError: no EGL context can be made; the message says which packages are missing.
    """

    passes: tuple[str, ...] = ("colour", "depth", "face_index", "barycentric")

    def __init__(self) -> None:
        self._gl = _context()
        self._triangles = self._program("triangles.vert", "triangles.frag")
        self._centres = self._program("screen.vert", "centres.frag")
        self._shading = self._program("screen.vert", "shading.frag")
        self._shading["crease"].value = CREASE_RGB
        self._read_centres = self._gl.vertex_array(self._centres, [])
        self._shade = self._gl.vertex_array(self._shading, [])
        self._tables = {name: _Table(self._gl, "u4" if name == "corners" else "f4") for name in UNITS[1:5]}
        self._none = self._gl.texture((1, 1), 4, bytes(8), dtype="f2")
        self._targets: dict[tuple[int, int], _Targets] = {}
        self._sizes: OrderedDict[int, tuple[Pixels, list[Pixels]]] = OrderedDict()
        self._atlases: OrderedDict[tuple[int, ...], tuple[Sequence[Pixels], Atlas, Any]] = OrderedDict()
        self._mirrored: OrderedDict[tuple[str, int], Any] = OrderedDict()

    def render(self, scene: Scene, passes: Iterable[str] = passes) -> Frame:
        """Returns the requested passes of one scene.

        Raises:
            BackendError: more meshes or triangles than the rasteriser can number.
        """
        wanted = tuple(passes)
        out: dict[str, npt.NDArray[np.generic]] = {}
        # Another renderer of this process may have made its own context current.
        with self._gl:
            targets = self._target(scene.camera.width, scene.camera.height)
            points, corners = _triangles(scene.meshes if "colour" in wanted else scene.labelled)
            self._tables["points"].write(points)
            self._start(scene, targets)
            with self._vertices(points) as vertices:
                order, rest, unlabelled = self._draw_nearest(scene, targets, vertices, points, corners)
                self._draw(vertices, corners[order[rest:unlabelled]], rest)
                self._tables["corners"].write(corners[order])
                if set(wanted) - {"colour"}:
                    out |= self._what_is_seen(targets, order)
                targets.grid.use()
                self._draw(vertices, corners[order[unlabelled:]], unlabelled)
            if "colour" in wanted:
                out["colour"] = self._colours(scene, targets)
        return Frame({name: out[name] for name in wanted})

    def close(self) -> None:
        """Frees the GL context."""
        self._gl.release()

    def _program(self, vertex: str, fragment: str) -> Any:
        program = self._gl.program(_shader(vertex), _shader(fragment))
        for unit, name in enumerate(UNITS):
            if name in program:
                program[name].value = unit
        return program

    def _target(self, width: int, height: int) -> "_Targets":
        if (width, height) not in self._targets:
            self._targets[width, height] = _Targets(self._gl, width, height)
        return self._targets[width, height]

    @contextmanager
    def _vertices(self, points: Single) -> Iterator[Any]:
        """Gives the vertices of a scene, for as long as they are needed."""
        vertices = self._gl.buffer(points)
        try:
            yield vertices
        finally:
            vertices.release()

    def _draw_nearest(
        self, scene: Scene, targets: "_Targets", vertices: Any, points: Single, corners: Corners
    ) -> tuple[npt.NDArray[np.int64], int, int]:
        """Draws the front of the first object and what is large, behind which lies most of what cannot be seen.

        Returns:
            The triangles to draw in their order, how many of them are drawn already, and which is the first that
            labels do not see.
        """
        labelled = sum(len(mesh.faces) for mesh in scene.labelled)
        camera = scene.camera
        extents = Extents.of(points, corners, camera.projection() @ camera.world_to_camera, targets.fine)
        if extents is None or not labelled:
            return np.arange(len(corners)), 0, labelled
        front = extents.covers & (extents.area > LARGE)
        first = len(scene.labelled[0].faces)
        front[:first] = extents.covers[:first] & (extents.area[:first] > 0)
        front[labelled:] = False
        nearest, rest = np.flatnonzero(front), np.flatnonzero(extents.covers & ~front)
        self._draw(vertices, corners[nearest], 0)
        depth = np.frombuffer(targets.grid.read(components=2, dtype="f4"), dtype=np.float32)[1::2]
        rest = rest[~hidden(extents, rest, depth.reshape(targets.fine))]
        return np.concatenate([nearest, rest]), len(nearest), len(nearest) + int(np.searchsorted(rest, labelled))

    def _draw(self, vertices: Any, corners: Corners, first: int) -> None:
        """Draws triangles, numbered from ``first`` on."""
        if not len(corners):
            return
        index = self._gl.buffer(np.ascontiguousarray(corners[:, :3]))
        triangles = self._gl.vertex_array(self._triangles, [(vertices, "4f", "point")], index)
        self._triangles["first"].value = first
        self._gl.enable(moderngl.DEPTH_TEST)
        triangles.render(moderngl.TRIANGLES)
        for resource in (triangles, index):
            resource.release()

    def _start(self, scene: Scene, targets: "_Targets") -> None:
        """Makes ready for drawing triangles."""
        camera = scene.camera
        targets.grid.use()
        targets.grid.clear(-1.0, 1.0)
        matrix = (camera.projection() @ camera.world_to_camera).T.astype("f4").tobytes()
        wide, high = 2 * camera.width, 2 * camera.height
        for program in (self._triangles, self._centres, self._shading):
            program["world_to_clip"].write(matrix)
        for program in (self._centres, self._shading):
            program["steps"].value = 2 / wide, 2 / high
        self._triangles["squeeze"].value = wide / (wide + 1), high / (high + 1)

    def _what_is_seen(self, targets: "_Targets", order: npt.NDArray[np.int64]) -> dict[str, npt.NDArray[np.generic]]:
        """Returns what the pixels' centres show, its triangles numbered as in the scene."""
        targets.centres.use()
        self._gl.disable(moderngl.DEPTH_TEST)
        targets.samples.use(0)
        for unit, name in enumerate(UNITS[1:3], start=1):
            self._tables[name].texture.use(unit)
        self._read_centres.render(moderngl.TRIANGLES, vertices=3)
        found = _read(targets.centres, 4, "f4", targets.size)
        triangle = found[..., 0].astype(np.int32)
        return {
            "face_index": np.append(order, -1).astype(np.int32)[triangle],
            "barycentric": np.ascontiguousarray(found[..., 1:3]),
            "depth": np.ascontiguousarray(found[..., 3]),
        }

    def _colours(self, scene: Scene, targets: "_Targets") -> Pixels:
        meshes = scene.meshes
        self._tables["normals"].write(_columns([(mesh.normals, mesh.occlusion) for mesh in meshes]))
        self._tables["coordinates"].write(_columns([(mesh.uv, _lit(mesh)) for mesh in meshes]))
        self._set_light(scene)
        made = self._set_surfaces(scene)
        targets.samples.use(0)
        for unit, name in enumerate(UNITS[1:5], start=1):
            self._tables[name].texture.use(unit)
        targets.background.write(np.ascontiguousarray(scene.background[::-1]))
        targets.background.use(9)
        targets.encoded.use()
        self._gl.disable(moderngl.DEPTH_TEST)
        self._shade.render(moderngl.TRIANGLES, vertices=3)
        for texture in made:
            texture.release()
        return _read(targets.encoded, 3, "u1", targets.size)

    def _set_light(self, scene: Scene) -> None:
        lamps, light = scene.light.lamps[:MAX_LAMPS], scene.light
        direction, radiance = np.zeros((MAX_LAMPS, 3), "f4"), np.zeros((MAX_LAMPS, 3), "f4")
        for index, lamp in enumerate(lamps):
            direction[index], radiance[index] = lamp.direction, lamp.rgb
        shading = self._shading
        shading["lamps"].value = len(lamps)
        shading["lamp_direction"].write(direction.tobytes())
        shading["lamp_radiance"].write(radiance.tobytes())
        shading["even"].write(ambient(light).astype("f4").tobytes())
        shading["sky"].value, shading["ground"].value = light.sky_rgb, light.ground_rgb
        turn = light.environment.turn
        strength = 0.0 if light.environment.kind == "none" else light.environment.strength
        shading["surroundings"].value = strength, float(np.cos(turn)), float(np.sin(turn))
        self._mirror(light.environment.kind, light.environment.seed).use(8)
        shading["eye"].value = tuple(np.linalg.inv(scene.camera.world_to_camera)[:3, 3])
        shading["pixel"].value = 1 / scene.camera.focal
        # The window's depth z lies 1 - z = near (far - d) / (d (far - near)) before the end, about near / d.
        shading["near_by"].value = SAME_SURFACE / scene.camera.focal

    def _set_surfaces(self, scene: Scene) -> list[Any]:
        """Makes the surfaces of a scene known, and returns the textures that no other picture shares."""
        atlas, texture = self._atlas([mesh.albedo for mesh in scene.meshes])
        texture.use(6)
        table = surface_table(scene.meshes, atlas)
        small = max(scene.camera.width, scene.camera.height) < RELIEF_SIZE
        reliefs = add_reliefs(table, scene.meshes, 2 if small else 1)
        made = [_texture(self._gl, table, "f4", moderngl.NEAREST)]
        made += [] if reliefs is None else [_texture(self._gl, reliefs, "f2", moderngl.LINEAR)]
        made[0].use(5)
        (self._none if reliefs is None else made[1]).use(7)
        return made

    def _atlas(self, textures: Sequence[Pixels]) -> tuple[Atlas, Any]:
        """Returns textures in one, kept while the same arrays are drawn again (faces of one identity)."""
        key = tuple(map(id, textures))
        kept = self._atlases.get(key)
        if kept is None:
            atlas = packed([self._smaller(texture) for texture in textures])
            height, width, _ = atlas.texels.shape
            texture = self._gl.texture((width, height), 4, atlas.texels, internal_format=SRGB8_ALPHA8)
            texture.filter = (moderngl.LINEAR, moderngl.LINEAR)
            self._atlases[key] = kept = (textures, atlas, texture)
        self._atlases.move_to_end(key)
        while len(self._atlases) > ATLASES_KEPT:
            self._atlases.popitem(last=False)[1][2].release()
        return kept[1], kept[2]

    def _smaller(self, texture: Pixels) -> list[Pixels]:
        """Returns a texture and its smaller sizes, kept like the atlases."""
        kept = self._sizes.get(id(texture))
        if kept is None:
            self._sizes[id(texture)] = kept = (texture, sizes(texture))
        self._sizes.move_to_end(id(texture))
        while len(self._sizes) > TEXTURES_KEPT:
            self._sizes.popitem(last=False)
        return kept[1]

    def _mirror(self, kind: str, seed: int) -> Any:
        """Returns the texture of surroundings as shiny surfaces mirror them, the rougher the smaller."""
        if kind == "none":
            return self._none
        texture = self._mirrored.get((kind, seed))
        if texture is None:
            self._mirrored[kind, seed] = texture = _mirror_texture(self._gl, surroundings(kind, seed).shiny)
        self._mirrored.move_to_end((kind, seed))
        while len(self._mirrored) > SURROUNDINGS_KEPT:
            self._mirrored.popitem(last=False)[1].release()
        return texture


class _Table:
    """Rows of four numbers that shaders fetch by their index; it grows and is written anew for each picture."""

    def __init__(self, gl: Any, dtype: str) -> None:
        self._gl, self._dtype = gl, dtype
        self._grow(8)

    def write(self, rows: npt.NDArray[np.generic]) -> None:
        """Writes (n, 4) rows."""
        lines = -(-len(rows) // TABLE_WIDTH)
        if lines > self.texture.size[1]:
            self.texture.release()
            self._grow(2 * lines)
        whole, rest = divmod(len(rows), TABLE_WIDTH)
        if whole:
            self.texture.write(np.ascontiguousarray(rows[: whole * TABLE_WIDTH]), viewport=(0, 0, TABLE_WIDTH, whole))
        if rest:
            self.texture.write(np.ascontiguousarray(rows[whole * TABLE_WIDTH :]), viewport=(0, whole, rest, 1))

    def _grow(self, lines: int) -> None:
        self.texture = self._gl.texture((TABLE_WIDTH, lines), 4, dtype=self._dtype)
        self.texture.filter = (moderngl.NEAREST, moderngl.NEAREST)


class _Targets:
    """The framebuffers of one picture size."""

    def __init__(self, gl: Any, width: int, height: int) -> None:
        self.size = (height, width)
        fine = (2 * width + 1, 2 * height + 1)
        self.fine = fine[::-1]
        self.samples = gl.texture(fine, 2, dtype="f4")
        self.samples.filter = (moderngl.NEAREST, moderngl.NEAREST)
        self.grid = gl.framebuffer([self.samples], gl.depth_renderbuffer(fine))
        self.centres = gl.framebuffer([gl.texture((width, height), 4, dtype="f4")])
        self.encoded = gl.framebuffer([gl.texture((width, height), 3, dtype="f1", alignment=1)])
        self.background = gl.texture((width, height), 3, dtype="f1", alignment=1)
        self.background.filter = (moderngl.NEAREST, moderngl.NEAREST)


def _context() -> Any:
    options: dict[str, Any] = {"standalone": True, "backend": "egl", "require": 330}
    try:
        return moderngl.create_context(**options)
    except Exception as error:  # the loader raises bare Exception for every missing library
        raise BackendError(MISSING_GL.format(reason=str(error).splitlines()[0])) from error


def _triangles(meshes: Sequence[SceneMesh]) -> tuple[Single, Corners]:
    """Returns (n, 4) places and meshes of all vertices, and (t, 4) three vertices and the mesh of each triangle.

    Raises:
        BackendError: more meshes or triangles than can be numbered.
    """
    starts = np.cumsum([0, *(len(mesh.vertices) for mesh in meshes)])
    count = sum(len(mesh.faces) for mesh in meshes)
    if len(meshes) > MAX_MESHES or count > MAX_TRIANGLES:
        raise BackendError(
            f"the scene has {len(meshes)} meshes and {count} triangles; "
            f"the rasteriser draws at most {MAX_MESHES} and {MAX_TRIANGLES}"
        )
    points, corners = np.empty((starts[-1], 4), dtype=np.float32), np.empty((count, 4), dtype=np.uint32)
    at = 0
    for number, (mesh, start) in enumerate(zip(meshes, starts, strict=False)):
        rows, vertices = corners[at : at + len(mesh.faces)], points[start : start + len(mesh.vertices)]
        np.add(mesh.faces, start, out=rows[:, :3], casting="unsafe")
        vertices[:, :3], vertices[:, 3], rows[:, 3] = mesh.vertices, number, number
        at += len(mesh.faces)
    return points, corners


def _columns(parts: Sequence[tuple[npt.NDArray[np.generic], npt.NDArray[np.generic]]]) -> Single:
    """Returns (n, 4) rows of a vector and a number for each vertex of all meshes; what is left over is 0."""
    out = np.zeros((sum(len(first) for first, _ in parts), 4), dtype=np.float32)
    at = 0
    for first, second in parts:
        rows, width = out[at : at + len(first)], first.shape[1]
        rows[:, :width], rows[:, width] = first, second
        at += len(first)
    return out


def _lit(mesh: SceneMesh) -> Single:
    return np.ones(len(mesh.vertices), dtype=np.float32) if mesh.lit is None else mesh.lit


def _texture(gl: Any, texels: npt.NDArray[Any], dtype: str, blend: Any) -> Any:
    height, width, channels = texels.shape
    texture = gl.texture((width, height), channels, np.ascontiguousarray(texels), alignment=1, dtype=dtype)
    texture.filter, texture.repeat_x, texture.repeat_y = (blend, blend), False, False
    return texture


def _mirror_texture(gl: Any, texels: Single) -> Any:
    maps = list(levels(texels))
    texture = gl.texture(maps[0].shape[1::-1], 3, maps[0].astype(np.float16), alignment=1, dtype="f2")
    texture.build_mipmaps(max_level=len(ROUGHNESS) - 1)
    for level, radiance in enumerate(maps):
        texture.write(np.ascontiguousarray(radiance.astype(np.float16)), level=level, alignment=1)
    texture.filter, texture.repeat_y = (moderngl.LINEAR_MIPMAP_LINEAR, moderngl.LINEAR), False
    return texture


def _read(target: Any, components: int, dtype: str, size: tuple[int, int]) -> npt.NDArray[Any]:
    raw = target.read(components=components, dtype="f1" if dtype == "u1" else dtype, alignment=1)
    pixels = np.frombuffer(raw, dtype=dtype).reshape(*size, components)
    return np.ascontiguousarray(pixels[::-1])
