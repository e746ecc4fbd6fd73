"""Draws the faces of one look for ``benchmarks/realism.py``: ``python benchmarks/realism_faces.py --look raster ...``.

A process of its own, so that Blender's lives no longer than it must and another checkout can draw with its own code
(``PYTHONPATH``); for that it uses no more of the project than the versions to compare have in common.
"""

import argparse
from collections.abc import Mapping
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import numpy as np

from faceset.spec import BackgroundSpec, CameraEffects, Lamp, LightSpec, SampleSpec
from facs.expression import Expression
from render.assembly import assemble, pose_face
from render.backends import open_backend
from render.camera_effects import photographed
from render.config import SamplingConfig
from render.face_model import face_model
from render.randomness import stream
from render.sampling import sample_specs
from render.scene import Scene

LOOKS = {"prototype": "raster", "raster": "raster", "blender": "blender"}
"""Renderer of each look."""

SAMPLED = {"max_yaw": 0.6, "max_pitch": 0.3, "occlusion": 0.15, "environments": 0.7, "people": "natural"}
"""What is drawn as it comes, every part on."""

PORTRAIT = {"max_yaw": 0.12, "max_pitch": 0.06, "max_roll": 0.05, "max_gaze": 0.05, "people": "natural"}
"""What is drawn like a portrait in a studio, before light, background and expression are replaced."""

GREY = 150
BARE = ("skin", "left_eye", "right_eye")
SMILE, TEETH = 0.65, 0.6
"""Share of portraits that smile, and of those the share that shows teeth."""


def specs(scene: str, count: int, size: int, seed: int) -> list[SampleSpec]:
    """Returns drawn specifications: "sampled", as data sets are; or "matched", like portraits."""
    options = SAMPLED if scene == "sampled" else PORTRAIT
    known = {each.name for each in fields(SamplingConfig)}
    wanted: Mapping[str, Any] = {"identities": count, "size": size, "camera_effects": 1.0, "neutral": "none", **options}
    config = SamplingConfig(**{name: value for name, value in wanted.items() if name in known})
    drawn = sample_specs(config, seed, count, "realism")
    return drawn if scene == "sampled" else [_portrait(spec, seed) for spec in drawn]


def _portrait(spec: SampleSpec, seed: int) -> SampleSpec:
    random = stream(seed, "realism/portrait", spec.key)
    return replace(
        spec, expression=_portrait_expression(random), light=_studio(random), background=_paper(random), occluders=()
    )


def _portrait_expression(random: np.random.Generator) -> Expression:
    if random.uniform() >= SMILE:
        return Expression()
    smile = float(random.uniform(0.3, 0.9))
    shown = {"AU12": smile, "AU6": smile * float(random.uniform(0.3, 0.9))}
    if random.uniform() < TEETH:
        shown["AU25"] = float(random.uniform(0.2, 0.6))
    return Expression.bilateral(shown)


def _studio(random: np.random.Generator) -> LightSpec:
    """Returns a key lamp to one side, a fill at the other and soft light from all around."""
    side = float(random.choice([-1.0, 1.0]))
    key, fill, around = random.uniform((0.5, 0.2, 0.35), (0.9, 0.5, 0.6))
    lamps = (_lamp(side * random.uniform(0.3, 0.8), 0.5, key), _lamp(-side * random.uniform(0.4, 0.9), 0.25, fill))
    return LightSpec(lamps, (around, around, around), (0.6 * around, 0.6 * around, 0.6 * around))


def _lamp(azimuth: float, elevation: float, radiance: float) -> Lamp:
    flat = float(np.cos(elevation))
    direction = (float(np.sin(azimuth)) * flat, float(np.sin(elevation)), float(np.cos(azimuth)) * flat)
    return Lamp(direction, (float(radiance),) * 3)


def _paper(random: np.random.Generator) -> BackgroundSpec:
    grey = random.uniform(0.35, 0.95) + random.normal(0, 0.012, 3)
    top, bottom = (np.clip(grey + shift, 0, 1) for shift in random.uniform(-0.06, 0.06, 2))
    colours = [(float(c[0]), float(c[1]), float(c[2])) for c in (top, bottom)]
    return BackgroundSpec(top_rgb=colours[0], bottom_rgb=colours[1])


def bare(spec: SampleSpec) -> SampleSpec:
    """Returns the prototype's specification: no hair, no wrinkles, one lamp and even light, nothing behind."""
    bald = {"hair_length": 0.0, "stubble": 0.0, "brow_density": 0.0, "wrinkles": 0.0}
    return replace(
        spec,
        appearance=replace(spec.appearance, **bald),
        light=LightSpec(),
        background=BackgroundSpec(),
        occluders=(),
    )


def grey(scene: Scene) -> Scene:
    """Returns the prototype's scene: the head and its eyes in one grey, smooth."""
    kept = [mesh for mesh in scene.meshes if mesh.name in BARE]
    return replace(
        scene, meshes=tuple(replace(mesh, albedo=np.full_like(mesh.albedo, GREY), relief=None) for mesh in kept)
    )


def drawn(specs: list[SampleSpec], look: str) -> np.ndarray[Any, np.dtype[np.uint8]]:
    """Returns the pictures without camera effects, (N, H, W, 3)."""
    backend = open_backend(LOOKS[look])
    pictures = []
    for number, spec in enumerate(specs, start=1):
        spec = bare(spec) if look == "prototype" else spec
        model = face_model(spec.face_model)
        scene = assemble(spec, model, pose_face(spec, model))
        scene = grey(scene) if look == "prototype" else scene
        pictures.append(np.asarray(backend.render(scene, ("colour",))["colour"], dtype=np.uint8))
        if number % 50 == 0:
            print(f"{look}: {number} of {len(specs)}", flush=True)
    backend.close()
    return np.stack(pictures)


def people(specs: list[SampleSpec]) -> dict[str, Any]:
    """Returns who is on each picture: name, years, 1 for a man, and 1 for a smile; (N,) each."""
    return {
        "identity": np.array([spec.identity.name for spec in specs]),
        "years": np.array([years(spec.identity.phenotype["age"]) for spec in specs]),
        "man": np.array([spec.identity.phenotype["gender"] < 0.5 for spec in specs]),
        "smiles": np.array([spec.expression.both("AU12") > 0.0 for spec in specs]),
    }


def years(age: float) -> float:
    """Returns the years of a phenotype's age, as MakeHuman counts them: 0.5 is 25, 1 is 90."""
    return 25.0 + (age - 0.5) * 130.0


def main() -> None:
    """Writes ``clean`` and ``photographed`` (N, S, S, 3) uint8, and who is on them, to an npz."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--look", choices=sorted(LOOKS), required=True)
    parser.add_argument("--scene", choices=("matched", "sampled"), required=True)
    parser.add_argument("--count", type=int, required=True)
    parser.add_argument("--size", type=int, default=128)
    parser.add_argument("--seed", type=int, default=11)
    parser.add_argument("--only", type=int, nargs="+", help="numbers of the faces to draw, of all that are drawn")
    parser.add_argument("--out", type=Path, required=True)
    arguments = parser.parse_args()
    wanted = specs(arguments.scene, arguments.count, arguments.size, arguments.seed)
    wanted = [wanted[number] for number in arguments.only] if arguments.only else wanted
    clean = drawn([replace(spec, camera_effects=CameraEffects()) for spec in wanted], arguments.look)
    effects = [photographed(image, s.camera_effects, s.render_seed) for image, s in zip(clean, wanted, strict=True)]
    np.savez_compressed(arguments.out, clean=clean, photographed=np.stack(effects), **people(wanted))


if __name__ == "__main__":
    main()
