"""Section: whether people or images lie in two parts that must not know each other."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from faceset.channels import Array
from faceset.duplicates import Alike, exact_groups
from faceset.gates import Check, Gates, held
from faceset.issues import LIKE, alike_groups
from faceset.leakage import leaks
from faceset.links import Links
from pipeline.quality.sets import OpenedSet


@dataclass(frozen=True)
class Linking:
    """How merging splits people.

    Attributes:
        seed: of the split.
        fractions: of the people in train, val and test.
        alike: when two images look alike; None where only equal ones count.
        same_names: whether a name in two sets is one person.
        same_people: names of people who are known under several.
    """

    seed: int
    fractions: Mapping[str, float]
    alike: Alike | None = LIKE
    same_names: bool = True
    same_people: Sequence[Sequence[str]] = ()


def divided(sets: Sequence[OpenedSet], rules: Linking, gates: Gates) -> tuple[dict[str, Any], list[Check]]:
    """Returns what lies in two parts: the planned splits of every set, and sets that are one part as a whole.

    Merging splits by the names of people, and keeps those in one split whose images are equal or look alike, so that
    its splits are known before it runs.
    """
    identities = np.concatenate([_names(one, rules) for one in sets])
    starts = np.cumsum([0, *(len(one.faces) for one in sets[:-1])])
    kin = np.concatenate([one.looks.families + start for one, start in zip(sets, starts, strict=True)])
    exact = exact_groups(np.concatenate([one.faces.labels("checksum") for one in sets]))
    near = alike_groups(
        np.concatenate([one.looks.features.phash for one in sets]),
        np.concatenate([one.looks.features.thumbnail for one in sets]),
        rules.alike,
    )
    part = np.concatenate([np.full(len(one.faces), one.source.part, dtype="<U8") for one in sets])
    splits, links = _planned(part, identities, {"equal images": exact, "alike images": near}, rules)
    shared = _shared(sets, rules)
    found = leaks(splits, identities, exact, near, kin)
    keys = np.concatenate([[f"{one.key}/{key}" for key in one.faces.labels("sample_key")] for one in sets])
    for kind in ("images_named", "lookalikes_named"):
        found[kind] = [[str(keys[row]) for row in group[:4]] for group in found[kind]]
    linked = {"groups": len(links.groups), "people": sum(len(link.identities) for link in links.groups)}
    found |= {"seed": rules.seed, "fractions": dict(rules.fractions), "linked": linked, "shared": shared}
    return found, _checks(found, shared, gates)


def _planned(
    part: Array, identities: Array, alike: Mapping[str, Sequence[Array]], rules: Linking
) -> tuple[Array, Links]:
    """Returns the part of every face, and who is linked: the part of its set, or the split that merging gives it."""
    split = part == ""
    links = Links()
    for names in rules.same_people:
        links.add(names, "table")
    for reason, groups in alike.items():
        links.add_groups(identities, [kept for group in groups if len(kept := group[split[group]]) > 1], reason)
    people, who = np.unique(identities, return_inverse=True)
    planned = links.splits(people.tolist(), rules.seed, rules.fractions)
    return np.where(split, np.array([planned[name] for name in people.tolist()])[who], part), links


def _names(one: OpenedSet, rules: Linking) -> Array:
    names = np.asarray(one.faces.labels("identity"), dtype=np.str_)
    return names if rules.same_names else np.char.add(f"{one.key}/", names)


def _shared(sets: Sequence[OpenedSet], rules: Linking) -> list[dict[str, Any]]:
    """Returns the pairs of sets that show the same people, though each should have its own."""
    people = [set(np.unique(_names(one, rules)).tolist()) for one in sets]
    found = []
    for number, one in enumerate(sets):
        for other in range(number + 1, len(sets)):
            if both := sorted(people[number] & people[other]):
                found.append({"sets": [one.key, sets[other].key], "people": len(both), "named": both[:5]})
    return found


def _checks(found: Mapping[str, Any], shared: Sequence[Mapping[str, Any]], gates: Gates) -> list[Check]:
    people = found["identities"] + sum(each["people"] for each in shared)
    named = [*found["identities_named"][:3], *(name for each in shared for name in each["named"][:3])]
    sets = "; ".join(f"{each['sets'][0]} and {each['sets'][1]} share {each['people']}" for each in shared)
    told = f": {', '.join(named)}" if named else ""
    apart = "give each set people of its own, or leave these out of one of them"
    told += f" ({sets})" if sets else ""
    rows = (
        ("max_shared_identities", "shared_people", people, f"{people} people lie in two parts{told}", apart),
        (
            "max_shared_images",
            "shared_images",
            found["images"],
            f"{found['images']} groups of equal images lie in two parts",
            "keep one copy of each; the page names them",
        ),
        (
            "max_lookalikes",
            "lookalikes_across_parts",
            found["lookalikes"],
            f"{found['lookalikes']} groups of look-alikes of different families lie in two parts",
            "look at them on the page; the same photograph twice belongs into one part",
        ),
    )
    return [held(gates, gate, name, number, detail, advice) for gate, name, number, detail, advice in rows]
