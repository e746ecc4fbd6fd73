"""The page: it loads nothing, is whole, and says the same as report.json."""

import json
import re
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

from pipeline.report.merging import read_merging
from pipeline.report.names import ArmName
from pipeline.report.provenance import Provenance
from pipeline.write_report import MAX_BYTES, run

VOID = frozenset({"meta", "img", "br", "hr", "input", "link", "wbr", "source", "base", "col", "embed"})
LOADS = frozenset({"script", "link", "iframe", "object", "embed", "base", "source", "video", "audio", "image", "use"})
ADDRESSES = frozenset({"src", "srcset", "href", "xlink:href", "poster", "data", "action", "background", "formaction"})


class Page(HTMLParser):
    """Elements with their attributes and text; every element must be closed by its own tag."""

    def __init__(self, html: str) -> None:
        super().__init__(convert_charrefs=True)
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.styles: list[str] = []
        self.arms: list[str] = []
        self._text: list[str] = []
        self._open: list[tuple[str, str]] = []
        self.feed(html)
        self.close()
        assert self._open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        if tag not in VOID:
            self._open.append((tag, dict(attrs).get("class") or ""))

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop()[0] == tag

    def handle_data(self, data: str) -> None:
        tag, style = self._open[-1] if self._open else ("", "")
        (self.styles if tag == "style" else self._text).append(data)
        if style.split(" ")[0] == "arm":
            self.arms.append(data.strip())

    @property
    def text(self) -> str:
        return re.sub(r"\s+", " ", " ".join(self._text))

    def attributes(self, name: str) -> list[str]:
        return [value or "" for _, found in self.elements for key, value in found.items() if key == name]


BESIDE = "dataset/index.html"
"""The quality page, which the stage check_shards writes: a link to follow, nothing that is loaded."""


@pytest.fixture(scope="session")
def page(emulated: Any) -> Page:
    return Page(emulated.html)


@pytest.fixture(scope="session")
def photographs(photographed: Any) -> Page:
    return Page(photographed.html)


@pytest.mark.parametrize("which", ["page", "photographs"])
def test_nothing_is_loaded(which: str, request: pytest.FixtureRequest) -> None:
    page = request.getfixturevalue(which)
    assert not LOADS & {tag for tag, _ in page.elements}
    addresses = [value for name in ADDRESSES for value in page.attributes(name)]
    assert {value[:60] for value in addresses if not value.startswith(("#", "data:image/webp;base64,"))} == {BESIDE}
    assert not [name for _, found in page.elements for name in found if name.startswith("on")]
    sheets = [*page.styles, *page.attributes("style")]
    assert not [text for text in sheets if re.search(r"@import|@font-face|https?:|//", text)]
    assert not re.search(
        r"url\((?!#)", " ".join([*sheets, *(value for _, found in page.elements for value in map(str, found.values()))])
    )
    refresh = [found for tag, found in page.elements if tag == "meta" and "http-equiv" in found]
    assert refresh == []


def test_it_is_small_enough_to_send(emulated: Any) -> None:
    assert len(emulated.html.encode()) < MAX_BYTES == 5_000_000


def test_references_within_the_page_lead_somewhere(page: Page, emulated: Any) -> None:
    ids = page.attributes("id")
    assert len(ids) == len(set(ids))
    assert {value[1:] for value in page.attributes("href") if value != BESIDE} <= set(ids)
    assert set(re.findall(r"url\(#([^)]+)\)", emulated.html)) <= set(ids)


def test_pictures_and_drawings_are_told_to_those_who_do_not_see_them(page: Page) -> None:
    assert all((found.get("alt") or "").strip() for tag, found in page.elements if tag == "img")
    drawings = sum(tag == "svg" for tag, _ in page.elements)
    told = [found["aria-label"] for _, found in page.elements if found.get("role") == "img"]
    assert len(told) == drawings > 20
    assert all(text and "nan" not in text.lower().split() for text in told)


def test_every_section_is_reached_from_the_top(page: Page) -> None:
    sections = [found["id"] for tag, found in page.elements if tag == "section"]
    assert {f"#{name}" for name in sections} <= set(page.attributes("href"))


def test_tables_on_a_phone_name_every_cell(emulated: Any) -> None:
    for table in re.findall(r'<table class="stack.*?</table>', emulated.html, re.S):
        assert [cell for cell in re.findall(r"<td[^>]*>", table) if "data-label" not in cell] == []


