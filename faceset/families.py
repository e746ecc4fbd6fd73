"""Families: a face and its twins, which differ in expression alone and so look alike by design."""

import numpy as np
import numpy.typing as npt

from faceset.channels import Array

Indices = npt.NDArray[np.int64]


def families(keys: Array, twin_of: Array) -> Indices:
    """Returns for each face the index of the face at the end of its chain of twins, (N,); a circle ends anywhere.

    Args:
        keys: (N,) distinct names of samples.
        twin_of: (N,) name of the sample that each is a twin of, or "".
    """
    order = np.argsort(keys)
    place = np.searchsorted(keys, twin_of, sorter=order).clip(0, len(keys) - 1)
    base = order[place]
    root = np.where((twin_of != "") & (keys[base] == twin_of), base, np.arange(len(keys)))
    for _ in range(len(keys).bit_length()):  # every round doubles the length of the chains that are followed
        root = root[root]
    return np.asarray(root, dtype=np.int64)
