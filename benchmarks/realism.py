"""How far renders are from photographs, measured: for the bare prototype, for the rasteriser and for Blender.

    python benchmarks/realism.py --photographs <folder> [--count 300] [--size 128] [--people table.csv] --out realism

As many renders of each look as photographs, both framed by the same aligner, are compared by the distances of
``gan.metrics.distances``: KID with two named extractors, two classifiers cross-validated by person, and statistics that
explain. "matched" renders are frontal, in studio light, before plain paper, neutral or smiling, as portraits are;
"sampled" ones have every part of a data set on. "face" greys all beyond one fixed outline, the same in every image, so
that hair, clothes and background do not decide. The first rows compare photographs with other photographs: what no
renderer can be expected to go below.

The folder is an EmotioNet release or any folder of images (files of one name show one person). Nothing of the
photographs is written, but numbers. Writes ``<out>.json`` and ``<out>.md``. The last line is ``ratio <number>``:
KID-random-conv of the prototype over that of the last look, both matched (higher is better).
"""

import argparse
import csv
import json
import os
import platform
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.spatial import Delaunay

from annotate.align import frontal_template
from annotate.importing import release_samples
from annotate.photos import PhotoConfig
from faceset.sample import Sample
from faceset.sources.photographs import people_by_name, read_photographs
from gan.metrics.distances import distances
from gan.metrics.measurement import Measurement
from gan.metrics.population import Population

ROOT = Path(__file__).parents[1]
LOOKS = ("prototype", "raster", "blender")
COLUMNS = ("KID-HOG", "KID-random-conv", "logistic_auc", "logistic_accuracy", "network_auc", "network_accuracy")
EXPLAINED = ("spectral_slope", "brightness", "contrast", "saturation")


@dataclass(frozen=True)
class Row:
    """One comparison.

    Attributes:
        look: who drew the renders, or "photographs".
        scene: "matched", "sampled" or "-".
        effects: whether the camera's effects are on the renders.
        region: "whole" or "face".
        number: images of each kind.
        found: measurements by name.
    """

    look: str
    scene: str
    effects: bool
    region: str
    number: int
    found: Mapping[str, Measurement]

    def to_json(self) -> dict[str, Any]:
        """Returns plain values."""
        found = {name: each.to_json() for name, each in self.found.items()}
        return {**self.__dict__, "found": found}


def photographs(folder: Path, count: int, size: int, people: Mapping[str, str]) -> Population:
    """Returns ``count`` framed photographs, evenly spread over the folder; all where there are fewer."""
    release = read_photographs(folder)
    known = people or (people_by_name(release) if release.source == "photographs" else {})
    found = release_samples(release, PhotoConfig(size=size), known, workers=os.cpu_count() or 1)
    kept = [each for each in found if isinstance(each, Sample)]
    rows = np.unique(np.linspace(0, len(kept) - 1, min(count, len(kept))).round().astype(int))
    chosen = [kept[row] for row in rows]
    return Population(np.stack([each["image"] for each in chosen]), tuple(str(each["identity"]) for each in chosen))


def read_people(table: Path | None) -> dict[str, str]:
    """Returns who is on each photograph: the first column of a table is the path, the last one the person."""
    if table is None:
        return {}
    with table.open(encoding="utf-8", newline="") as lines:
        rows = [row for row in csv.reader(lines) if row]
    return {row[0]: row[-1] for row in reversed(rows)}  # of two rows of a photograph the first counts


def renders(look: str, scene: str, arguments: argparse.Namespace, checkout: Path = ROOT) -> dict[bool, Population]:
    """Returns the renders of one look without and with camera effects, drawn by a process of its own."""
    path = arguments.work / f"{checkout.name}-{look}-{scene}-{arguments.count}-{arguments.size}.npz"
    if not path.exists():
        command = [sys.executable, str(Path(__file__).with_name("realism_faces.py")), "--look", look, "--scene", scene]
        command += ["--count", str(arguments.count), "--size", str(arguments.size), "--out", str(path)]
        environment = {**os.environ, "PYTHONPATH": str(checkout)}
        subprocess.run(command, check=True, env=environment, cwd=checkout)
    with np.load(path) as found:
        names = tuple(found["identity"].tolist())
        return {False: Population(found["clean"], names), True: Population(found["photographed"], names)}


def face_outline(size: int) -> npt.NDArray[np.bool_]:
    """Returns the pixels within the outline of the template's landmarks, (size, size): brows to chin."""
    points = frontal_template().pixels(size)
    y, x = np.mgrid[0:size, 0:size] + 0.5
    return np.asarray(Delaunay(points).find_simplex(np.stack([x, y], axis=-1)) >= 0)


def compared(look: str, scene: str, effects: bool, region: str, one: Population, other: Population) -> Row:
    """Returns one row; says how long it took."""
    began = time.perf_counter()
    if region == "face":
        mask = face_outline(one.images.shape[1])
        one, other = one.masked(mask), other.masked(mask)
    found = {each.metric: each for each in distances(one, other)}
    print(f"{look}, {scene}, effects {effects}, {region}: {time.perf_counter() - began:.0f} s", flush=True)
    return Row(look, scene, effects, region, len(other), found)


