"""The facts about a data set that only its maker knows: one YAML file, from which every document about it is written.

``faceset.card``, ``faceset.datasheet`` and ``faceset.croissant`` take their words from here and their numbers from
``faceset.composition``, so that nothing is typed twice and no document can contradict another.
"""

from collections.abc import Callable, Mapping
from dataclasses import MISSING, dataclass, fields
from pathlib import Path
from typing import Any

import yaml

from faceset.errors import FactsError

MAX_BYTES = 1_000_000
LICENCE_PAGE = "https://spdx.org/licenses/{}.html"


@dataclass(frozen=True)
class DatasetFacts:
    """What its maker says of a set. Texts are whole sentences; lists hold one point each.

    Attributes:
        name: of the set.
        version: of the set, as 1.0.0.
        date: of publication, ISO 8601.
        summary: one or two sentences.
        creators: people or organisations.
        licence: SPDX identifier of the images and labels.
        url: page of the set.
        citation: BibTeX.
        keywords: for those who search.
        sources: values of the channel ``source`` that these facts speak of; "*" for any.
        synthetic: whether images were generated rather than photographed.
        motivation: why the set was made, and what for.
        funding: who paid.
        origin: how the faces were made or collected.
        collection_type: in words of Croissant RAI, such as "Software Collection".
        missing_data: what is absent and how that is said.
        raw_data: what the images were made from.
        derived_from: addresses of that.
        preprocessing: what was done to the images before they were stored.
        imputation: whether values were filled in.
        manipulation: whether values were altered.
        labels_from: where the labels come from, and how sure they are.
        annotation_tools: programs that labelled.
        annotators: who labelled, where people did.
        annotations_per_item: how many labels of one kind an image has.
        use_cases: what it is for.
        limits: what it cannot show and must not be used for.
        biases: what is over- and under-represented.
        social_impact: what it may do to people.
        personal_information: who can be recognised, and who agreed.
        distribution: how others get it.
        maintenance: who keeps it, how errors are reported, how versions follow each other.
    """

    name: str
    version: str
    date: str
    summary: str
    creators: tuple[str, ...]
    licence: str
    url: str
    citation: str
    sources: tuple[str, ...]
    synthetic: bool
    motivation: str
    funding: str
    origin: str
    collection_type: tuple[str, ...]
    missing_data: str
    raw_data: str
    derived_from: tuple[str, ...]
    preprocessing: str
    imputation: str
    manipulation: str
    labels_from: str
    annotation_tools: tuple[str, ...]
    annotators: str
    annotations_per_item: str
    use_cases: tuple[str, ...]
    limits: tuple[str, ...]
    biases: tuple[str, ...]
    social_impact: str
    personal_information: str
    distribution: str
    maintenance: str
    keywords: tuple[str, ...] = ()

    @property
    def licence_page(self) -> str:
        """Where the licence can be read."""
        return LICENCE_PAGE.format(self.licence)

    def check_sources(self, where: str, found: tuple[str, ...]) -> None:
        """Checks that the facts speak of all these sources, so that no face is given another's licence.

        Args:
            where: the facts lie, for the message.
            found: values of the channel ``source``.

        Raises:
            FactsError: they do not.
        """
        others = [source for source in found if source not in self.sources]
        if others and "*" not in self.sources:
            raise FactsError(
                f"{where}: speaks of faces from {', '.join(self.sources)}, found faces from {', '.join(others)}; "
                "write another file of facts about them, or list them under sources if all of it is true of them"
            )


def read_facts(path: Path) -> DatasetFacts:
    """Returns the facts of a YAML file.

    Raises:
        FactsError: it is absent or no YAML, a fact is missing or empty, unknown or of another type.
    """
    if not path.is_file() or path.stat().st_size > MAX_BYTES:
        raise FactsError(f"{path}: expected a YAML file with the facts about the set; docs/exports.md lists them")
    try:
        content = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        raise FactsError(f"{path}: expected YAML: {error}") from error
    if not isinstance(content, dict):
        raise FactsError(f"{path}: expected facts by name, found {type(content).__name__}")
    return _facts(path, content)


def _facts(path: Path, content: Mapping[str, Any]) -> DatasetFacts:
    known = {each.name: each for each in fields(DatasetFacts)}
    unknown = [str(name) for name in content if name not in known]
    missing = [name for name, each in known.items() if each.default is MISSING and name not in content]
    if unknown or missing:
        raise FactsError(f"{path}: missing facts: {missing}; unknown facts: {unknown}")
    kinds: dict[str, Callable[[str, Any], Any]] = {"str": _text, "bool": _truth, "tuple[str, ...]": _texts}
    values: dict[str, Any] = {
        name: kinds[_kind(known[name].type)](f"{path}: {name}", value) for name, value in content.items()
    }
    return DatasetFacts(**values)


def _kind(annotation: Any) -> str:
    return annotation.__name__ if isinstance(annotation, type) and annotation in (str, bool) else str(annotation)


def _text(where: str, value: Any) -> str:
    # YAML reads an unquoted date or version as something else than the text that it is.
    if isinstance(value, dict | list | bool) or value is None or not str(value).strip():
        raise FactsError(f"{where}: expected a text, found {value!r}")
    return str(value).strip()


def _truth(where: str, value: Any) -> bool:
    if not isinstance(value, bool):
        raise FactsError(f"{where}: expected true or false, found {value!r}")
    return value


def _texts(where: str, value: Any) -> tuple[str, ...]:
    if not isinstance(value, list) or not value:
        raise FactsError(f"{where}: expected a list of texts, found {value!r}")
    return tuple(_text(where, each) for each in value)
