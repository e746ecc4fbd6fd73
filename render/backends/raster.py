"""The default renderer: a rasteriser of our own, which needs neither a GPU nor a graphics library.

Triangles are drawn once, as what is seen (mesh, triangle, depth) at the corners of half pixels: every second sample
is a pixel's centre. From the centres every label is computed, whichever backend makes the colours. Colours are shaded
after that, once for each surface of each pixel, so that they cost the same however small triangles are.
"""

from collections import OrderedDict
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from render.appearance.colour import ENCODED, LINEAR
from render.backends.raster_textures import Texture, folds, sized
from render.backends.raster_visibility import Grid, to_samples
from render.environments.light import ambient
from render.environments.surroundings import surroundings
from render.errors import BackendError
from render.kernels.shading import Light, Surface, encoded, shade
from render.kernels.visibility import MAX_MESHES, MAX_TRIANGLES, centres, met, placed, surfaces_of
from render.relief import CREASE_RGB
from render.scene import Frame, Scene, SceneMesh

TEXTURES_KEPT = 96
RELIEF_SIZE = 200
"""Pixels: smaller pictures show reliefs at half their resolution."""

SAME_SURFACE = 4.0
"""Samples whose depths differ by fewer pixels are of one surface."""

NO_MAP = np.empty((0, 3), dtype=np.float32)

Pixels = npt.NDArray[np.uint8]
Places = npt.NDArray[np.float64]


class RasterBackend:
    """Draws scenes; holds the textures that it drew last, in all their sizes."""

    passes: tuple[str, ...] = ("colour", "depth", "face_index", "barycentric")

    def __init__(self) -> None:
        self._textures: OrderedDict[int, tuple[Pixels, Texture]] = OrderedDict()

    def render(self, scene: Scene, passes: Iterable[str] = passes) -> Frame:
        """Returns the requested passes of one scene.

        Raises:
            BackendError: more meshes or triangles than the rasteriser can number, or a pass that it does not know.
        """
        wanted = _checked(scene, tuple(passes))
        camera, out = scene.camera, dict[str, npt.NDArray[np.generic]]()
        matrix, grid = to_samples(camera), Grid(camera.height, camera.width)
        meshes = [_Placed.of(mesh, matrix) for mesh in (scene.meshes if "colour" in wanted else scene.labelled)]
        labelled = len(scene.labelled)
        for number, mesh in enumerate(meshes[:labelled]):
            grid.draw(mesh.place, mesh.faces, number)
        if set(wanted) - {"colour"}:
            out |= _what_is_seen(grid, meshes[:labelled])
        for number, mesh in enumerate(meshes[labelled:], start=labelled):
            grid.draw(mesh.place, mesh.faces, number)
        if "colour" in wanted:
            out["colour"] = self._colours(scene, grid, meshes)
        return Frame({name: out[name] for name in wanted})

    def close(self) -> None:
        """Forgets the textures."""
        self._textures.clear()

    def _colours(self, scene: Scene, grid: Grid, meshes: "list[_Placed]") -> Pixels:
        light, shrink = _light(scene), 2 if max(scene.camera.width, scene.camera.height) < RELIEF_SIZE else 1
        found = surfaces_of(grid.seen, grid.nearness, SAME_SURFACE / scene.camera.focal, len(meshes))
        pixel, triangle, sample, weight, first = found
        linear = np.zeros((scene.camera.height * scene.camera.width, 4))
        for number, mesh in enumerate(meshes):
            own = slice(first[number], first[number + 1])
            if own.start < own.stop:
                where = met(mesh.place, mesh.faces, triangle[own], sample[own], grid.seen.shape[1])
                shade(self._surface(mesh, shrink), light, pixel[own], triangle[own], weight[own], where, linear, LINEAR)
        return np.asarray(encoded(linear, _plain(scene.background, np.uint8), LINEAR, ENCODED))

    def _surface(self, placed_: "_Placed", shrink: int) -> Surface:
        mesh, texture = placed_.mesh, self._texture(placed_.mesh.albedo)
        relief, window = folds(mesh.relief, shrink)
        material = mesh.material
        return Surface(
            corners=placed_.faces,
            points=_plain(mesh.vertices),
            normals=_plain(mesh.normals),
            uv=_plain(mesh.uv),
            open=_plain(mesh.occlusion),
            lit=np.ones(len(mesh.vertices), np.float32) if mesh.lit is None else _plain(mesh.lit),
            material=np.array([material.specular, material.roughness, material.subsurface, material.hair]),
            texels=texture.texels,
            levels=texture.levels,
            relief=relief,
            window=window,
            crease=1.0 - np.array(CREASE_RGB, np.float64),
        )

    def _texture(self, pixels: Pixels) -> Texture:
        """Returns a texture in its sizes, kept while the same array is drawn again (faces of one identity)."""
        kept = self._textures.get(id(pixels))
        if kept is None:
            self._textures[id(pixels)] = kept = (pixels, sized(pixels))
        self._textures.move_to_end(id(pixels))
        while len(self._textures) > TEXTURES_KEPT:
            self._textures.popitem(last=False)
        return kept[1]


