"""Card, datasheet and Croissant metadata say the same: words of one file of facts, numbers of one count."""

import json
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import pytest
import yaml

from faceset.card import card
from faceset.checks import check_shards
from faceset.composition import Composition
from faceset.croissant import SHARDS, croissant
from faceset.datasheet import datasheet
from faceset.errors import FactsError
from faceset.facts import DatasetFacts, read_facts
from faceset.loading import ShardSet
from facs.action_units import CODES

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def facts() -> DatasetFacts:
    return read_facts(ROOT / "dataset.yaml")


@pytest.fixture
def composition(folder: Path) -> Composition:
    return Composition.of(ShardSet.from_folder(folder), {"train": 12, "val": 3})


def test_the_composition_is_counted(folder: Path, composition: Composition) -> None:
    faces = ShardSet.from_folder(folder)
    assert (composition.num_samples, composition.num_identities, composition.sources) == (15, 5, {"test": 15})
    assert (composition.width, composition.height, composition.has_twins) == (8, 8, False)
    column = CODES.index("AU12")
    assert composition.action_units["AU12"] == int(faces.labels("au_known")[:, column].sum())
    assert composition.active["AU12"] == int((faces.labels("au")[:, column] > 0).sum())


def test_the_card_has_a_header_that_hubs_read(facts: DatasetFacts, folder: Path, composition: Composition) -> None:
    odd = replace(facts, name="Faces: a | test")
    text = card(odd, composition, check_shards(folder), header={"configs": []})
    _, header, body = text.split("---\n", 2)
    assert yaml.safe_load(header) == {
        "license": "cc0-1.0",
        "pretty_name": "Faces: a | test",
        "size_categories": ["n<1K"],
        "tags": list(facts.keywords),
        "configs": [],
    }
    parts = (
        "# Faces: a | test",
        "15 faces of 5 people, 8x8 pixels",
        "| test | 15 |",
        "| train | 12 |",
        "| duplicates |",
    )
    assert [part for part in parts if part not in body] == []


def test_no_fact_is_left_out(facts: DatasetFacts, composition: Composition) -> None:
    """Each of a maker's words is in the datasheet, and each that Croissant has a field for is in croissant.json."""
    sheet = datasheet(facts, composition)
    meta = json.loads(croissant(facts, composition, CODES, [], SHARDS))
    nowhere = {"sources", "synthetic", "keywords", "licence", "annotations_per_item"}
    for name, value in asdict(facts).items():
        for text in value if isinstance(value, tuple) else (str(value),):
            assert name in nowhere or text in sheet, name
    said = json.dumps({key: value for key, value in meta.items() if key != "@context"}, ensure_ascii=False)
    not_for_machines = {"sources", "motivation", "funding", "distribution", "licence", "synthetic", "citation"}
    for name, value in asdict(facts).items():
        for text in value if isinstance(value, tuple) else (str(value),):
            assert name in not_for_machines or text in said, name
    assert meta["citeAs"] == facts.citation and meta["rai:hasSyntheticData"] is True


@pytest.mark.parametrize("section", ["Motivation", "Composition", "Collection process",
    "Preprocessing, cleaning, labelling", "Uses", "Distribution", "Maintenance"])  # fmt: skip
def test_the_datasheet_has_every_section(facts: DatasetFacts, composition: Composition, section: str) -> None:
    text = datasheet(facts, composition).split(f"## {section}\n", 1)[1].split("\n## ")[0]
    assert text.count("**") >= 4 and "{" not in text.replace("@misc{", "").replace("{{the", "").split("```")[0]


def test_the_facts_shipped_are_whole() -> None:
    facts = read_facts(ROOT / "dataset.yaml")
    assert facts.date == "2026-11-21" and "synthetic" in facts.sources and facts.synthetic is True


@pytest.mark.parametrize(("change", "message"), [
    ({"licence": None}, "licence: expected a text, found None"),
    ({"limits": "none"}, "limits: expected a list of texts, found 'none'"),
    ({"limits": []}, r"limits: expected a list of texts, found \[\]"),
    ({"limits": [{}]}, "limits: expected a text, found {}"),
    ({"synthetic": "yes"}, "synthetic: expected true or false, found 'yes'"),
    ({"summary": "  "}, "summary: expected a text"),
    ({"license": "MIT"}, r"unknown facts: \['license'\]"),
])  # fmt: skip
def test_poor_facts_are_refused(tmp_path: Path, change: dict[str, Any], message: str) -> None:
    content = yaml.safe_load((ROOT / "dataset.yaml").read_text(encoding="utf-8")) | change
    (tmp_path / "facts.yaml").write_text(yaml.safe_dump(content))
    with pytest.raises(FactsError, match=message):
        read_facts(tmp_path / "facts.yaml")


NO_FACTS = [b"", b"[1, 2]", b"a: [", b"\xff\xfe", b"!!python/object:os.system {}"]
IMPOSSIBLE = [b"version: 2026-13-45", b"version: " + b"9" * 20_000, b"[" * 5000]


@pytest.mark.parametrize("content", [*NO_FACTS, *IMPOSSIBLE], ids=lambda content: repr(content[:20]))
def test_what_holds_no_facts_is_refused(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "facts.yaml").write_bytes(content)
    with pytest.raises(FactsError):
        read_facts(tmp_path / "facts.yaml")
    with pytest.raises(FactsError, match="expected a YAML file"):
        read_facts(tmp_path / "none.yaml")


def test_facts_about_other_faces_are_refused(facts: DatasetFacts) -> None:
    facts.check_sources("f", ("synthetic", "judge"))
    replace(facts, sources=("*",)).check_sources("f", ("anything",))
    with pytest.raises(FactsError, match="found faces from emotionet; write another file of facts"):
        facts.check_sources("f", ("emotionet", "synthetic"))
