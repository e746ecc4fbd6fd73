"""The dataset card: what the set is, how it was made, what it covers and what it must not be used for."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from faceset.channels import CHANNELS
from faceset.checks import Verdict
from faceset.layout import FORMAT, SCHEMA_VERSION
from faceset.loading import ShardSet

_SIZES = ((1_000, "n<1K"), (10_000, "1K<n<10K"), (100_000, "10K<n<100K"), (1_000_000, "100K<n<1M"))


@dataclass(frozen=True)
class CardFacts:
    """What only its maker can say of a set.

    Attributes:
        name: of the set.
        summary: one or two sentences.
        licence: SPDX identifier of the images and labels, or "other".
        origin: how the faces were made or collected.
        labels_from: where the labels come from, and how sure they are.
        intended_use: what it is for.
        limits: what it cannot show and must not be used for.
    """

    name: str
    summary: str
    licence: str
    origin: str
    labels_from: str
    intended_use: str
    limits: tuple[str, ...] = ()


def dataset_card(facts: CardFacts, faces: ShardSet, report: Mapping[str, Any], verdict: Verdict) -> dict[str, Any]:
    """Returns the card as plain values: the maker's facts, the coverage's counts and the verdict.

    Args:
        facts: of the maker.
        faces: the set.
        report: of ``faceset.coverage.coverage``.
        verdict: of ``faceset.checks``.
    """
    height, width, _ = faces.image_shape
    return {
        **asdict(facts),
        "limits": list(facts.limits),
        "format": f"{FORMAT} version {SCHEMA_VERSION}",
        "num_samples": report["num_samples"],
        "num_identities": report["identities"]["number"],
        "sources": dict(report["sources"]),
        "image_size": {"width": width, "height": height},
        "action_units": {code: column["known"] for code, column in report["action_units"]["by_code"].items()},
        "channels": {name: _channel(name) for name in faces.channels},
        "verdict": verdict.as_dict(),
    }


def card_markdown(card: Mapping[str, Any]) -> str:
    """Returns a card as markdown under the YAML header that dataset hubs read."""
    header = {"license": card["licence"], "pretty_name": card["name"], "size_categories": [_size(card["num_samples"])]}
    size = card["image_size"]
    parts = [
        _front_matter(header),
        f"# {card['name']}\n\n{card['summary']}",
        f"{card['num_samples']} faces of {card['num_identities']} people, {size['width']}x{size['height']} pixels, "
        f"{card['format']}.",
        f"## Origin\n\n{card['origin']}\n\n" + _table(("source", "faces"), card["sources"].items()),
        f"## Labels\n\n{card['labels_from']}\n\n" + _table(("AU", "faces that know it"), card["action_units"].items()),
        "## Channels\n\n" + _table(("channel", "what it holds"), card["channels"].items()),
        f"## Use\n\n{card['intended_use']}\n\n" + "\n".join(f"- {limit}" for limit in card["limits"]),
        f"## Checks: {card['verdict']['status']}\n\n" + _checks(card["verdict"]["checks"]),
    ]
    return "\n\n".join(part.strip() for part in parts) + "\n"


def _front_matter(header: Mapping[str, Any]) -> str:
    # JSON values are YAML values, and their quotes keep a colon in a name from becoming a key.
    lines = (f"{key}: {json.dumps(value, ensure_ascii=False)}" for key, value in header.items())
    return "\n".join(["---", *lines, "---"])


def _channel(name: str) -> str:
    channel = CHANNELS[name]
    shape = ", ".join(str(size) for size in channel.shape)
    unit = f" {channel.unit}" if channel.unit else ""
    return f"({shape}) {channel.dtype}{unit}: {channel.meaning}"


def _size(count: int) -> str:
    return next((name for limit, name in _SIZES if count < limit), "n>1M")


def _checks(checks: Any) -> str:
    rows = ((check["name"], f"{check['status']}: {check['detail']}") for check in checks)
    return _table(("check", "result"), rows)


def _table(head: tuple[str, str], rows: Any) -> str:
    lines = [f"| {head[0]} | {head[1]} |", "| --- | --- |"]
    return "\n".join([*lines, *(f"| {_cell(name)} | {_cell(value)} |" for name, value in rows)])


def _cell(value: Any) -> str:
    return str(value).replace("|", "\\|").replace("\n", " ")
