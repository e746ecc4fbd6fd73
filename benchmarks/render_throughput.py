"""Rendered faces per second: facsmith's rasteriser against pyrender, side by side on the same scenes.

    python benchmarks/render_throughput.py [--scenes 36] [--size 128] [--blender] [--breakdown]

Everything is on (``EVERYTHING``): people of all kinds with hair, environments, things before the face, camera effects.
Every way draws the same assembled scenes (three of each person, person by person) with four samples per pixel;
assembly is in none of them, but in the lines of whole samples, in one process and in one per core: pose, hair, skin
painted for each new person, the picture and every label, for few and for the usual number of faces of each person.
Ours delivers colour, depth, triangle and barycentrics per pixel, from which all labels follow. Both renderers keep the
textures of the last few people. Before the clock starts, the silhouettes of both are compared, and every way draws
every face once: pyrender's driver compiles a shader, for up to half a second, whenever a scene is the first to need it,
and ours loads its compiled loops. The ways take turns for several rounds and the median round counts.
``--breakdown`` says where the time of a whole sample goes, in milliseconds of one processor. The last line is ``ratio
<number>``: ours over pyrender, both with colour, depth and segmentation (higher is better).
"""

import argparse
import os
import pickle
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field, replace
from multiprocessing import get_context
from pathlib import Path
from typing import Any, TypeVar

import numpy as np

from faceset.sample import Sample
from faceset.spec import SampleSpec
from render.assembly import assemble, pose_face
from render.backends import Backend, open_backend
from render.backends.pyrender import PyrenderBackend
from render.camera_effects import photographed
from render.config import SamplingConfig
from render.face_model import face_model
from render.labels import LABELS, LABELS_ON_REQUEST
from render.labels.context import LabelContext
from render.labels.pixels import segmentation
from render.sample import VISIBILITY, SampleRenderer
from render.sampling import sample_specs
from render.scene import Frame, Scene

SCENES_PER_PERSON = 3
FACES_PER_PERSON = 10
"""The fewest faces of one person in a rendered set of the params as committed, drawn one after the other."""

SAMPLED_PEOPLE = 40
"""People of whom whole samples are made: more than those whose textures are kept, so that each is painted again."""

EVERYTHING: dict[str, Any] = {"environments": 0.5, "occlusion": 0.2, "camera_effects": 0.5, "people": "balanced"}
"""What is on in the scenes, beside the usual poses, expressions and hair (``render.config.SamplingConfig``)."""

BLENDERPROC = "1 to 4 s/image"
"""What BlenderProc publishes of itself (DLR-RM/BlenderProc, README_BlenderProc4BOP.md); not measured here."""

ALL_PASSES = ("colour", "depth", "face_index", "barycentric")

_GROUPS = {
    "68 landmarks": ("landmarks", "landmark_visible", "landmarks_3d"),
    "dense landmarks": ("dense_landmarks", "dense_visible", "dense_landmarks_3d"),
    "visible share of AUs": ("au_visible", "au_scorable"),
    "segmentation, normals, uv": ("segmentation", "normal_camera", "uv"),
    "flow": ("flow",),
    "AU regions": ("au_region",),
}
LABEL_GROUPS = {name: group for group, names in _GROUPS.items() for name in names}
"""Line of the breakdown for each label; the others share one."""

Result = TypeVar("Result")
Timed = Callable[[str, Callable[[], Any]], Any]

BLENDER_SCRIPT = """
import pathlib, pickle, sys, time
from render.backends import open_backend
scenes = pickle.loads(pathlib.Path(sys.argv[1]).read_bytes())
backend = open_backend("blender")
backend.render(scenes[0], ("colour",))
began = time.perf_counter()
for scene in scenes[1:]:
    backend.render(scene, ("colour",))
print((len(scenes) - 1) / (time.perf_counter() - began))
"""


@dataclass
class Way:
    """One way of drawing the faces.

    Attributes:
        name: in the table.
        draw: draws the face with an index.
        count: number of faces.
        speeds: images per second, one per round.
    """

    name: str
    draw: Callable[[int], object]
    count: int
    speeds: list[float] = field(default_factory=list)

    def warm_up(self) -> None:
        """Draws all faces once, for what is made only once: shaders above all."""
        for index in range(self.count):
            self.draw(index)

    def measure(self, seconds: float) -> None:
        """Adds one round: all faces in order, over and over until the time is over, after one not counted."""
        self.draw(self.count - 1)
        drawn, began = 0, time.perf_counter()
        while time.perf_counter() - began < seconds:
            self.draw(drawn % self.count)
            drawn += 1
        self.speeds.append(drawn / (time.perf_counter() - began))


