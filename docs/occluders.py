"""Draws and measures what can be in front of a face: ``python docs/occluders.py``.

Writes ``docs/images/occluders.jpg``, a row for each kind, and prints, as rows of ``docs/occluders.md``, what each kind
hides: the mean loss of ``au_visible`` over drawn samples of both sexes and all ages, heads turned up to 40 degrees.
"""

import math
from dataclasses import replace
from pathlib import Path

import numpy as np
from PIL import Image

from faceset.spec import OccluderSpec, SampleSpec
from facs import CODES
from render.config import SamplingConfig
from render.contact_sheet import captioned, contact_sheet
from render.occluders import OCCLUDERS
from render.randomness import stream
from render.sample import SampleRenderer
from render.sampling import sample_specs

PICTURE = Path(__file__).parent / "images" / "occluders.jpg"
SEED = 5
PEOPLE, SIZE = 3, 128
TURNS = (0.0, math.radians(40), math.radians(80))
MEASURED = 24
WORST = 5
"""So many Action Units are named for each kind."""


def specs(count: int, size: int, **options: object) -> list[SampleSpec]:
    """Returns drawn specifications, each of another person with a drawn expression."""
    config = SamplingConfig(identities=count, size=size, neutral="none", **options)  # type: ignore[arg-type]
    return sample_specs(config, SEED, count, "occluders")


def wearing(spec: SampleSpec, kind: str, index: int) -> SampleSpec:
    """Returns the specification with one occluder, drawn for it."""
    params = OCCLUDERS[kind].sample_params(stream(SEED, f"docs/{kind}", index))
    return replace(spec, occluders=(OccluderSpec(kind, params),))


def picture() -> None:
    """Writes a row for each two kinds: three people each, from the front, at 40 and at 80 degrees."""
    renderer = SampleRenderer()
    tiles = []
    for kind in OCCLUDERS:
        for index, spec in enumerate(specs(PEOPLE, SIZE)):
            turned = replace(wearing(spec, kind, index), head_pose=(TURNS[index], 0.0, 0.0))
            tiles.append(captioned(np.asarray(renderer.render(turned)["image"]), kind))
    renderer.close()
    PICTURE.parent.mkdir(exist_ok=True)
    Image.fromarray(contact_sheet(tiles, 3 * PEOPLE)).save(PICTURE, quality=88, optimize=True)


def losses() -> None:
    """Prints a row for each kind: the share of AU regions that it hides on average, and the AUs it hides most."""
    renderer = SampleRenderer()
    drawn = specs(MEASURED, 96, max_yaw=math.radians(40))
    free = np.stack([renderer.label(replace(spec, occluders=()))["au_visible"] for spec in drawn])
    for kind in OCCLUDERS:
        worn = [renderer.label(wearing(spec, kind, index))["au_visible"] for index, spec in enumerate(drawn)]
        loss = (free - np.stack(worn)).mean(axis=0)
        most = np.argsort(-loss, kind="stable")[:WORST]
        named = ", ".join(f"{CODES[code]} {loss[code]:.2f}" for code in most if loss[code] >= 0.01)
        print(f"| `{kind}` | {loss.mean():.2f} | {named or 'none'} |", flush=True)
    renderer.close()


if __name__ == "__main__":
    picture()
    losses()