@dataclass(frozen=True)
class _Placed:
    """A mesh and where its vertices lie in the picture."""

    mesh: SceneMesh
    place: Places
    faces: npt.NDArray[np.int32]

    @classmethod
    def of(cls, mesh: SceneMesh, matrix: Places) -> "_Placed":
        return cls(mesh, placed(_plain(mesh.vertices), matrix), _plain(mesh.faces, np.int32))


def _plain(values: npt.NDArray[Any], dtype: Any = np.float32) -> npt.NDArray[Any]:
    """Returns an array of the one layout that the kernels are compiled for."""
    return np.require(values, dtype, ("C", "W"))


def _checked(scene: Scene, wanted: tuple[str, ...]) -> tuple[str, ...]:
    unknown = [name for name in wanted if name not in RasterBackend.passes]
    if unknown:
        raise BackendError(f"the raster renderer delivers {', '.join(RasterBackend.passes)}, not {unknown[0]}")
    most = max((len(mesh.faces) for mesh in scene.meshes), default=0)
    if len(scene.meshes) > MAX_MESHES or most > MAX_TRIANGLES:
        raise BackendError(
            f"the rasteriser numbers up to {MAX_MESHES} meshes of {MAX_TRIANGLES} triangles, the scene has "
            f"{len(scene.meshes)} of up to {most}; leave meshes out or make them coarser"
        )
    return wanted


def _what_is_seen(grid: Grid, meshes: "list[_Placed]") -> dict[str, npt.NDArray[np.generic]]:
    """Returns what the pixels' centres show, its triangles numbered over all meshes."""
    first = np.cumsum([0] + [len(mesh.faces) for mesh in meshes]).astype(np.int32)
    shape = grid.seen.shape[0] // 2, grid.seen.shape[1] // 2
    index, depth = np.full(shape, -1, np.int32), np.full(shape, np.inf, np.float32)
    weights = np.zeros((*shape, 2), np.float32)
    for number, mesh in enumerate(meshes):
        centres(mesh.place, mesh.faces, number, first[number], grid.seen, index, weights, depth)
    return {"face_index": index, "barycentric": weights, "depth": depth}


def _light(scene: Scene) -> Light:
    light, environment = scene.light, scene.light.environment
    around = environment.kind != "none"
    strength = environment.strength if around else 0.0
    return Light(
        directions=np.array([lamp.direction for lamp in light.lamps], np.float64).reshape(-1, 3),
        radiance=np.array([lamp.rgb for lamp in light.lamps], np.float64).reshape(-1, 3),
        even=np.ascontiguousarray(ambient(light), np.float64),
        sky=np.array(light.sky_rgb, np.float64),
        ground=np.array(light.ground_rgb, np.float64),
        turn=np.array([strength, np.cos(environment.turn), np.sin(environment.turn)]),
        mirrored=_plain(surroundings(environment.kind, environment.seed).shiny) if around else NO_MAP,
        eye=np.linalg.inv(scene.camera.world_to_camera)[:3, 3].copy(),
        pixel=1 / scene.camera.focal,
    )