def made_specs(people: int, each: int, size: int) -> list[SampleSpec]:
    """Returns specifications as a run would draw them, person by person, so many of each."""
    config = SamplingConfig(identities=people, size=size, **EVERYTHING)
    specs = sample_specs(config, seed=0, count=people * each, prefix="bench")
    return sorted(specs, key=lambda spec: spec.identity.name)


def assembled(spec: SampleSpec) -> LabelContext:
    """Returns the scene of a specification and what its labels look at, nothing drawn yet."""
    model = face_model(spec.face_model)
    face = pose_face(spec, model)
    return LabelContext(spec, model, face, assemble(spec, model, face), Frame({}))


def check_same(scene: Scene, ours: Backend, peer: Backend) -> None:
    """Checks that both renderers see the same face at the same place."""
    depths = [backend.render(scene, ("depth",))["depth"] for backend in (ours, peer)]
    here, there = (np.isfinite(depth) for depth in depths)
    assert (here & there).sum() >= 0.99 * (here | there).sum()
    assert np.median(np.abs(depths[0][here & there] - depths[1][here & there])) < 0.0005


def ways(raster: Backend, pyrender: Backend, culling: Backend, faces: Sequence[LabelContext]) -> list[Way]:
    """Returns the ways of drawing: the two with the same channels first, ours before pyrender's."""

    def way(name: str, backend: Backend, passes: tuple[str, ...]) -> Way:
        return Way(name, lambda index: backend.render(faces[index].scene, passes), len(faces))

    def with_classes(index: int) -> object:
        frame = raster.render(faces[index].scene, ALL_PASSES)
        return segmentation(replace(faces[index], visibility=frame))

    return [
        Way("facsmith raster: colour, depth, segmentation, triangle, barycentrics", with_classes, len(faces)),
        way("pyrender: colour, depth, segmentation at pixel centres", pyrender, ("colour", "depth", "segmentation")),
        way("facsmith raster: colour, depth, triangle, barycentrics", raster, ALL_PASSES),
        way("facsmith raster: colour", raster, ("colour",)),
        way("pyrender: colour, depth at pixel centres", pyrender, ("colour", "depth")),
        way("pyrender: colour", pyrender, ("colour",)),
        way("pyrender: colour, back faces culled (holes)", culling, ("colour",)),
    ]


def measured(faces: Sequence[LabelContext], rounds: int, seconds: float) -> list[Way]:
    """Returns the ways of drawing with their speeds, one per round."""
    raster, pyrender, culling = open_backend("raster"), PyrenderBackend(), PyrenderBackend(both_sides=False)
    check_same(faces[0].scene, raster, pyrender)
    table = ways(raster, pyrender, culling, faces)
    for way in table:
        way.warm_up()
    for _ in range(rounds):
        for way in table:
            way.measure(seconds)
    for backend in (culling, pyrender, raster):
        backend.close()
    return table


def sample_speed(specs: Sequence[SampleSpec], seconds: float, channels: Iterable[str] = ()) -> float:
    """Returns how many whole samples are made per second: assembly, drawing and every label."""
    renderer = SampleRenderer("raster", channels)
    way = Way("samples", lambda index: renderer.render(specs[index]), len(specs))
    way.warm_up()
    way.measure(seconds)
    renderer.close()
    return way.speeds[0]


def speed_on_all_cores(specs: Sequence[SampleSpec], seconds: float, channels: Iterable[str] = ()) -> float:
    """Returns how many whole samples one process per core makes per second, each drawing with one thread."""
    os.environ["LP_NUM_THREADS"] = os.environ["OMP_NUM_THREADS"] = "1"
    cores = os.cpu_count() or 1
    with ProcessPoolExecutor(cores, mp_context=get_context("spawn")) as pool:
        return sum(pool.map(sample_speed, [specs] * cores, [seconds] * cores, [tuple(channels)] * cores))


def breakdown(specs: Sequence[SampleSpec]) -> dict[str, float]:
    """Returns the milliseconds of one processor that each step of a whole sample takes, on average."""
    renderer, spent = open_backend("raster"), dict[str, float]()

    def timed(step: str, work: Callable[[], Result]) -> Result:
        began = time.process_time()
        result = work()
        spent[step] = spent.get(step, 0.0) + time.process_time() - began
        return result

    for spec in (specs[-1], *specs):
        if spec is specs[0]:
            spent.clear()  # the first sample, which builds what all share, is not counted
        _timed_sample(spec, renderer, timed)
    renderer.close()
    return {step: 1000 * seconds / len(specs) for step, seconds in spent.items()}


