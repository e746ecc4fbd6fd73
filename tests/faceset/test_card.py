"""The dataset card says what the set is."""

import json
from pathlib import Path

import yaml

from faceset.card import CardFacts, card_markdown, dataset_card
from faceset.checks import check_shards
from faceset.coverage import coverage
from faceset.loading import ShardSet
from facs.action_units import CODES

FACTS = CardFacts(
    name="Faces: a test",
    summary="Rendered faces.",
    licence="CC0-1.0",
    origin="Drawn by a generator of random numbers.",
    labels_from="The generator, exactly.",
    intended_use="Tests.",
    limits=("Shows no face.",),
)


def test_the_card_counts_what_is_there(folder: Path) -> None:
    faces = ShardSet.from_folder(folder)
    card = dataset_card(FACTS, faces, coverage(faces), check_shards(folder))
    assert json.loads(json.dumps(card)) == card
    assert (card["num_samples"], card["num_identities"]) == (15, 5)
    assert card["image_size"] == {"width": 8, "height": 8}
    assert card["channels"]["au"].startswith("(K) float32 activation: ")
    assert card["action_units"]["AU12"] == int(faces.labels("au_known")[:, CODES.index("AU12")].sum())


def test_the_markdown_has_a_header_that_hubs_read(folder: Path) -> None:
    faces = ShardSet.from_folder(folder)
    text = card_markdown(dataset_card(FACTS, faces, coverage(faces), check_shards(folder)))
    _, header, body = text.split("---\n", 2)
    assert yaml.safe_load(header) == {
        "license": "CC0-1.0",
        "pretty_name": "Faces: a test",
        "size_categories": ["n<1K"],
    }
    for part in (
        "# Faces: a test",
        "15 faces of 5 people, 8x8 pixels",
        "| test | 15 |",
        "- Shows no face.",
        "| duplicates |",
    ):
        assert part in body
    assert text.endswith("|\n")
