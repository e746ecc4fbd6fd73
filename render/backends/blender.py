"""Photoreal pictures: the same scene path-traced by Cycles, with skin that light enters and leaves.

Blender is one global state per process and never gives all memory back, so this module is imported in a rendering
worker alone. Every scene starts from an empty file, and no Blender object outlives it. The picture leaves Blender
as linear light with alpha; background and encoding are ours, so that no colour management of Blender's has a say.

Blender's world is Z-up: it stops at this file's border (``WORLD``).
"""

import os
import sys
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import bpy
import numpy as np
import numpy.typing as npt
from mathutils import Matrix

from faceset.spec import Lamp, LightSpec
from render.backends.blender_devices import use_device
from render.backends.blender_hair import hair
from render.backends.blender_surfaces import sky, surface
from render.backends.film import developed
from render.backends.lamps import looking_from
from render.camera import Camera
from render.errors import BackendError
from render.scene import Frame, Scene, SceneMesh

WORLD = np.array([[1.0, 0, 0, 0], [0, 0, -1, 0], [0, 1, 0, 0], [0, 0, 0, 1]])
"""Our frame to Blender's: (x, y, z) becomes (x, -z, y)."""

SENSOR = 36.0
"""Width of the sensor in Blender's millimetres; any value gives the same picture."""

NEAR, FAR = 0.05, 10.0
LAMP_ANGLE = 0.14
"""Apparent diameter of a lamp, radians: a softbox of 28 cm at 2 m."""

EMPTY_DEPTH = 1e9
"""Cycles writes 1e10 where it hit nothing."""

MIN_SAMPLES = 4
"""Light paths that every pixel takes before its noise is judged."""

Values = npt.NDArray[np.float32]


class BlenderBackend:
    """Renders scenes through Cycles, one at a time.

    Args:
        samples: light paths per pixel, at most.
        noise: relative noise below which a pixel takes no further paths; 0: all pixels take all.
        device: "cpu", or "cuda" or "optix" for the NVIDIA GPUs that this process sees, all of them.
        threads: of the renderer; None takes OMP_NUM_THREADS, which the worker's parent sets, or else all cores.
        denoised: whether noise is taken out of the picture.

    Raises:
        BackendError: the sample count or the thread count is not positive, or there is no such device.
    """

    passes = ("colour", "depth")

    def __init__(
        self,
        samples: int = 16,
        noise: float = 0.0,
        device: str = "cpu",
        threads: int | None = None,
        denoised: bool = True,
    ) -> None:
        if samples < 1 or (threads is not None and threads < 1):
            raise BackendError(f"expected at least one sample and one thread, got {samples} and {threads}")
        self._samples, self._noise, self._device, self._denoised = samples, noise, device, denoised
        with _quiet():
            _empty()
            use_device(device)
        self._threads = threads or _usual_threads()
        self._folder = tempfile.TemporaryDirectory(prefix="facsmith-blender-")

    def render(self, scene: Scene, passes: Iterable[str] = passes) -> Frame:
        """Returns the requested passes of one scene.

        Raises:
            BackendError: a pass that Blender does not deliver here, or Blender wrote no picture.
        """
        wanted = tuple(passes)
        unknown = sorted(set(wanted) - set(self.passes))
        if unknown:
            raise BackendError(f"blender delivers {', '.join(self.passes)}, not {', '.join(unknown)}")
        with _quiet():
            found = self._rendered(scene, wanted)
        return Frame({name: found[name] for name in wanted})

    def close(self) -> None:
        """Empties Blender and removes the scratch folder."""
        with _quiet():
            _empty()
        self._folder.cleanup()

    def _rendered(self, scene: Scene, wanted: tuple[str, ...]) -> dict[str, npt.NDArray[np.generic]]:
        folder = Path(self._folder.name)
        _empty()
        use_device(self._device)
        stage = bpy.context.scene
        self._set_cycles(stage, scene.seed)
        _set_picture(stage, scene.camera, folder / "colour.exr")
        if "depth" in wanted:
            _write_depth(stage, folder)
        for mesh in scene.meshes:
            stage.collection.objects.link(_object(mesh, scene.light))
        for lamp in scene.light.lamps:
            stage.collection.objects.link(_sun(lamp))
        stage.world = sky(scene.light)
        bpy.ops.render.render(write_still=True)
        return _read_passes(folder, scene, wanted)

    def _set_cycles(self, stage: Any, seed: int) -> None:
        stage.render.engine = "CYCLES"
        stage.render.threads_mode, stage.render.threads = "FIXED", self._threads
        cycles = stage.cycles
        cycles.device = "CPU" if self._device == "cpu" else "GPU"
        cycles.samples, cycles.seed, cycles.use_animated_seed = self._samples, seed % 2**31, False
        cycles.use_adaptive_sampling, cycles.adaptive_threshold = self._noise > 0, self._noise
        cycles.adaptive_min_samples = min(MIN_SAMPLES, self._samples)
        cycles.use_denoising, cycles.denoiser = self._denoised, "OPENIMAGEDENOISE"
        cycles.denoising_use_gpu = self._device != "cpu"
        cycles.denoising_input_passes, cycles.denoising_prefilter = "RGB_ALBEDO_NORMAL", "NONE"
        cycles.denoising_quality = "HIGH"
        cycles.max_bounces, cycles.diffuse_bounces, cycles.glossy_bounces = 4, 3, 2
        cycles.use_light_tree = False  # it pays for many lamps; here are at most a few
        cycles.caustics_reflective = cycles.caustics_refractive = False
        cycles.sample_clamp_indirect = 3.0
        cycles.pixel_filter_type = "BOX"
        cycles.use_auto_tile = False


