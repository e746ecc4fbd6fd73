"""The datasheet: the questions of Gebru et al., Datasheets for Datasets (2021), answered from the facts and counts."""

from faceset.card import size_category
from faceset.composition import SYMBOLS, Composition, channel_text
from faceset.facts import DatasetFacts
from faceset.markdown import document, points

Answers = list[tuple[str, str]]


def datasheet(facts: DatasetFacts, composition: Composition) -> str:
    """Returns the datasheet as markdown: seven sections of questions and answers."""
    sections = {
        "Motivation": _motivation(facts),
        "Composition": _composition(facts, composition),
        "Collection process": _collection(facts),
        "Preprocessing, cleaning, labelling": _preprocessing(facts),
        "Uses": _uses(facts),
        "Distribution": _distribution(facts),
        "Maintenance": _maintenance(facts),
    }
    parts = [f"# Datasheet: {facts.name}", facts.summary]
    for title, answers in sections.items():
        parts += [f"## {title}", *(f"**{question}**\n\n{answer}" for question, answer in answers)]
    return document(parts)


def _motivation(facts: DatasetFacts) -> Answers:
    return [
        ("For what purpose was the dataset created?", facts.motivation),
        ("Who created it?", ", ".join(facts.creators)),
        ("Who funded its creation?", facts.funding),
    ]


def _composition(facts: DatasetFacts, composition: Composition) -> Answers:
    return [
        ("What do the instances represent?", f"Each instance is one face. {facts.origin}"),
        ("How many instances are there?", _number(composition)),
        ("What data does each instance consist of?", _data(composition)),
        ("Is there a label associated with each instance?", f"{facts.labels_from} {_known(composition)}"),
        ("Is any information missing?", _missing(facts, composition)),
        ("Are relationships between instances made explicit?", _relations(composition)),
        ("Are there recommended splits?", _splits(composition)),
        ("Are there errors, noise or biases?", points(facts.biases)),
        ("Does it identify people, or hold data that might be confidential or sensitive?", facts.personal_information),
    ]


def _collection(facts: DatasetFacts) -> Answers:
    return [
        ("How was the data acquired?", f"{facts.origin} ({', '.join(facts.collection_type)})"),
        ("Who was involved in the collection and labelling?", facts.annotators),
        ("Were the people asked, and did they agree?", facts.personal_information),
    ]


def _preprocessing(facts: DatasetFacts) -> Answers:
    return [
        ("Was any preprocessing, cleaning or labelling done?", facts.preprocessing),
        ("Were values filled in or altered?", f"{facts.imputation} {facts.manipulation}"),
        ("Is the raw data saved?", f"{facts.raw_data}\n\n{points(facts.derived_from)}"),
        ("Is the software available?", f"{', '.join(facts.annotation_tools)}: {facts.url}"),
    ]


def _uses(facts: DatasetFacts) -> Answers:
    return [
        ("What could the dataset be used for?", points(facts.use_cases)),
        ("Are there tasks for which it should not be used?", points(facts.limits)),
        ("Might its composition have an impact on people?", facts.social_impact),
    ]


def _distribution(facts: DatasetFacts) -> Answers:
    return [
        ("How is the dataset distributed?", facts.distribution),
        ("When?", f"Version {facts.version}, {facts.date}."),
        ("Under which licence?", f"[{facts.licence}]({facts.licence_page})"),
    ]


def _maintenance(facts: DatasetFacts) -> Answers:
    return [
        ("Who maintains it, and how are errors reported and versions kept?", facts.maintenance),
        ("How should it be cited?", f"```bibtex\n{facts.citation}\n```"),
    ]


def _number(composition: Composition) -> str:
    by_source = ", ".join(f"{count} from {source}" for source, count in composition.sources.items())
    return f"{composition.counts} ({size_category(composition.num_samples)}): {by_source}."


def _data(composition: Composition) -> str:
    size = f"An image of {composition.width}x{composition.height} pixels and its labels ({SYMBOLS}):"
    return f"{size}\n\n{points(f'`{name}` {channel_text(name)}' for name in composition.channels)}"


def _known(composition: Composition) -> str:
    all_known = [code for code, count in composition.action_units.items() if count == composition.num_samples]
    return f"{len(all_known)} of {len(composition.action_units)} Action Units are known of every face."


def _missing(facts: DatasetFacts, composition: Composition) -> str:
    some = [
        f"{code} is known of {count} of {composition.num_samples} faces."
        for code, count in composition.action_units.items()
        if count < composition.num_samples
    ]
    some += [f"`{name}` is absent from some faces." for name in composition.partial]
    return f"{facts.missing_data}\n\n{points(some)}"


def _relations(composition: Composition) -> str:
    twins = "`twin_of` names the face that differs in its expression alone." if composition.has_twins else ""
    return f"`identity` says which faces are of one person. {twins}".strip()


def _splits(composition: Composition) -> str:
    if not composition.splits:
        return "No; split by `identity`, so that nobody is in two parts."
    parts = ", ".join(f"{name} {count}" for name, count in composition.splits.items())
    return f"By identity, so that nobody is in two parts: {parts} faces."
