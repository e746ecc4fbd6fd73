"""Writes docs/people.md: how heads measure beside published anthropometry, and pictures of people.

``python docs/people.py`` measures 1,000 sampled women and 1,000 sampled men and draws two sheets, from seeds alone.
"""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import numpy.typing as npt
from PIL import Image

from faceset.spec import Identity, SampleSpec
from render.anthropometry import PUBLISHED, measured
from render.config import SamplingConfig
from render.contact_sheet import Picture, captioned, contact_sheet
from render.face_model import face_model
from render.monk import SWATCHES, TONES
from render.people import SEXES, Sex, describe, sample_identity
from render.randomness import stream
from render.rigs.variety import variety
from render.sample import SampleRenderer
from render.sampling import sample_specs

FOLDER = Path(__file__).parent
PAGE, IMAGES = FOLDER / "people.md", FOLDER / "images"
SEED, ADULTS, SIZE = 7, 1000, 128
BEGIN, END = "<!-- measured -->\n", "<!-- end -->\n"


def adults() -> Iterator[tuple[Sex, Identity]]:
    """Yields sampled people and their sex, until there are enough of each."""
    model = face_model("anny")
    names = tuple(str(name) for name in model.basis.local_names)
    left = dict.fromkeys(SEXES, ADULTS)
    number = 0
    while any(left.values()):
        person = sample_identity(stream(SEED, "anthropometry", number), f"{number}", names, variety("anny"))
        sex: Sex = SEXES[int(person.phenotype["gender"] >= 0.5)]
        number += 1
        if left[sex]:
            left[sex] -= 1
            yield sex, person


def lengths() -> dict[Sex, npt.NDArray[np.float64]]:
    """Returns by sex the (people, lengths) of sampled adults, millimetres."""
    model = face_model("anny")
    found: dict[Sex, list[list[float]]] = {sex: [] for sex in SEXES}
    for sex, person in adults():
        found[sex].append(list(measured(model, model.neutral(person)).values()))
    return {sex: np.array(rows) for sex, rows in found.items()}


def table() -> str:
    """Returns the measured and the published mean and standard deviation of each length, as Markdown."""
    found = lengths()
    lines = ["| Length, mm | men: here | published | women: here | published |", "|---|---|---|---|---|"]
    for column, (name, published) in enumerate(PUBLISHED.items()):
        cells = [name]
        for sex in SEXES:
            values = found[sex][:, column]
            mean, spread = published[sex]
            cells += [f"{values.mean():.1f} ± {values.std():.1f}", f"{mean:.1f} ± {spread:.1f}"]
        lines.append("| " + " | ".join(cells) + " |")
    return "\n".join(lines) + "\n"


def people() -> list[SampleSpec]:
    """Returns sixty people as they come, at rest, each from another side under another light."""
    config = SamplingConfig(identities=60, size=SIZE, max_yaw=0.5, max_pitch=0.15, environments=0.6)
    return sample_specs(config, SEED, 60, "people")


def tones() -> list[SampleSpec]:
    """Returns four people of each tone, sorted by it, under the same lamp."""
    config = SamplingConfig(identities=40, size=SIZE, max_yaw=0.15, max_pitch=0.05, people="balanced")
    drawn = sample_specs(config, SEED, 40, "tones")
    light = SampleSpec("light", Identity("light")).light
    return sorted((replace(spec, light=light) for spec in drawn), key=lambda spec: tone_of(spec))


def tone_of(spec: SampleSpec) -> int:
    """Returns the Monk tone of a sample's person."""
    return describe(spec.identity, spec.appearance).tone


def drawn(renderer: SampleRenderer, spec: SampleSpec, caption: str = "") -> Picture:
    """Returns one picture, with a caption if there is one."""
    picture = np.asarray(renderer.render(spec)["image"])
    return captioned(picture, caption) if caption else picture


def main() -> None:
    """Measures, draws and writes."""
    renderer = SampleRenderer()
    IMAGES.mkdir(exist_ok=True)
    sheets = {
        "people_natural": contact_sheet([drawn(renderer, spec) for spec in people()], 10),
        "people_tones": contact_sheet(
            [
                drawn(renderer, spec, str(tone_of(spec)))
                for row in range(4)
                for spec in tones()[row::4]  # a column for each tone
            ],
            len(TONES),
        ),
    }
    renderer.close()
    for name, sheet in sheets.items():
        Image.fromarray(sheet).save(IMAGES / f"{name}.jpg", quality=86, optimize=True)
    before, rest = PAGE.read_text().split(BEGIN)
    PAGE.write_text(before + BEGIN + table() + END + rest.split(END)[1])
    print(PAGE.read_text().split(BEGIN)[1].split(END)[0], *SWATCHES)


if __name__ == "__main__":
    main()
