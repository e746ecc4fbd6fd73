"""Groups of images that are the same, or nearly."""

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import xxhash

from faceset.channels import Array
from faceset.image_features import image_features
from faceset.loading import ShardSet

Indices = npt.NDArray[np.int64]
Words = npt.NDArray[np.uint64]

BITS = 64


@dataclass(frozen=True)
class Alike:
    """When two images look alike: both must hold.

    Of 5,000 rendered heads no two people come near: at 6 bits their correlation stays below 0.90, at any distance
    below 0.96.

    Attributes:
        distance: most bits in which their hashes differ.
        correlation: smallest of their thumbnails' pixels.

    Raises:
        ValueError: a number is out of range.
    """

    distance: int = 6
    correlation: float = 0.97

    def __post_init__(self) -> None:
        """Checks the ranges."""
        if not 0 <= self.distance < BITS or not -1.0 <= self.correlation <= 1.0:
            raise ValueError(f"expected 0 to 63 bits and a correlation from -1 to 1, found {self}")


def like_groups(faces: ShardSet, alike: Alike) -> list[Indices]:
    """Returns groups of images of a set that look alike (``near_groups``)."""
    features = image_features(faces)
    return near_groups(features.phash, alike.distance, features.thumbnail, alike.correlation)


def exact_groups(checksums: Array) -> list[Indices]:
    """Returns the indices of equal checksums, in rising order; whoever is alone is left out.

    The groups are ordered by their first index.
    """
    return _groups(np.unique(checksums, return_inverse=True)[1])


def near_groups(
    phash: Words, distance: int, thumbnails: npt.NDArray[np.uint8] | None = None, least_correlation: float = 0.0
) -> list[Indices]:
    """Returns groups of images that look alike, ordered as those of ``exact_groups``.

    Two images are alike where their hashes differ in at most ``distance`` bits and, where thumbnails are given, these
    correlate; whoever is alike somebody of a group is in it. The hashes are cut into ``distance + 1`` bands: of two
    that are alike, one band at least is equal, so that only those need be compared (Norouzi, Punjani & Fleet, "Fast
    search in Hamming space with multi-index hashing", CVPR 2012). Memory grows with the images and not with the pairs.

    Args:
        phash: (N,) uint64.
        distance: from 0 to 63 bits.
        thumbnails: (N, H, W) uint8. Simple pictures share a hash without being alike; pixels decide.
        least_correlation: of the pixels of like thumbnails (Pearson's), at most 1.

    Raises:
        ValueError: the distance is out of range.
    """
    if not 0 <= distance < BITS:
        raise ValueError(f"distance: expected 0 to {BITS - 1} bits, found {distance}")
    pixels = (
        np.zeros((0, 1), np.uint8)
        if thumbnails is None
        else thumbnails.reshape(len(phash), math.prod(thumbnails.shape[1:]))
    )
    first, label = _distinct(phash, pixels)
    root = np.arange(len(first))
    _unite(phash[first], distance, pixels[first] if len(pixels) else pixels, least_correlation, root)
    return _groups(root[label])


def _distinct(phash: Words, pixels: npt.NDArray[np.uint8]) -> tuple[Indices, Indices]:
    """Returns who looks like nobody before him to the last bit, and for everybody the place of his like among them.

    A thousand copies of one image are one image, and not half a million pairs.
    """
    digests = np.zeros_like(phash)
    for row, values in enumerate(pixels):
        digests[row] = xxhash.xxh3_64_intdigest(values)
    _, first, label = np.unique(np.stack([phash, digests], axis=1), axis=0, return_index=True, return_inverse=True)
    return first, label


def _unite(phash: Words, distance: int, pixels: npt.NDArray[np.uint8], least: float, root: Indices) -> None:
    from faceset.hash_kernels import find, unite_in_buckets

    for order, starts in _buckets(phash, distance):
        unite_in_buckets(order, starts, phash, distance, pixels, least, root)
    for node in range(len(root)):
        root[node] = find(root, node)


def _buckets(phash: Words, distance: int) -> list[tuple[Indices, Indices]]:
    """Returns buckets to look for pairs in: those of each band, or a single one where that is less work."""
    found = [_bucketed(band) for band in _bands(phash, distance + 1)]
    pairs = sum(int((np.diff(starts) ** 2).sum()) for _, starts in found)
    return found if pairs < len(phash) ** 2 else [_bucketed(np.zeros_like(phash))]


def _bands(phash: Words, number: int) -> Iterator[Words]:
    """Yields (N,) bits of each of ``number`` bands, which share the 64 bits as evenly as can be."""
    edges = np.linspace(0, BITS, number + 1).astype(int)
    for low, high in zip(edges[:-1].tolist(), edges[1:].tolist(), strict=True):
        yield (phash >> np.uint64(low)) & np.uint64((1 << (high - low)) - 1)


def _bucketed(key: Words) -> tuple[Indices, Indices]:
    """Returns the indices ordered by their keys, and where each key begins and the last one ends, (B + 1,)."""
    order = np.argsort(key, kind="stable")
    ordered = key[order]
    return order, np.flatnonzero(np.concatenate([[True], ordered[1:] != ordered[:-1], [True]]))


def _groups(label: Indices) -> list[Indices]:
    order, starts = _bucketed(label.astype(np.uint64))
    parts = [part for part in np.split(order, starts[1:-1]) if len(part) > 1]
    return sorted(parts, key=lambda part: int(part[0]))
