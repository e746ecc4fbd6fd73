"""Whether parts that must not know each other do: people and images that lie in two splits."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from faceset.channels import Array

Indices = npt.NDArray[np.int64]

NAMED = 12


def divided(groups: Sequence[Indices], splits: Array) -> list[Indices]:
    """Returns the groups of faces whose members lie in more than one split."""
    return [group for group in groups if len(np.unique(splits[group])) > 1]


def leaks(
    splits: Array, identities: Array, exact: Sequence[Indices], near: Sequence[Indices], families: Array
) -> dict[str, Any]:
    """Returns what lies in two splits.

    Args:
        splits: of each face, (N,).
        identities: of each face, (N,).
        exact: groups of faces with the same pixels.
        near: groups of faces that look alike.
        families: of each face, (N,): a face and its twins are one family and look alike by design.

    Returns:
        ``faces`` by split; ``identities``, ``images`` and ``lookalikes``, the numbers of people, of groups of equal
        images and of groups of similar images of different families that lie in two splits; and ``*_named``, some of
        them: names of people, groups of indices.
    """
    pairs = np.unique(np.stack([np.unique(each, return_inverse=True)[1] for each in (identities, splits)]), axis=1)
    names = np.unique(identities)
    people = [str(names[k]) for k in np.flatnonzero(np.bincount(pairs[0]) > 1)]
    images, alike = divided(exact, splits), [group for group in divided(near, splits) if _families(group, families) > 1]
    order, counts = np.unique(splits, return_counts=True)
    return {
        "faces": dict(zip(order.tolist(), counts.tolist(), strict=True)),
        "identities": len(people),
        "identities_named": people[:NAMED],
        "images": len(images),
        "images_named": [group.tolist() for group in images[:NAMED]],
        "lookalikes": len(alike),
        "lookalikes_named": [group.tolist() for group in alike[:NAMED]],
    }


def _families(group: Indices, families: Array) -> int:
    return len(np.unique(families[group]))