def _usual_threads() -> int:
    asked = os.environ.get("OMP_NUM_THREADS", "")
    return int(asked) if asked.isdecimal() and int(asked) > 0 else os.cpu_count() or 1


def _empty() -> None:
    bpy.ops.wm.read_homefile(use_empty=True, use_factory_startup=True)


def _set_picture(stage: Any, camera: Camera, path: Path) -> None:
    render = stage.render
    render.resolution_x, render.resolution_y, render.resolution_percentage = camera.width, camera.height, 100
    render.film_transparent = True
    render.use_compositing = render.use_sequencer = render.use_motion_blur = False
    render.filepath = str(path)
    _as_exr(render.image_settings)
    stage.display_settings.display_device = "sRGB"
    view = stage.view_settings
    view.view_transform, view.look, view.exposure, view.gamma = "Standard", "None", 0.0, 1.0
    view.use_curve_mapping = view.use_white_balance = False
    stage.camera = _camera(camera)
    stage.collection.objects.link(stage.camera)


def _as_exr(settings: Any) -> None:
    settings.media_type = "IMAGE"
    settings.file_format, settings.color_mode = "OPEN_EXR", "RGBA"
    settings.color_depth, settings.exr_codec = "32", "NONE"


def _camera(camera: Camera) -> Any:
    """Returns Blender's camera; its shifts are in widths of the picture, towards where the picture moves."""
    lens = bpy.data.cameras.new("camera")
    lens.sensor_fit, lens.sensor_width = "HORIZONTAL", SENSOR
    lens.lens = camera.focal * SENSOR / camera.width
    lens.shift_x = 0.5 - camera.centre[0] / camera.width
    lens.shift_y = (camera.centre[1] - camera.height / 2) / camera.width
    lens.clip_start, lens.clip_end = NEAR, FAR
    return _placed("camera", lens, np.linalg.inv(camera.world_to_camera))


def _placed(name: str, data: Any, pose: npt.NDArray[np.float64]) -> Any:
    found = bpy.data.objects.new(name, data)
    found.matrix_world = Matrix((WORLD @ pose).tolist())
    return found


def _sun(lamp: Lamp) -> Any:
    """Returns a lamp whose irradiance lights a white diffuse surface as brightly as its radiance says."""
    strongest = max(*lamp.rgb, 1e-6)
    light = bpy.data.lights.new("lamp", "SUN")
    light.energy, light.color = np.pi * strongest, [channel / strongest for channel in lamp.rgb]
    light.angle = LAMP_ANGLE
    return _placed("lamp", light, looking_from(lamp.direction))


