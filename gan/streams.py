"""Random numbers that are a pure function of (seed, purpose, step).

A counter-based generator (Philox; Salmon et al., "Parallel random numbers: as easy as 1, 2, 3", SC 2011) needs no
state between steps. A run that was killed therefore resumes with the same numbers, and a new purpose does not shift
the numbers of the others.
"""

from enum import IntEnum

import numpy as np


class Purpose(IntEnum):
    """What a stream is drawn for; a value, once given, is never reused."""

    ORDER = 1
    TARGET = 2
    NOISE = 3
    FLIP = 4
    TWIN = 5
    MIX = 6
    AUGMENT = 7


def stream(seed: int, purpose: Purpose, step: int = 0) -> np.random.Generator:
    """Returns the generator of one purpose at one step.

    Two streams of the same (seed, purpose) and different steps are 2**192 draws apart.

    Raises:
        ValueError: the seed or the step is negative.
    """
    if seed < 0 or step < 0:
        raise ValueError(f"a stream needs seed >= 0 and step >= 0, found seed {seed} and step {step}")
    return np.random.Generator(np.random.Philox(key=[seed, int(purpose)], counter=[0, 0, 0, step]))
