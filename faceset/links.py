"""Who must lie in one split: people known under two names, and people whose images are alike."""

import csv
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from faceset.channels import Array
from faceset.errors import LinkError
from faceset.splits import Split, split_of_linked

TABLE_COLUMNS = ["identity", "person"]


@dataclass(frozen=True)
class Link:
    """Identities that lie in one split.

    Attributes:
        identities: their names, sorted; at least two.
        reasons: why, sorted: "alike images", "equal images", "table" (of equal identities), "twins".
    """

    identities: tuple[str, ...]
    reasons: tuple[str, ...]


class Links:
    """Identities in groups, each of which lies in one split. It does not matter in which order they are linked."""

    def __init__(self) -> None:
        """Begins with everybody alone."""
        self._leader: dict[str, str] = {}
        self._reasons: list[tuple[str, str]] = []

    def add(self, names: Iterable[str], reason: str) -> None:
        """Links all of ``names``."""
        first, *others = sorted(set(names)) or [""]
        for name in others:
            one, other = sorted((self.leader(first), self.leader(name)))
            if one != other:
                self._leader[other] = one
        if others:
            self._reasons.append((first, reason))

    def add_groups(self, identities: Array, groups: Iterable[Array], reason: str) -> None:
        """Links the identities of the faces of each group.

        Args:
            identities: (N,) names.
            groups: indices of faces.
            reason: why.
        """
        for group in groups:
            self.add(identities[group].tolist(), reason)

    def leader(self, name: str) -> str:
        """Returns the first name, in the order of the alphabet, of those that ``name`` is linked with."""
        path = []
        while (above := self._leader.get(name, name)) != name:
            path.append(name)
            name = above
        for passed in path:
            self._leader[passed] = name
        return name

    @property
    def groups(self) -> tuple[Link, ...]:
        """Everybody who is linked, sorted."""
        members: defaultdict[str, set[str]] = defaultdict(set)
        reasons: defaultdict[str, set[str]] = defaultdict(set)
        for name in self._leader:
            members[self.leader(name)].add(name)
        for name, reason in self._reasons:
            reasons[self.leader(name)].add(reason)
        return tuple(Link((name, *sorted(members[name])), tuple(sorted(reasons[name]))) for name in sorted(members))

    def splits(self, names: Iterable[str], seed: int, fractions: Mapping[str, float]) -> dict[str, Split]:
        """Returns the split of each name (``split_of_linked``)."""
        linked = {name: link.identities for link in self.groups for name in link.identities}
        return {name: split_of_linked(linked.get(name, (name,)), seed, fractions) for name in names}


def read_same_people(path: Path) -> list[list[str]]:
    """Returns the identities of each person in a table of those who are known under several.

    Args:
        path: of a CSV file with the columns ``identity`` and ``person``; rows with the same person are one.

    Raises:
        LinkError: it cannot be read, has other columns, an empty cell, or a name that comes twice.
    """
    people: defaultdict[str, list[str]] = defaultdict(list)
    seen: set[str] = set()
    for line, row in _rows(path):
        if len(row) != len(TABLE_COLUMNS) or not all(row):
            raise LinkError(f"{path}:{line}: expected an identity and a person, found {row}")
        identity, person = row
        if identity in seen:
            raise LinkError(f"{path}:{line}: {identity!r} comes twice; expected each identity once, with its person")
        seen.add(identity)
        people[person].append(identity)
    return list(people.values())


def _rows(path: Path) -> list[tuple[int, list[str]]]:
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            rows = [(number, [cell.strip() for cell in row]) for number, row in enumerate(csv.reader(file), 1) if row]
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise LinkError(f"{path}: expected a CSV table of identities and persons: {error}") from error
    if not rows or rows[0][1] != TABLE_COLUMNS:
        raise LinkError(f"{path}:1: expected the columns {','.join(TABLE_COLUMNS)}, found {rows[0][1] if rows else []}")
    return rows[1:]
