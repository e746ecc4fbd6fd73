"""Random generators by name: one independent stream for each seed, purpose and index.

Adding a draw for one purpose never shifts another, and sample *i* never depends on how many samples there are.
"""

import hashlib

import numpy as np


def stream(seed: int, purpose: str, index: int | str = 0) -> np.random.Generator:
    """Returns the generator of one purpose of one sample: Philox, keyed by a BLAKE2 digest of all three."""
    digest = hashlib.blake2b(f"{seed}/{purpose}/{index}".encode(), digest_size=16).digest()
    return np.random.Generator(np.random.Philox(key=np.frombuffer(digest, dtype=np.uint64)))
