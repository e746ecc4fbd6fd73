"""The quality page loads nothing, shows the numbers of report.json and no other, and tells what was planted."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from faceset.sample import Sample
from faceset.shards import write_shard
from faceset.spec import Appearance, CameraSpec, Identity, SampleSpec, write_specs
from facs.action_units import CODES
from facs.expression import Expression
from pipeline.errors import StageError
from pipeline.quality.folders import write_quality
from pipeline.quality.tree import FILTERS, Node
from pipeline.quality.words import GATES
from pipeline.quality.writing import MAX_BYTES
from pipeline.storing import SPECS

FACES = 24
LOADS = {"script", "link", "iframe", "object", "embed", "video", "audio", "source", "base"}
SHOWN = ("AU12", "AU25")


def face(number: int, rng: np.random.Generator) -> np.ndarray:
    ramp = np.linspace(50, 200, 32)[:, None, None] + np.zeros((32, 32, 3))
    return np.clip(ramp + rng.normal(0, 35, ramp.shape) + 8 * (number % 5), 0, 255).astype(np.uint8)


def labels(rng: np.random.Generator, known: bool = True) -> dict[str, np.ndarray]:
    au = np.zeros(len(CODES), np.float32)
    for code in SHOWN:
        au[CODES.index(code)] = rng.random() * (rng.random() < 0.7)
    mask = np.full(len(CODES), 1, np.uint8)
    if not known:
        mask[CODES.index("AU25")] = 0
        au[CODES.index("AU25")] = 0
    return {"au": au, "au_left": au, "au_right": 0.5 * au, "au_known": mask}


def photographs(folder: Path) -> None:
    rng = np.random.default_rng(0)
    images = [face(number, rng) for number in range(FACES)]
    images[1] = images[0]  # the same picture of two people
    images[2] = (images[2] * 0.02).astype(np.uint8)
    samples = [
        Sample(
            {
                "image": image,
                "identity": f"somebody <{number}>",
                "sample_key": f"photo {number} & co",
                "source": "emotionet",
                "twin_of": "",
                **labels(rng, number % 2 == 0),
            }
        )
        for number, image in enumerate(images)
    ]
    write_shard(folder / "a.h5", samples)


def renders(folder: Path) -> None:
    rng = np.random.default_rng(1)
    samples, specs = [], []
    for number in range(FACES):
        person = Identity(f"drawn {number // 3}", {"age": 0.7, "gender": float(number // 3 % 2)})
        values = labels(rng)
        shown = {code: float(values["au"][CODES.index(code)]) for code in SHOWN}
        pose = (float(rng.uniform(-1, 1)), 0.0, 0.0)
        key = f"render {number}"
        specs.append(
            SampleSpec(
                key, person, Expression.bilateral(shown), head_pose=pose, camera=CameraSpec(width=32, height=32),
                appearance=Appearance(melanin=0.1 + 0.08 * (number // 3)),
            )
        )  # fmt: skip
        texts = {"identity": person.name, "sample_key": key, "source": "synthetic", "twin_of": ""}
        samples.append(Sample({"image": face(number, rng), "head_pose": np.array(pose, np.float32), **values, **texts}))
    write_shard(folder / "a.h5", samples, {"backend": "raster"})
    write_specs(folder / SPECS, specs)


class Page(HTMLParser):
    def __init__(self, text: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.data: list[tuple[str, str, str]] = []
        self._open: dict[str, str | None] | None = None
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        self._open = dict(attrs) if tag == "data" else None

    def handle_data(self, data: str) -> None:
        if self._open is not None:
            self.data.append((self._open["data-at"] or "", self._open["value"] or "", data))
            self._open = None


@dataclass(frozen=True)
class Written:
    html: str
    report: dict[str, Any]
    error: str
    folder: Path


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Written:
    root = tmp_path_factory.mktemp("quality")
    photographs(root / "photos")
    renders(root / "renders")
    with pytest.raises(StageError) as error:
        write_quality([root / "photos", root / "renders"], root / "out")
    report = json.loads((root / "out/report.json").read_text(encoding="utf-8"))
    return Written((root / "out/index.html").read_text(encoding="utf-8"), report, str(error.value), root)


@pytest.fixture(scope="module")
def page(written: Written) -> Page:
    return Page(written.html)


def test_nothing_is_loaded(page: Page, written: Written) -> None:
    assert not LOADS & {tag for tag, _ in page.elements}
    addresses = [found.get(name) for _, found in page.elements for name in ("src", "href", "srcset", "xlink:href")]
    assert [each for each in addresses if each and not each.startswith(("#", "data:image/webp;base64,"))] == []
    styles = " ".join(re.findall(r"<style>(.*?)</style>", written.html, re.DOTALL))
    assert not re.search(r"@import|@font-face|https?:|url\((?!#)", styles)
    assert not [name for _, found in page.elements for name in found if name.startswith("on")]
    assert len(written.html.encode()) < MAX_BYTES == 5_000_000


def test_every_number_is_that_of_the_file(page: Page, written: Written) -> None:
    shown = [FILTERS[name] for name in FILTERS]
    assert len(page.data) > 300
    for path, value, text in page.data:
        stored = _at(written.report, path)
        assert json.loads(value) == stored, path
        if isinstance(stored, int | float):
            digits = re.sub(r"[^0-9]", "", text)
            variants = [re.sub(r"[^0-9]", "", Page(str(variant)).data[0][2]) for variant in _shown(stored, shown)]
            assert digits in variants, (path, stored, text)


def _shown(value: float, filters: Any) -> Iterator[Any]:
    whole, decimal, percent, significant, megabytes = filters
    node = Node(value)
    yield from (whole(node), percent(node, 0), percent(node, 1), megabytes(node))
    yield from (decimal(node, digits) for digits in (2, 3))
    yield from (significant(node, digits) for digits in (2, 3, 4))


def _at(report: Any, path: str) -> Any:
    for step in path.split("/")[1:]:
        report = report[int(step)] if isinstance(report, list) else report[step]
    return report


def test_what_was_planted_is_told(written: Written) -> None:
    failed = {(gate["set"], gate["name"]) for gate in written.report["gates"] if gate["status"] == "fail"}
    assert failed == {("photos", "duplicates")}
    assert "photos: duplicates (quality.gates.max_duplicates): found 0.04167, expected at most 0.01" in written.error
    assert str(written.folder / "out/index.html") in written.error
    assert "Do not train on this yet: 1 gate failed." in written.html
    pixels = written.report["described"]["photos"]["pixels"]
    assert [[each["key"] for each in group] for group in pixels["duplicates"]["named"]] == [
        ["photo 0 & co", "photo 1 & co"]
    ]
    assert [each["key"] for each in pixels["issues"]["dark"]["examples"]] == ["photo 2 & co"]
    units = written.report["described"]["photos"]["labels"]["units"]
    assert (units["AU25"]["unknown"], units["AU25"]["known"]) == (FACES // 2, FACES // 2)
    assert written.report["leakage"]["linked"] == {"groups": 1, "people": 2}
    assert written.report["leakage"]["images"] == 0  # linked people lie in one split


def test_photographs_are_not_guessed_at(written: Written) -> None:
    assert written.report["described"]["photos"]["groups"] is None
    assert written.report["described"]["photos"]["cells"]["unknown"] == ["yaw", "light", "tone"]
    assert "Unknown: nobody has asked these people" in written.html
    assert "This file contains photographs of people." in written.html
    groups = written.report["described"]["renders"]["groups"]
    assert sum(row["people"] for row in groups["skin tone"]) == FACES // 3


def test_empty_cells_come_with_params_that_fill_them(written: Written) -> None:
    cells = written.report["described"]["renders"]["cells"]
    assert cells["cells"] == 2 * 5 * 3 * 3 == cells["filled"] + cells["empty"]
    assert sum(gap["cells"] for gap in cells["gaps"]) >= cells["empty"] > 0
    assert cells["fill"]["params"].startswith("synthetic:\n  ")
    assert cells["fill"]["count"] >= FACES


def test_it_can_be_read_without_seeing_and_without_a_mouse(page: Page) -> None:
    assert all((found.get("alt") or "").strip() for tag, found in page.elements if tag == "img")
    drawings = [found for tag, found in page.elements if found.get("role") == "img"]
    assert drawings and all((found.get("aria-label") or "").strip() for found in drawings)
    assert sum(tag == "svg" for tag, _ in page.elements) == len(drawings)
    ids = [found["id"] for _, found in page.elements if "id" in found]
    assert len(ids) == len(set(ids))
    targets = {(found.get("href") or "#")[1:] for tag, found in page.elements if tag == "a"}
    assert targets <= set(ids)
    assert all(found.get("scope") for tag, found in page.elements if tag == "th")


def test_every_gate_has_a_title(written: Written) -> None:
    assert {gate["name"] for gate in written.report["gates"]} <= set(GATES)


def test_names_are_text_and_never_markup(written: Written) -> None:
    assert "somebody <" not in written.html
    assert "photo 0 & co" not in written.html
    assert "photo 0 &amp; co" in written.html


def test_the_stage_needs_a_folder_of_shards(tmp_path: Path) -> None:
    with pytest.raises(StageError, match="shards_open: found 1, expected at most 0"):
        write_quality([tmp_path / "absent"], tmp_path / "out")
    assert "cannot be read: absent" in (tmp_path / "out/index.html").read_text(encoding="utf-8")


def test_a_folder_that_holds_something_else_is_never_replaced(tmp_path: Path) -> None:
    photographs(tmp_path / "data" / "photos")
    with pytest.raises(StageError, match="expected an absent folder or an earlier page, found photos"):
        write_quality([tmp_path / "data" / "photos"], tmp_path / "data")
    assert (tmp_path / "data" / "photos" / "a.h5").is_file()
    (tmp_path / "file").touch()
    with pytest.raises(StageError, match="expected a folder for the page, found a file"):
        write_quality([tmp_path / "data" / "photos"], tmp_path / "file")
