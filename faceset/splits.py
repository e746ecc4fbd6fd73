"""Splits by identity: every face of a person lies in one split, whichever faces are added or removed.

Identities that are linked (``faceset.links``) lie in one split too.
"""

import hashlib
from collections.abc import Iterable, Mapping
from typing import Literal

from faceset.errors import FacesetError

Split = Literal["train", "val", "test"]

SPLITS: tuple[Split, ...] = ("train", "val", "test")
DEFAULT_FRACTIONS: Mapping[str, float] = {"train": 0.8, "val": 0.1, "test": 0.1}

_TOLERANCE = 1e-9
_HELD_OUT_FIRST: tuple[Split, ...] = ("test", "val", "train")


def split_of(identity: str, seed: int, fractions: Mapping[str, float] = DEFAULT_FRACTIONS) -> Split:
    """Returns the split of an identity: it depends on the name and the seed, and on no other identity.

    A hash of the name gives a number in [0, 1). The test split takes the lowest numbers, then val, then train, so
    that a larger training fraction moves no identity into the test split.

    Args:
        identity: name of the person.
        seed: of the split.
        fractions: of the identities expected in train, val and test; they sum to 1. A split left out is empty.

    Raises:
        FacesetError: the fractions do not describe a split.
    """
    check_fractions(fractions)
    place = _unit_hash(f"split\0{seed}\0{identity}")
    test, val = fractions.get("test", 0.0), fractions.get("val", 0.0)
    if place < test:
        return "test"
    # A rounding error in the sum must not open a train split that was given nothing.
    return "val" if place < test + val or fractions.get("train", 0.0) == 0.0 else "train"


def split_of_linked(identities: Iterable[str], seed: int, fractions: Mapping[str, float] = DEFAULT_FRACTIONS) -> Split:
    """Returns the split of identities that must lie in one: the one that is held out most of those they have alone.

    So a new link may take people out of training, and never brings anybody into it who was held out before.

    Args:
        identities: names, at least one.
        seed: of the split.
        fractions: as of ``split_of``.

    Raises:
        FacesetError: the fractions do not describe a split.
    """
    return min((split_of(name, seed, fractions) for name in identities), key=_HELD_OUT_FIRST.index)


def check_fractions(fractions: Mapping[str, float]) -> None:
    """Checks that the fractions are of known splits, not negative, and sum to 1.

    Raises:
        FacesetError: they are not.
    """
    unknown = sorted(set(fractions) - set(SPLITS))
    if unknown or any(not 0.0 <= part <= 1.0 for part in fractions.values()):
        raise FacesetError(f"split fractions: expected train, val and test in [0, 1], found {dict(fractions)}")
    if abs(sum(fractions.values()) - 1.0) > _TOLERANCE:
        raise FacesetError(
            f"split fractions: expected a sum of 1, found {sum(fractions.values())} in {dict(fractions)}"
        )


def _unit_hash(text: str) -> float:
    digest = hashlib.blake2b(text.encode("utf-8"), digest_size=8).digest()
    return (int.from_bytes(digest, "big") >> 11) / 2.0**53
