"""Which faces of several sources are taken: whole families, in the order of a hash, until a rule or count stops it."""

import hashlib
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt
import pandas as pd

from faceset.channels import Array
from faceset.errors import ShardError
from faceset.evenness import even_choice

Indices = npt.NDArray[np.int64]
Mask = npt.NDArray[np.bool_]
Duplicates = Literal["keep", "exact", "near"]
Reason = Literal["duplicate", "identity_cap", "count", "balance"]

_COUNT: Reason = "count"
_BALANCE: Reason = "balance"


@dataclass(frozen=True)
class ChoiceRules:
    """What is taken of the sources, apart from counts and ratios.

    Attributes:
        max_per_identity: faces of one person at most, of all sources together; None for any number.
        duplicates: "keep" all faces; or take an image once only, where it is equal ("exact") or alike ("near").
        balance: Action Units whose intensities the faces shall cover evenly where not all are taken; none: by hash.

    Raises:
        ValueError: a number is out of range.
    """

    max_per_identity: int | None = None
    duplicates: Duplicates = "keep"
    balance: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        """Checks the range."""
        if self.max_per_identity is not None and self.max_per_identity < 1:
            raise ValueError(f"max_per_identity must be at least 1, found {self.max_per_identity}")


class Choice:
    """The faces that are still to be taken, rule after rule; each rule drops whole families.

    Families come in the order of a hash of their keys, so that neither the order of the shards nor the number of
    other faces changes who comes first.

    Attributes:
        family: (N,) number of each face's family, from 0 to F - 1, in their order.
        taken: (N,) faces that no rule has dropped.
    """

    def __init__(self, table: pd.DataFrame, seed: int) -> None:
        """Takes everything.

        Args:
            table: of faces, with the columns ``part`` (number of the source), ``key``, ``twin_of`` and ``identity``.
            seed: of the order.

        Raises:
            ShardError: twins in a circle.
        """
        self._part, self._identity = table["part"].to_numpy(), table["identity"].to_numpy()
        self.family = _families(table, seed)
        self._sizes = np.bincount(self.family)
        self._face = np.unique(self.family, return_index=True)[1]
        self._dropped: dict[int, Reason] = {}

    @property
    def taken(self) -> Mask:
        """Faces that no rule has dropped, (N,)."""
        return self._left()[self.family]

    def count(self, part: int) -> int:
        """Returns how many faces of a source are still taken."""
        return int(np.count_nonzero(self.taken & (self._part == part)))

    def dropped(self, part: int) -> dict[Reason, int]:
        """Returns how many faces of a source each rule has dropped."""
        counts: Counter[Reason] = Counter()
        for family, reason in self._dropped.items():
            if self._part[self._face[family]] == part:
                counts[reason] += int(self._sizes[family])
        return dict(sorted(counts.items()))

    def drop_repeated(self, groups: Iterable[Indices]) -> None:
        """Drops each family that shows an image of a group of which an earlier family shows one.

        Within a family images may be alike: twins are.
        """
        shown: dict[int, set[int]] = {}
        for number, group in enumerate(groups):
            for family in np.unique(self.family[group]).tolist():
                shown.setdefault(family, set()).add(number)
        seen: set[int] = set()
        for family in sorted(shown):
            if shown[family] & seen:
                self._dropped[family] = "duplicate"
            else:
                seen |= shown[family]

    def cap(self, most: int) -> None:
        """Drops the families that would give their person more than ``most`` faces."""
        taken: Counter[str] = Counter()
        for family in np.flatnonzero(self._left()).tolist():
            person, size = str(self._identity[self._face[family]]), int(self._sizes[family])
            if taken[person] + size <= most:
                taken[person] += size
            else:
                self._dropped[family] = "identity_cap"

    def fit(self, part: int, limit: int, places: Array | None = None) -> None:
        """Drops families of a source until at most ``limit`` faces are taken of it.

        Args:
            part: number of the source.
            limit: faces.
            places: (N, K) of ``faceset.evenness.cells``: the families that fill these evenly stay; None: the first.
        """
        if self.count(part) <= limit:
            return
        families = np.flatnonzero(self._left() & (self._part[self._face] == part))
        if places is None:
            kept, reason = _first_that_fit(self._sizes[families], limit), _COUNT
        else:
            faces = np.flatnonzero(np.isin(self.family, families))
            kept = even_choice(places[faces], np.searchsorted(families, self.family[faces]), limit)
            reason = _BALANCE
        self._dropped.update(dict.fromkeys(families[~kept].tolist(), reason))

    def _left(self) -> Mask:
        left = np.ones(len(self._sizes), dtype=bool)
        left[list(self._dropped)] = False
        return left


def _first_that_fit(sizes: Indices, limit: int) -> Mask:
    kept = np.zeros(len(sizes), dtype=bool)
    for place, size in enumerate(sizes.tolist()):
        if size <= limit:
            kept[place] = True
            limit -= size
    return kept


def _families(table: pd.DataFrame, seed: int) -> Indices:
    """Returns for each face the place of its family, which is the end of its chain of ``twin_of`` in its source."""
    parents: dict[tuple[int, str], str] = {
        (part, key): twin for part, key, twin in zip(table["part"], table["key"], table["twin_of"], strict=True) if twin
    }
    roots = [(_root(part, key, parents), part) for part, key in zip(table["part"], table["key"], strict=True)]
    order = sorted(set(roots), key=lambda root: (_hash(f"choice\0{seed}\0{root[0]}"), root[1]))
    place = {root: number for number, root in enumerate(order)}
    return np.array([place[root] for root in roots], dtype=np.int64)


def _root(part: int, key: str, parents: Mapping[tuple[int, str], str]) -> str:
    passed = {key}
    while (part, key) in parents:
        key = parents[part, key]
        if key in passed:
            raise ShardError(
                f"twin_of leads from {key!r} back to itself; expected it to end at a face without a twin_of"
            )
        passed.add(key)
    return key


def _hash(text: str) -> bytes:
    return hashlib.blake2b(text.encode("utf-8"), digest_size=16).digest()
