"""Draws one contact sheet per Action Unit and writes docs/action-units.md: ``python docs/action_units.py``.

Activations 0, 0.33, 0.66 and 1 from left to right; from the front and turned by 30 degrees; the default face above and,
where its folder is set (FACSMITH_ICT_FACEKIT), ICT-FaceKit below. An AU that cannot be seen without another, such as
AU27 without AU25, brings it (``facs.combinations``).
"""

import argparse
from dataclasses import replace
from math import radians
from pathlib import Path

import numpy as np
from PIL import Image

from faceset.spec import Appearance, CameraSpec, Identity, Lamp, LightSpec, SampleSpec
from facs import CATALOGUE, Expression, action_unit
from facs.action_units import STILL
from facs.combinations import ONE_SIDED, settled
from facs.positions import Positions
from render.contact_sheet import captioned, contact_sheet
from render.face_basis import AVERAGE_PERSON
from render.face_model import face_model
from render.sample import SampleRenderer

FOLDER = Path(__file__).parent / "images" / "action_units"
LEVELS = (0.0, 0.33, 0.66, 1.0)
TURNED = radians(30)
PEOPLE = {"anny": AVERAGE_PERSON, "ict": Identity("average")}
LIGHT = LightSpec((Lamp((0.5, 0.45, 0.74), (0.95, 0.95, 0.95)),), (0.45, 0.45, 0.45), (0.26, 0.26, 0.26))
LOOKS = Appearance(hair_length=0.4, wrinkles=0.65)


def spec(model: str, size: int) -> SampleSpec:
    """Returns the neutral face of a model."""
    camera = CameraSpec(width=size, height=size)
    person = PEOPLE[model]
    return SampleSpec(f"{model}-0", person, camera=camera, light=LIGHT, appearance=LOOKS, face_model=model)


def showing(base: SampleSpec, code: str, level: float, yaw: float) -> SampleSpec:
    """Returns a face with one AU at one activation."""
    if not action_unit(code).position:
        shown = Expression.bilateral(settled({code: level}) if level else {})
        if code in ONE_SIDED:
            shown = Expression({key: value for key, value in shown.intensity.items() if not key.endswith("R")})
        return replace(base, expression=shown, head_pose=(yaw, 0.0, 0.0))
    at = Positions.of({code: level})
    turned, up, roll = at.head_pose
    # The frame would lean with the head; here the head is to be seen leaning.
    camera = replace(base.camera, roll_jitter=-roll, scale_jitter=0.8 if code in ("AU55", "AU56") else 1.0)
    pose = (yaw + turned, up, roll)
    return replace(base, head_pose=pose, head_forward=at.head_forward, gaze=at.gaze, camera=camera)


def sheet(renderer: SampleRenderer, code: str, models: list[str], size: int) -> np.ndarray:
    """Returns the contact sheet of one AU."""
    tiles = []
    for model in models:
        base = spec(model, size)
        for yaw, view in ((0.0, "front"), (TURNED, "30 deg")):
            for level in LEVELS:
                picture = np.asarray(renderer.render(showing(base, code, level, yaw))["image"])
                tiles.append(captioned(picture, f"{code} {level:g} {model} {view}"))
    return contact_sheet(tiles, len(LEVELS))


INTRODUCTION = """# Every Action Unit, looked at

Made by `python docs/action_units.py` from the recipes (`render/rigs/*.yaml`); change them there. Each sheet shows
activations 0, 0.33, 0.66 and 1 from left to right, from the front and turned by 30 degrees, on the default face
(MakeHuman, above) and on ICT-FaceKit (below). The person is the average one of each model, with the wrinkles of middle
age. *mm* is the furthest that any vertex moves at activation 1.

An AU that cannot be seen without another brings it: 16, 22 and 27 bring 25; 19 brings 25 and 26
(`facs/combinations.py`). AU43 and AU45 are one thing in a still picture. Numbers for each region of the face are in
[the certificate's results](results/2026-11-21-certificate.md).
"""

POSITIONS = """## Positions of head and eyes

The shoulders take part in about a third of what the head does. A face aligner takes the lean of AU55 and AU56 out of
the picture, so the frames of these sheets lean against it. AU63 at 1 hides most of the iris, since the upper lid rises
less than the eye.
"""


def page() -> str:
    """Returns docs/action-units.md."""
    lines = [INTRODUCTION]
    rigs = {name: face_model(name).rig for name in PEOPLE}
    for code in (code for code, unit in CATALOGUE.items() if not unit.position and code not in STILL):
        unit = action_unit(code)
        lines.append(
            f"## {code} {unit.name}\n\n{', '.join(unit.muscles)}; {'left and right' if unit.sided else 'one'}\n"
        )
        for name, rig in rigs.items():
            entry = rig.recipe.action_units[code]
            reach = 1000 * rig.reach[rig.keys.index(unit.keys[0])]
            lines.append(f"- **{name}** ({reach:.1f} mm): {entry.evidence}. Seen: {entry.looked}.")
        lines.append(f"\n![{code}](images/action_units/{code}.jpg)\n")
    lines.append(POSITIONS)
    lines += [f"![{code}](images/action_units/{code}.jpg)" for code, unit in CATALOGUE.items() if unit.position]
    return "\n".join(lines) + "\n"


def main() -> None:
    """Writes the sheets of all AUs, or of those that are named, and the page."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("codes", nargs="*", help="Action Units; all of them if none is named")
    parser.add_argument("--models", nargs="+", default=list(PEOPLE), help="face models")
    parser.add_argument("--size", type=int, default=160, help="pixels of one picture")
    parser.add_argument("--out", type=Path, default=FOLDER, help="folder of the sheets")
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    renderer = SampleRenderer()
    for code in options.codes or [code for code in CATALOGUE if code not in STILL]:
        picture = sheet(renderer, code, options.models, options.size)
        Image.fromarray(picture).save(options.out / f"{code}.jpg", quality=82, optimize=True)
    renderer.close()
    if set(options.models) == set(PEOPLE) and options.out == FOLDER:
        (FOLDER.parents[1] / "action-units.md").write_text(page(), encoding="utf-8")


if __name__ == "__main__":
    main()
