"""Draws the pictures of docs/gallery.md: ``python docs/gallery.py [--only people poses …] [--backend raster blender]``.

Renders alone, by both backends that make training images; every face is drawn from a seed, so that the pictures can be
made again. Blender needs about a second for each face.
"""

import argparse
from collections.abc import Callable, Sequence
from dataclasses import replace
from math import radians

import numpy as np
from pictures import save, specs

from faceset.spec import OccluderSpec, SampleSpec
from facs import Expression
from facs.combinations import settled
from render.contact_sheet import captioned, contact_sheet
from render.environments import ENVIRONMENTS
from render.hair import FACIAL_HAIR, STYLES
from render.lighting import surrounded
from render.occluders import OCCLUDERS
from render.people import describe
from render.sample import SampleRenderer

SIZE = 160
COLUMNS = 7

Captioned = tuple[str, SampleSpec]

FRONTAL = {"max_yaw": 0.12, "max_pitch": 0.06, "max_roll": 0.03, "max_gaze": 0.1, "environments": 0.6}
EXPRESSIONS: dict[str, dict[str, float]] = {
    "neutral": {},
    "smile: 6 + 12 + 25": {"AU6": 0.8, "AU12": 0.8, "AU25": 0.7},
    "sad: 1 + 4 + 15": {"AU1": 0.9, "AU4": 0.6, "AU15": 0.8},
    "surprise: 1 + 2 + 5 + 25 + 26": {"AU1": 0.8, "AU2": 0.8, "AU5": 0.7, "AU25": 0.7, "AU26": 0.8},
    "anger: 4 + 5 + 7 + 24": {"AU4": 0.9, "AU5": 0.6, "AU7": 0.7, "AU24": 0.8},
    "disgust: 9 + 10 + 17": {"AU9": 0.8, "AU10": 0.6, "AU17": 0.5},
    "wink: L45": {},
}


def people() -> list[Captioned]:
    """Twenty-eight people as they come."""
    return [("", spec) for spec in specs(28, SIZE, **(FRONTAL | {"max_yaw": 0.5, "expressions": "natural"}))]


def hair() -> list[Captioned]:
    """Every hair style and every kind of facial hair, each on a person who may wear it."""
    drawn = specs(8 * (len(STYLES) + len(FACIAL_HAIR)), SIZE, **FRONTAL)
    tiles = []
    for name, style in STYLES.items():
        men = style.for_men > style.for_women
        low, high = style.curl
        fits = next(spec for spec in drawn if _is_man(spec) == men and low <= spec.appearance.hair_curl <= high)
        drawn.remove(fits)
        tiles.append((name, replace(fits, appearance=replace(fits.appearance, hair_style=name, facial_hair="none"))))
    for name, kind in FACIAL_HAIR.items():
        fits = next(spec for spec in drawn if _is_man(spec))
        drawn.remove(fits)
        looks = replace(fits.appearance, hair_style="short", facial_hair=name, stubble=kind.shadow)
        tiles.append((name, replace(fits, appearance=looks)))
    return tiles


def _is_man(spec: SampleSpec) -> bool:
    return describe(spec.identity, spec.appearance).sex == "male"


def expressions() -> list[Captioned]:
    """Six expressions and a wink, each on three people."""
    tiles = []
    for spec in specs(3, SIZE, **FRONTAL):
        for name, shown in EXPRESSIONS.items():
            expression = Expression.bilateral(settled(shown)) if shown else Expression({})
            if name.startswith("wink"):
                expression = Expression({"AU45L": 1.0, "AU6L": 0.5, "AU12L": 0.4})
            tiles.append((name, replace(spec, expression=expression)))
    return tiles


def directions() -> list[Captioned]:
    """Yaw to 90 degrees, pitch to 45, roll to 30, and cameras from 15 cm to 3 m."""
    turning, nodding, leaning, near = specs(4, SIZE, **FRONTAL)
    tiles = [_turned(turning, f"yaw {angle}°", yaw=angle) for angle in (-90, -60, -30, 0, 30, 60, 90)]
    tiles += [_turned(nodding, f"pitch {angle}°", pitch=angle) for angle in (-45, -30, -15, 0, 15, 30, 45)]
    tiles += [_turned(leaning, f"yaw {2 * a}°, roll {a}°", yaw=2 * a, roll=a) for a in (-30, -20, -10, 0, 10, 20, 30)]
    for metres in (0.15, 0.2, 0.3, 0.5, 1.0, 2.0, 3.0):
        caption, ahead = _turned(near, f"{metres:g} m")
        tiles.append((caption, replace(ahead, camera=replace(near.camera, distance=metres))))
    return tiles


def _turned(spec: SampleSpec, caption: str, yaw: float = 0, pitch: float = 0, roll: float = 0) -> Captioned:
    return caption, replace(spec, head_pose=(radians(yaw), radians(pitch), radians(roll)), expression=Expression({}))


def occluders() -> list[Captioned]:
    """Every kind of occluder on two people."""
    random = np.random.default_rng(4)
    kinds = [kind for kind in OCCLUDERS for _ in range(2)]
    drawn = specs(len(kinds), SIZE, **(FRONTAL | {"max_yaw": 0.5}))
    return [
        (kind, replace(spec, occluders=(OccluderSpec(kind, OCCLUDERS[kind].sample_params(random)),)))
        for kind, spec in zip(kinds, drawn, strict=True)
    ]


def light() -> list[Captioned]:
    """Every environment, turned three ways, and lamps alone."""
    person, other = specs(2, SIZE, **(FRONTAL | {"environments": 0.0}))
    tiles = []
    for spec, turns in ((person, (0.0,)), (other, (2.1,))):
        for kind in ENVIRONMENTS:
            for turn in turns:
                tiles.append((kind, _within(spec, kind, turn)))
    lamps = specs(COLUMNS, SIZE, **(FRONTAL | {"environments": 0.0}))
    return tiles + [("lamps", replace(person, light=spec.light, background=spec.background)) for spec in lamps]


def _within(spec: SampleSpec, kind: str, turn: float) -> SampleSpec:
    return replace(spec, light=surrounded(kind, 3, turn), background=replace(spec.background, kind="environment"))


def camera() -> list[Captioned]:
    """What cameras and files do to pictures."""
    return [("", spec) for spec in specs(2 * COLUMNS, SIZE, **(FRONTAL | {"camera_effects": 1.0}))]


SHEETS: dict[str, Callable[[], list[Captioned]]] = {
    "people": people,
    "hair": hair,
    "expressions": expressions,
    "directions": directions,
    "occluders": occluders,
    "light": light,
    "camera": camera,
}


def draw(name: str, tiles: Sequence[Captioned], backend: str) -> None:
    """Draws one sheet by one backend and saves it."""
    renderer = SampleRenderer(backend)
    pictures = []
    for caption, spec in tiles:
        picture = np.asarray(renderer.render(spec)["image"])
        pictures.append(captioned(picture, caption) if caption else picture)
    renderer.close()
    save(f"gallery/{name}_{backend}", contact_sheet(pictures, COLUMNS))


def main() -> None:
    """Draws the sheets that were asked for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", nargs="*", default=list(SHEETS), choices=list(SHEETS))
    parser.add_argument("--backend", nargs="*", default=["raster", "blender"], choices=["raster", "blender"])
    asked = parser.parse_args()
    for name in asked.only:
        for backend in asked.backend:
            draw(name, SHEETS[name](), backend)


if __name__ == "__main__":
    main()