def _timed_sample(spec: SampleSpec, renderer: Backend, timed: Timed) -> None:
    """Makes one sample as ``SampleRenderer`` does, step by step."""
    model = face_model(spec.face_model)
    timed("skin and eyes painted", lambda: model.textures(spec.appearance))
    face = timed("pose", lambda: pose_face(spec, model))
    scene = timed("assembly", lambda: assemble(spec, model, face))
    frame = timed("colour and visibility", lambda: renderer.render(scene, ("colour", *VISIBILITY)))
    pixels = np.asarray(frame["colour"], dtype=np.uint8)
    channels: dict[str, Any] = {
        "image": timed("camera effects", lambda: photographed(pixels, spec.camera_effects, spec.render_seed))
    }
    context = LabelContext(spec, model, face, scene, frame)
    timed("labels: certificate", lambda: context.certificate)
    timed("labels: what each pixel shows", lambda: context.surface.segment)
    for name, label in (LABELS | LABELS_ON_REQUEST).items():
        channels[name] = timed(f"labels: {LABEL_GROUPS.get(name, 'others')}", lambda label=label: label(context))
    timed("sample checked", lambda: Sample(channels))


def blender_speed(scenes: Sequence[Scene]) -> float:
    """Returns the images per second of the Blender backend, measured in a process of its own."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "scenes.pkl"
        path.write_bytes(pickle.dumps(list(scenes)))
        command = [sys.executable, "-c", BLENDER_SCRIPT, str(path)]
        return float(subprocess.run(command, check=True, capture_output=True, text=True).stdout)


def main() -> None:
    """Prints the table and the ratio."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--scenes", type=int, default=36)
    parser.add_argument("--size", type=int, default=128)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=1.5, help="per way and round")
    parser.add_argument("--blender", action="store_true", help="also the Blender backend, on a few scenes")
    parser.add_argument("--breakdown", action="store_true", help="also where the time of a whole sample goes")
    arguments = parser.parse_args()
    specs = made_specs(max(1, arguments.scenes // SCENES_PER_PERSON), SCENES_PER_PERSON, arguments.size)
    faces = [assembled(spec) for spec in specs]
    table = measured(faces, arguments.rounds, arguments.seconds)
    speeds = {way.name: statistics.median(way.speeds) for way in table}
    # Long enough that many people are painted, and that the processes run side by side for most of it.
    long = 4 * arguments.seconds
    for each in (SCENES_PER_PERSON, FACES_PER_PERSON):
        people = made_specs(SAMPLED_PEOPLE, each, arguments.size)
        name = f"whole samples, {each} of each person"
        speeds[f"{name}, no labels on request, one process"] = sample_speed(people, long)
        speeds[f"{name}, every label, one process"] = sample_speed(people, long, LABELS_ON_REQUEST)
        speeds[f"{name}, every label, a process per core"] = speed_on_all_cores(people, long, LABELS_ON_REQUEST)
    if arguments.blender:
        speeds["facsmith blender: colour, 16 samples, denoised"] = blender_speed([face.scene for face in faces[:9]])
    _print_table(speeds, len(faces), arguments.size)
    if arguments.breakdown:
        for each in (SCENES_PER_PERSON, FACES_PER_PERSON):
            _print_breakdown(breakdown(made_specs(SAMPLED_PEOPLE, each, arguments.size)), each)
    print(f"ratio {speeds[table[0].name] / speeds[table[1].name]:.2f}")


def _print_table(speeds: dict[str, float], count: int, size: int) -> None:
    print(f"{count} scenes at {size}x{size}, {os.cpu_count()} cores")
    width = max(map(len, speeds))
    print(f"{'':{width}}  images/s")
    for name, speed in speeds.items():
        print(f"{name:{width}}  {speed:8.1f}")
    print(f"BlenderProc, as it publishes of itself: {BLENDERPROC}")


def _print_breakdown(spent: dict[str, float], each: int) -> None:
    print(f"ms of one processor for one sample, {each} of each person")
    for step, milliseconds in [*spent.items(), ("all", sum(spent.values()))]:
        print(f"{step:36}  {milliseconds:6.2f}")
    print(f"so much work lets a core make {1000 / sum(spent.values()):.1f} samples a second")


if __name__ == "__main__":
    main()
