"""The dataset card: what the set is, how it was made, what it covers and what it must not be used for."""

from collections.abc import Mapping
from typing import Any

from faceset.checks import Verdict
from faceset.composition import SYMBOLS, Composition, channel_text
from faceset.facts import DatasetFacts
from faceset.layout import FORMAT, SCHEMA_VERSION
from faceset.markdown import document, front_matter, points, table

_SIZES = (
    (1_000, "n<1K"),
    (10_000, "1K<n<10K"),
    (100_000, "10K<n<100K"),
    (1_000_000, "100K<n<1M"),
    (10_000_000, "1M<n<10M"),
)


def card(
    facts: DatasetFacts,
    composition: Composition,
    verdict: Verdict | None = None,
    files: str = "",
    header: Mapping[str, Any] | None = None,
) -> str:
    """Returns the card as markdown under the YAML header that dataset hubs read.

    Args:
        facts: of the maker.
        composition: of the set.
        verdict: of ``faceset.checks``, where the set was checked.
        files: how the files beside the card are laid out; by default they are shards.
        header: more keys of the YAML header.
    """
    return document(
        [
            front_matter({**_header(facts, composition), **(header or {})}),
            f"# {facts.name}",
            facts.summary,
            f"Version {facts.version} of {facts.date}, by {', '.join(facts.creators)}. {composition.counts}, "
            f"{composition.width}x{composition.height} pixels.",
            "## Files",
            files or f"Shards of {FORMAT}, version {SCHEMA_VERSION}: `manifest.jsonl` lists them with their sha256.",
            *_contents(composition),
            f"## Origin\n\n{facts.origin}",
            f"## Labels\n\n{facts.labels_from} {facts.missing_data}",
            f"## Use\n\n{points(facts.use_cases)}",
            f"## Limits\n\n{points(facts.limits)}",
            f"## Biases\n\n{points(facts.biases)}",
            f"## People\n\n{facts.personal_information} {facts.social_impact}",
            _checks(verdict),
            f"## Licence\n\n[{facts.licence}]({facts.licence_page})",
            f"## Citation\n\n```bibtex\n{facts.citation}\n```",
            "`croissant.json` says the same for machines, `datasheet.md` answers more questions.",
        ]
    )


def _header(facts: DatasetFacts, composition: Composition) -> dict[str, Any]:
    return {
        "license": facts.licence.lower(),
        "pretty_name": facts.name,
        "size_categories": [size_category(composition.num_samples)],
        "tags": list(facts.keywords),
    }


def size_category(count: int) -> str:
    """Returns the hub's name for a set of so many faces."""
    return next((name for limit, name in _SIZES if count < limit), "n>10M")


def _contents(composition: Composition) -> list[str]:
    units = ((code, known, composition.active[code]) for code, known in composition.action_units.items())
    channels = ((name, channel_text(name)) for name in composition.channels)
    return [
        "## Contents",
        table(("source", "faces"), composition.sources.items()),
        table(("split, by identity", "faces"), composition.splits.items()) if composition.splits else "",
        table(("Action Unit", "faces that know it", "faces that show it"), units),
        table(("channel", "what it holds"), channels),
        f"{SYMBOLS}.",
    ]


def _checks(verdict: Verdict | None) -> str:
    if verdict is None:
        return ""
    rows = ((check.name, f"{check.status}: {check.detail}") for check in verdict.checks)
    return f"## Checks: {verdict.status}\n\n{table(('check', 'result'), rows)}"
