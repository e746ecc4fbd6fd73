"""Makes the pictures of the README: ``python docs/pictures.py``.

Renders alone; every face is drawn from a seed, so the pictures can be made again.
"""

from dataclasses import replace
from pathlib import Path

import numpy as np
from PIL import Image

from faceset.spec import SampleSpec
from facs import CODES, Expression
from facs.combinations import settled
from render.config import SamplingConfig
from render.contact_sheet import Picture, captioned, contact_sheet, label_pictures
from render.labels import LABELS_ON_REQUEST
from render.sample import SampleRenderer
from render.sampling import sample_specs

FOLDER = Path(__file__).parent / "images"
SEED = 7
LEVELS = (0.0, 0.33, 0.66, 1.0)


def specs(count: int, size: int, **options: object) -> list[SampleSpec]:
    """Returns drawn specifications, each of another person: the second of each, since the first is neutral."""
    config = SamplingConfig(action_units=CODES, identities=count, size=size, **options)  # type: ignore[arg-type]
    return sample_specs(config, SEED, 2 * count, "gallery")[1::2]


def save(name: str, picture: Picture) -> None:
    """Writes one picture as a JPEG of documentation quality."""
    path = FOLDER / f"{name}.jpg"
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(picture).save(path, quality=88, optimize=True)


def people() -> None:
    """Forty people with drawn expressions, poses, light and occluders."""
    renderer = SampleRenderer()
    wide = {"max_yaw": 0.6, "max_pitch": 0.3, "occlusion": 0.2, "environments": 0.7, "camera_effects": 0.3}
    drawn = specs(40, 128, **wide, expressions="natural")
    save("people", contact_sheet([np.asarray(renderer.render(spec)["image"]) for spec in drawn], 10))
    renderer.close()


SHOWN = tuple(f"AU{number}" for number in (1, 2, 4, 5, 6, 7, 9, 10, 12, 14, 15, 17, 18, 20, 22, 24, 25, 27, 34, 45))


def action_units() -> None:
    """Twenty AUs at four intensities, each on another person; AUs that need another bring it."""
    renderer = SampleRenderer()
    drawn = specs(len(SHOWN), 128, max_yaw=0.05, max_pitch=0.05, max_roll=0.0, max_gaze=0.02)
    tiles = []
    for code, spec in zip(SHOWN, drawn, strict=True):
        for level in LEVELS:
            shown = replace(spec, expression=Expression.bilateral(settled({code: level}) if level else {}))
            tiles.append(captioned(np.asarray(renderer.render(shown)["image"]), f"{code} {level:g}"))
    save("action_units", contact_sheet(tiles, 8))
    renderer.close()


def labels() -> None:
    """Four samples with their labels."""
    renderer = SampleRenderer(channels=tuple(LABELS_ON_REQUEST))
    drawn = specs(24, 160, max_yaw=0.6, occlusion=0.5)
    chosen = [drawn[index] for index in (0, 4, 13, 19)]
    save("labels", contact_sheet([tile for spec in chosen for tile in label_pictures(renderer.render(spec))], 8))
    renderer.close()


def backends() -> None:
    """The same six samples by each renderer."""
    drawn = specs(6, 160, max_yaw=0.4, expressions="natural")
    rows = []
    for name in ("raster", "pyrender", "blender"):
        renderer = SampleRenderer(name)
        rows += [captioned(np.asarray(renderer.render(spec)["image"]), name) for spec in drawn]
        renderer.close()
    save("backends", contact_sheet(rows, len(drawn)))


if __name__ == "__main__":
    people()
    action_units()
    labels()
    backends()
