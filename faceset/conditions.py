"""Action Unit labels as the columns that a network is conditioned on, and where they go in a mirrored image."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from faceset.errors import SampleError
from faceset.faces import FaceData
from facs import action_unit


def intensities(data: FaceData, keys: Sequence[str]) -> npt.NDArray[np.float32]:
    """Returns the intensity of each key for each face, (N, K); 0 where it is not known.

    A key without a side ("AU12") reads the bilateral label, "AU12L" and "AU12R" read one side each.

    Raises:
        SampleError: the labels have no such Action Unit.
        UnknownActionUnitError: a key is no Action Unit.
    """
    columns = [_label(data, key)[:, _column(data, key)] for key in keys]
    return np.where(known(data, keys), np.stack(columns, axis=1), np.float32(0)).astype(np.float32)


def known(data: FaceData, keys: Sequence[str]) -> npt.NDArray[np.bool_]:
    """Returns whether each key is known for each face, (N, K)."""
    mask = np.asarray(data.labels("au_known"))
    return np.stack([mask[:, _column(data, key)] != 0 for key in keys], axis=1)


def mirrored_order(keys: Sequence[str]) -> npt.NDArray[np.int64]:
    """Returns the column from which each key takes its value when the image is mirrored, (K,).

    Left and right change places; a key without a side stays.

    Raises:
        SampleError: one side of an Action Unit is among the keys and the other is not.
    """
    other = {"L": "R", "R": "L"}
    partners = [key[:-1] + other.get(key[-1], key[-1]) for key in keys]
    lonely = [key for key, partner in zip(keys, partners, strict=True) if partner not in keys]
    if lonely:
        raise SampleError(f"{', '.join(lonely)}: a condition on one side needs the other side too, found {list(keys)}")
    return np.array([list(keys).index(partner) for partner in partners], dtype=np.int64)


def _column(data: FaceData, key: str) -> int:
    code = action_unit(key).code
    if code not in data.au_codes:
        raise SampleError(f"{key} is not among the labels of the data: {', '.join(data.au_codes)}")
    return list(data.au_codes).index(code)


def _label(data: FaceData, key: str) -> npt.NDArray[np.generic]:
    sides = {"L": "au_left", "R": "au_right"}
    return data.labels(sides.get(key[-1], "au"))