def _object(mesh: SceneMesh, light: LightSpec) -> Any:
    """Returns one object: hairs where a mesh knows them, else its triangles."""
    return _solid(mesh, light) if mesh.strands is None else hair(mesh.name, mesh.strands(), WORLD)


def _solid(mesh: SceneMesh, light: LightSpec) -> Any:
    """Returns one object: its triangles, normals, texture coordinates and surface."""
    data = bpy.data.meshes.new(mesh.name)
    data.vertices.add(len(mesh.vertices))
    data.vertices.foreach_set("co", _turned(mesh.vertices).ravel())
    data.loops.add(mesh.faces.size)
    data.loops.foreach_set("vertex_index", mesh.faces.ravel())
    data.polygons.add(len(mesh.faces))
    data.polygons.foreach_set("loop_start", np.arange(0, mesh.faces.size, 3, dtype=np.int32))
    uv = (mesh.uv * (1, -1) + (0, 1))[mesh.faces.ravel()]
    data.uv_layers.new(name="uv").uv.foreach_set("vector", uv.astype(np.float32).ravel())
    data.update(calc_edges=True)
    data.shade_smooth()
    data.normals_split_custom_set_from_vertices(_turned(mesh.normals).tolist())
    data.materials.append(surface(mesh, light))
    return bpy.data.objects.new(mesh.name, data)


def _turned(vectors: npt.NDArray[np.float32]) -> Values:
    return np.asarray(vectors @ WORLD[:3, :3].T, dtype=np.float32)


def _write_depth(stage: Any, folder: Path) -> None:
    """Makes the render write the distance along the axis beside the picture; only the compositor can."""
    stage.view_layers[0].use_pass_z = True
    stage.render.use_compositing = True
    tree = stage.compositing_node_group = bpy.data.node_groups.new("passes", "CompositorNodeTree")
    layers, out = tree.nodes.new("CompositorNodeRLayers"), tree.nodes.new("CompositorNodeOutputFile")
    out.directory, out.file_name = str(folder), "depth"
    _as_exr(out.format)
    out.file_output_items.new("FLOAT", "")
    tree.links.new(layers.outputs["Depth"], out.inputs[0])
    tree.interface.new_socket("Image", in_out="OUTPUT", socket_type="NodeSocketColor")
    tree.links.new(layers.outputs["Image"], tree.nodes.new("NodeGroupOutput").inputs[0])


def _read_passes(folder: Path, scene: Scene, wanted: tuple[str, ...]) -> dict[str, npt.NDArray[np.generic]]:
    colour = _read(folder / "colour.exr")
    cover = np.clip(colour[..., 3:], 0.0, 1.0)
    linear = colour[..., :3] / np.maximum(cover, 1e-6)
    out: dict[str, npt.NDArray[np.generic]] = {"colour": developed(linear, cover, scene.background)}
    if "depth" in wanted:
        depth = _read(folder / "depth.exr")[..., 0]
        out["depth"] = np.where(depth > EMPTY_DEPTH, np.float32(np.inf), depth)
    return out


def _read(path: Path) -> Values:
    """Returns the (H, W, 4) linear values of a picture, and removes its file."""
    if not path.is_file():
        raise BackendError(f"Blender did not write {path.name}; the disk of the temporary folder may be full")
    image = bpy.data.images.load(str(path))
    image.colorspace_settings.name = "Non-Color"
    width, height = image.size
    values = np.empty(width * height * 4, dtype=np.float32)
    image.pixels.foreach_get(values)
    path.unlink()
    return values.reshape(height, width, 4)[::-1]


@contextmanager
def _quiet() -> Iterator[None]:
    """Sends what Blender prints to standard output nowhere; it prints past Python, so the file itself is replaced."""
    sys.stdout.flush()
    kept, nowhere = os.dup(1), os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 1)
    try:
        yield
    finally:
        os.dup2(kept, 1)
        os.close(kept)
        os.close(nowhere)
