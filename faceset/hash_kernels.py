"""What ``faceset.duplicates`` does with millions of pairs of images."""

import math
from typing import Any

import numpy as np

from faceset.compiled import compiled

SAME_COLOUR = 2.0
"""Grey levels: two images of one colour each are alike where they differ by no more."""


@compiled
def unite_in_buckets(order: Any, starts: Any, hashes: Any, distance: int, pixels: Any, least: float, root: Any) -> None:
    """Unites what lies in one bucket and is alike.

    Args:
        order: (N,) indices, bucket after bucket.
        starts: (B + 1,) where each bucket begins in ``order``.
        hashes: (N,) uint64.
        distance: most bits in which hashes of like images differ.
        pixels: (N, P) uint8, or (0, P) for none: then hashes alone decide.
        least: smallest correlation of the pixels of like images.
        root: (N,) of the forest, changed in place.
    """
    totals, spreads = _moments(pixels)
    for bucket in range(len(starts) - 1):
        members = order[starts[bucket] : starts[bucket + 1]]
        for place in range(len(members)):
            one = members[place]
            for other in members[:place]:
                if num_bits(hashes[one] ^ hashes[other]) > distance:
                    continue
                first, second = find(root, one), find(root, other)
                if first == second:
                    continue
                if not len(pixels) or _correlation(pixels, totals, spreads, one, other) >= least:
                    # The smallest index leads its group, whichever pairs come first.
                    root[max(first, second)] = min(first, second)


@compiled
def find(root: Any, node: int) -> int:
    """Returns who leads the group of ``node``; the path to it is halved on the way."""
    while root[node] != node:
        root[node] = root[root[node]]
        node = root[node]
    return node


@compiled
def num_bits(word: Any) -> Any:
    """Returns how many bits of a uint64 are set (Warren, "Hacker's Delight", 2nd edition, section 5-1)."""
    word = word - ((word >> np.uint64(1)) & np.uint64(0x5555555555555555))
    word = (word & np.uint64(0x3333333333333333)) + ((word >> np.uint64(2)) & np.uint64(0x3333333333333333))
    word = (word + (word >> np.uint64(4))) & np.uint64(0x0F0F0F0F0F0F0F0F)
    return np.int64((word * np.uint64(0x0101010101010101)) >> np.uint64(56))


@compiled
def _moments(pixels: Any) -> tuple[Any, Any]:
    """Returns of each row its sum and the root of P times its sum of squared deviations, whole numbers inside."""
    totals, spreads = np.zeros(len(pixels), np.int64), np.zeros(len(pixels), np.float64)
    for row in range(len(pixels)):
        squares = np.int64(0)
        for value in pixels[row]:
            totals[row] += np.int64(value)
            squares += np.int64(value) * np.int64(value)
        spreads[row] = math.sqrt(squares * pixels.shape[1] - totals[row] * totals[row])
    return totals, spreads


@compiled
def _correlation(pixels: Any, totals: Any, spreads: Any, one: int, other: int) -> Any:
    size = pixels.shape[1]
    if spreads[one] == 0.0 or spreads[other] == 0.0:
        alike = spreads[one] == spreads[other] and abs(totals[one] - totals[other]) <= SAME_COLOUR * size
        return 1.0 if alike else -1.0
    products = np.int64(0)
    for place in range(size):
        products += np.int32(pixels[one, place]) * np.int32(pixels[other, place])
    return (products * size - totals[one] * totals[other]) / (spreads[one] * spreads[other])
