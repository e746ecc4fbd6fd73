"""Puts renders beside photographs: ``python docs/side_by_side.py --photographs <folder> --out sheet.png``.

Photographs are framed by the project's aligner, as renders are. A column is one photograph and the person nearest to it
among those drawn by ``benchmarks/realism_faces.py``: the same sex, and a smile for a smile, where known; then the
nearest skin (lightness of the cheeks, measured alike on both) and age. Rows are the photograph, then each look of the
very same drawn person. The sheet holds photographs, so it is never written inside the repository.

Age and sex come from a table in the folder with columns that end in ``id``, ``age`` and ``gender``, as the Face
Research Lab London Set has it; a folder's name that begins with ``smil`` says that its people smile.
"""

import argparse
import csv
import os
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
from PIL import Image
from skimage.color import rgb2lab

from annotate.align import frontal_template
from annotate.importing import release_samples
from annotate.photos import PhotoConfig
from faceset.sample import Sample
from faceset.sources.photographs import people_by_name, read_photographs
from render.contact_sheet import captioned, contact_sheet

ROOT = Path(__file__).resolve().parents[1]
POOL = 160
CHEEKS = ((41, 48), (46, 54))
"""Landmarks between which the middle of a cheek lies: under the eye, and the corner of the mouth."""

MISMATCH = 100.0
YEARS_PER_LIGHTNESS = 4.0
"""How many years weigh as much as one unit of L*."""

Picture = npt.NDArray[np.uint8]


@dataclass(frozen=True)
class Face:
    """One picture and what is known of who is on it; None where it is not."""

    picture: Picture
    lightness: float
    years: float | None = None
    man: bool | None = None
    smiles: bool | None = None

    def distance(self, other: "Face") -> float:
        """Returns how badly two faces go together."""
        apart = sum(
            MISMATCH
            for one, two in ((self.man, other.man), (self.smiles, other.smiles))
            if one is not None and two is not None and one != two
        )
        known = self.years is not None and other.years is not None
        aged = abs((self.years or 0.0) - (other.years or 0.0)) / YEARS_PER_LIGHTNESS if known else 0.0
        return apart + aged + abs(self.lightness - other.lightness)


def lightness(picture: Picture) -> float:
    """Returns the median L* of CIELAB of the cheeks of a framed face."""
    size = picture.shape[0]
    marks = frontal_template().pixels(size)
    half = max(2, size // 24)
    patches = []
    for one, other in CHEEKS:
        x, y = np.rint((marks[one] + marks[other]) / 2).astype(int)
        patches.append(picture[y - half : y + half, x - half : x + half].reshape(-1, 3))
    return float(np.median(rgb2lab(np.concatenate(patches)[None])[..., 0]))


def photographs(folder: Path, size: int) -> list[Face]:
    """Returns the framed photographs of a folder."""
    release, known = read_photographs(folder), read_table(folder)
    names = people_by_name(release)
    found = release_samples(release, PhotoConfig(size=size), names, workers=os.cpu_count() or 1)
    faces = []
    for each in found:
        if isinstance(each, Sample):
            years, man = known.get(str(each["identity"]), (None, None))
            path = Path(each.key)
            smiles = path.parent.name.startswith("smil") if len(path.parts) > 1 else None
            picture = np.asarray(each["image"], dtype=np.uint8)
            faces.append(Face(picture, lightness(picture), years, man, smiles))
    return faces


def read_table(folder: Path) -> dict[str, tuple[float | None, bool | None]]:
    """Returns age and sex by person, from every table of the folder that has both."""
    known: dict[str, tuple[float | None, bool | None]] = {}
    for path in sorted(folder.glob("*.csv")):
        with path.open(encoding="utf-8", newline="") as lines:
            for row in csv.DictReader(lines):
                column = {name.lower().rsplit("_", 1)[-1]: value for name, value in row.items() if name}
                if {"id", "age", "gender"} <= set(column):
                    age = float(column["age"]) if column["age"].isdigit() else None
                    known[column["id"]] = (age, column["gender"].lower().startswith("m"))
    return known


def spread(faces: list[Face], count: int) -> list[Face]:
    """Returns faces from the lightest skin to the darkest, evenly spread; smiles and rest by turns where known."""
    ordered = sorted(faces, key=lambda face: -face.lightness)
    resting = [face for face in ordered if not face.smiles] or ordered
    smiling = [face for face in ordered if face.smiles] or ordered
    places = np.linspace(0, 1, count)
    return [
        group[round(place * (len(group) - 1))] for place, group in zip(places, [resting, smiling] * count, strict=False)
    ]


def render(look: str, size: int, only: list[int], folder: Path) -> list[Face]:
    """Returns faces of the pool drawn in one look, by a process of its own."""
    out = folder / f"{look}-{size}-{len(only)}.npz"
    command = [sys.executable, str(ROOT / "benchmarks" / "realism_faces.py"), "--look", look, "--scene", "matched"]
    command += ["--count", str(POOL), "--size", str(size), "--out", str(out)]
    subprocess.run([*command, *(["--only", *map(str, only)] if only else [])], check=True)
    with np.load(out) as found:
        known = zip(found["years"], found["man"], found["smiles"], strict=True)
        return [
            Face(picture, lightness(picture), float(years), bool(man), bool(smiles))
            for picture, (years, man, smiles) in zip(found["clean"], known, strict=True)
        ]


def matched(wanted: list[Face], pool: list[Face]) -> list[int]:
    """Returns the number in the pool of the nearest face to each, nobody twice."""
    chosen: list[int] = []
    for face in wanted:
        free = [number for number in range(len(pool)) if number not in chosen]
        chosen.append(min(free, key=lambda number, face=face: face.distance(pool[number])))  # type: ignore[misc]
    return chosen


def sheet(shown: list[Face], looks: dict[str, list[Face]]) -> Picture:
    """Returns photographs above, and each look in a row below."""
    tiles = [captioned(face.picture, _caption(face)) for face in shown]
    for look, faces in looks.items():
        tiles += [captioned(face.picture, look) for face in faces]
    return contact_sheet(tiles, len(shown))


def _caption(face: Face) -> str:
    parts = [] if face.years is None else [f"{face.years:.0f}"]
    parts += [] if face.man is None else ["man" if face.man else "woman"]
    return " ".join(["photograph", *parts])


def main() -> None:
    """Writes the sheet."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--photographs", type=Path, required=True, help="folder of images, or an EmotioNet release")
    parser.add_argument("--out", type=Path, required=True, help="a PNG or JPEG outside the repository")
    parser.add_argument("--looks", nargs="+", default=["raster", "blender"], help="prototype, raster, blender")
    parser.add_argument("--count", type=int, default=8, help="columns")
    parser.add_argument("--size", type=int, default=192)
    arguments = parser.parse_args()
    if arguments.out.resolve().is_relative_to(ROOT):
        parser.error(f"{arguments.out} lies in the repository, where no photographs may be; choose another folder")
    shown = spread(photographs(arguments.photographs, arguments.size), arguments.count)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        # People are chosen from small pictures; the chosen alone are drawn at full size.
        only = matched(shown, render("raster", 64, [], folder))
        looks = {look: render(look, arguments.size, only, folder) for look in arguments.looks}
    Image.fromarray(sheet(shown, looks)).save(arguments.out)


if __name__ == "__main__":
    main()