def halves(population: Population) -> tuple[Population, Population]:
    """Returns every second person, and the others."""
    order = {name: number for number, name in enumerate(dict.fromkeys(population.identities))}
    odd = np.array([order[name] % 2 == 1 for name in population.identities])
    names = np.array(population.identities)
    one, other = (Population(population.images[mask], tuple(names[mask].tolist())) for mask in (~odd, odd))
    return one, other


def measured(arguments: argparse.Namespace) -> Iterator[Row]:
    """Yields all rows, what matters most first: photographs, every look matched, every look as sampled, no effects."""
    photos = photographs(arguments.photographs, arguments.count, arguments.size, read_people(arguments.people))
    arguments.count = len(photos)
    for region in ("whole", "face"):
        yield compared("photographs", "-", False, region, *halves(photos))
    drawn_by = {look: (look, ROOT) for look in arguments.looks}
    drawn_by |= {"previous raster": ("raster", arguments.previous)} if arguments.previous else {}
    plan = [
        ("matched", True, "whole"),
        ("matched", True, "face"),
        ("sampled", True, "whole"),
        ("matched", False, "whole"),
    ]
    for scene, effects, region in plan:
        for name, (look, checkout) in drawn_by.items():
            if scene in arguments.scenes and (scene == "matched" or look != "prototype"):
                drawn = renders(look, scene, arguments, checkout)[effects]
                yield compared(name, scene, effects, region, photos, drawn)


def table(rows: list[Row]) -> str:
    """Returns the tables in Markdown: distances with their 95 % intervals, then what explains them."""
    head = ["look", "scene", "camera effects", "region", "images of each"]
    lines = _table(
        head + list(COLUMNS), [[*_labels(row), *(_cell(row.found[name]) for name in COLUMNS)] for row in rows]
    )
    lines += [
        "",
        "KID in thousandths; in brackets 95 % intervals over people.",
        "",
        "Means over the images, photographs | renders (the first row: one half of them | the other):",
        "",
    ]
    pairs = [
        [
            *_labels(row),
            *(f"{_value(row, name, 'photographs')} \\| {_value(row, name, 'renders')}" for name in EXPLAINED),
            f"{row.found['colour_distance'].value:.2f}",
        ]
        for row in rows
    ]
    return "\n".join([*lines, *_table([*head, *EXPLAINED, "colour distance"], pairs)]) + "\n"


def _table(head: list[str], rows: list[list[str]]) -> list[str]:
    return [f"| {' | '.join(each)} |" for each in (head, ["---"] * len(head), *rows)]


def _labels(row: Row) -> list[str]:
    effects = "-" if row.scene == "-" else "on" if row.effects else "off"
    return [row.look, row.scene, effects, row.region, str(row.number)]


def _cell(found: Measurement) -> str:
    kid = found.metric.startswith("KID")
    value, low, high = (1000.0 * each if kid else each for each in (found.value, found.ci_low, found.ci_high))
    return f"{value:.1f} ({low:.1f} to {high:.1f})" if kid else f"{value:.3f} ({low:.3f} to {high:.3f})"


def _value(row: Row, name: str, kind: str) -> str:
    return f"{row.found[f'{name}_{kind}'].value:.2f}"


def ratio(rows: list[Row], look: str) -> float:
    """Returns how many times further than ``look`` the prototype is from photographs, matched, whole images."""
    chosen = {row.look: row for row in rows if (row.scene, row.region, row.effects) == ("matched", "whole", True)}
    return chosen["prototype"].found["KID-random-conv"].value / chosen[look].found["KID-random-conv"].value


def write(arguments: argparse.Namespace, rows: list[Row]) -> None:
    """Writes the rows as numbers and as tables."""
    origin = {
        "machine": f"{platform.machine()}, {os.cpu_count()} cores",
        "size": arguments.size,
        "count": arguments.count,
    }
    arguments.out.parent.mkdir(parents=True, exist_ok=True)
    content = {**origin, "rows": [row.to_json() for row in rows]}
    arguments.out.with_suffix(".json").write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")
    arguments.out.with_suffix(".md").write_text(table(rows), encoding="utf-8")


def main() -> None:
    """Writes the numbers row by row, and prints the table and the ratio."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--photographs", type=Path, required=True, help="an EmotioNet release or a folder of images")
    parser.add_argument("--people", type=Path, help="table whose first column is a path and whose last is a person")
    parser.add_argument("--count", type=int, default=300, help="images of each kind at most")
    parser.add_argument("--size", type=int, default=128)
    parser.add_argument("--looks", nargs="+", choices=LOOKS, default=list(LOOKS))
    parser.add_argument("--scenes", nargs="+", choices=("matched", "sampled"), default=["matched", "sampled"])
    parser.add_argument("--previous", type=Path, help="another checkout, whose rasteriser is measured too")
    parser.add_argument("--work", type=Path, help="folder that keeps the renders, to go on after an interruption")
    parser.add_argument("--out", type=Path, required=True)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        arguments.work = (arguments.work or Path(folder)).resolve()
        arguments.work.mkdir(parents=True, exist_ok=True)
        rows: list[Row] = []
        for row in measured(arguments):
            rows.append(row)
            write(arguments, rows)  # after each, so that what is measured stays when a run is cut short
    print(table(rows))
    if "prototype" in arguments.looks:
        print(f"ratio {ratio(rows, arguments.looks[-1]):.2f}")


if __name__ == "__main__":
    main()