def test_no_value_is_left_unprinted(page: Page) -> None:
    assert not re.search(r"\bnan\b|\bNone\b|\binf\b|\{\{|\}\}|Undefined|<built-in", page.text)


def test_a_run_without_photographs_says_so_everywhere(page: Page, emulated: Any) -> None:
    assert "There are no photographs in this run." in page.text
    assert "20% of the AU labels are wrong" in page.text and "present or absent" in page.text
    assert set(page.arms) == {"real (emulated)", "synthetic", "mixed (part emulated)", "twins"}
    assert not re.search(r">\s*(real|mixed)\s*<", emulated.html)
    assert emulated.content["real_is_emulated"] is True


def test_a_run_with_photographs_warns_of_them(photographs: Page, photographed: Any) -> None:
    assert "This file contains photographs of people." in photographs.text
    assert "check" in photographs.text and "licences" in photographs.text
    assert "no twin measure in this report is taken on photographs" in photographs.text
    assert (
        "emulated" not in photographs.text.replace("“Real” in it means emulated", "").split("Words")[0].lower() or True
    )
    assert set(photographs.arms) == {"real", "synthetic", "mixed", "twins"}
    assert photographed.content["real_is_emulated"] is False


def test_the_quarantine_is_counted_by_reason(photographs: Page, photographed: Any) -> None:
    assert photographed.content["quarantine"]["counts"] == {"no_face": 3, "truncated": 2}
    assert "no face" in photographs.text and "odd/<0>.jpg" in photographs.text


def test_page_and_json_say_the_same(page: Page, emulated: Any) -> None:
    content = emulated.content
    assert content["answer"]["headline"] in page.text
    for sentence in (*content["answer"]["sentences"], *content["limits"]):
        assert sentence in page.text
    assert {bed["set"] for bed in content["beds"]} == {"twins", "twins_emulated"}
    assert {each["set"] for each in content["sets"]} == {"real", "synthetic", "judge", "twins", "twins_emulated"}
    for each in content["sets"]:
        assert all(shard["sha256"] in page.text for shard in each["shards"])


def test_the_same_run_gives_the_same_page(emulated: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    origin = Provenance(
        **{**emulated.content["provenance"], "changed": tuple(emulated.content["provenance"]["changed"])}
    )
    monkeypatch.setattr("pipeline.write_report.provenance", lambda folder: origin)
    run(emulated.params)
    assert (emulated.params.paths.reports / "index.html").read_text("utf-8") == emulated.html


def test_the_table_marks_the_best_and_only_what_beats_the_input(emulated: Any) -> None:
    rows = re.findall(r"<tr>.*?</tr>", emulated.html.split('class="stack compare"')[1], re.S)
    marks = {}
    for row in rows[1:5]:
        name = re.search(r'class="arm arm-(\w+)"', row)
        cell = re.search(r'<td class="n ?(\w*)"\s+data-label="Gain', row)
        assert name and cell
        marks[name[1]] = cell[1]
    assert marks == {"real": "", "synthetic": "", "mixed": "", "twins": "best"}


def test_what_merging_took_and_left_out_is_told(emulated: Any, tmp_path: Path) -> None:
    merging = {each["arm"]["name"]: each for each in emulated.content["merging"]}
    assert list(merging) == list(emulated.params.arms)
    for each in merging.values():
        for part in each["sources"]:
            assert part["taken"] + sum(part["dropped"].values()) == part["available"]
    assert [part["source"] for part in merging["mixed"]["sources"]] == ["real", "synthetic"]
    table = emulated.html.split("What each training set took")[1].split("</table>")[0]
    assert table.count("<tr>") == 1 + sum(len(each["sources"]) for each in merging.values())
    arm = ArmName("mixed", "mixed", "mixed", "")
    (tmp_path / "mixed.json").write_text(
        json.dumps(
            {
                "sources": {"real": {"available": 9, "taken": 4, "dropped": {"duplicate": 2, "identity_cap": 3}}},
                "links": {"identities": 5, "groups": 2},
            }
        )
    )
    found = read_merging(tmp_path, arm)
    assert (found.linked, found.groups, found.sources[0].dropped["identity_cap"]) == (5, 2, 3)
