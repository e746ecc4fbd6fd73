"""Random numbers that are a pure function of (seed, purpose, step).

A counter-based generator (Philox; Salmon et al., "Parallel random numbers: as easy as 1, 2, 3", SC 2011) needs no
state between steps. A run that was killed therefore resumes with the same numbers, and a new purpose does not shift
the numbers of the others.
"""

from enum import IntEnum

import numpy as np


class Purpose(IntEnum):
    """What a stream is drawn for; a value, once given, is never reused (6 was)."""

    TARGET = 1
    NOISE = 2
    FLIP = 3
    TWIN = 4
    MIX = 5
    BOOTSTRAP = 7
    FOLDS = 8


_KEYS_FROM = 1 << 32
"""Below lie the keys of ``faceset.streaming``, which numbers epochs from 0."""


def stream(seed: int, purpose: Purpose, step: int = 0) -> np.random.Generator:
    """Returns the generator of one purpose at one step.

    Two streams of the same (seed, purpose) and different steps are 2**192 draws apart.

    Raises:
        ValueError: the seed or the step is negative.
    """
    if seed < 0 or step < 0:
        raise ValueError(f"a stream needs seed >= 0 and step >= 0, found seed {seed} and step {step}")
    return np.random.Generator(np.random.Philox(key=[seed, _KEYS_FROM + int(purpose)], counter=[0, 0, 0, step]))
