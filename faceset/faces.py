"""What training needs of many labelled faces, and the simplest thing that has it."""

from collections.abc import Mapping, Sequence
from typing import Protocol

import numpy as np
import numpy.typing as npt

from faceset.errors import SampleError


class FaceData(Protocol):
    """Many labelled faces: ``ShardSet`` on the disk, ``ArrayFaces`` in memory."""

    @property
    def au_codes(self) -> Sequence[str]:
        """The columns of the Action Unit labels, without sides."""
        ...

    def __len__(self) -> int:
        """Number of faces."""
        ...

    def labels(self, name: str) -> npt.NDArray[np.generic]:
        """Returns one label of every face, (N, ...)."""
        ...

    def images(self, indices: npt.NDArray[np.int64], out: npt.NDArray[np.uint8] | None = None) -> npt.NDArray[np.uint8]:
        """Returns the images at ``indices``, (B, H, W, 3) sRGB, in ``out`` if it is given."""
        ...


class ArrayFaces:
    """Labelled faces held in memory."""

    def __init__(
        self, images: npt.NDArray[np.uint8], labels: Mapping[str, npt.NDArray[np.generic]], au_codes: Sequence[str]
    ) -> None:
        """Takes images (N, H, W, 3), labels by channel name, (N, ...), and the names of the Action Unit columns.

        Raises:
            SampleError: a label has another length than the images.
        """
        wrong = {name: len(values) for name, values in labels.items() if len(values) != len(images)}
        if wrong:
            raise SampleError(f"expected {len(images)} rows in every label, found {wrong}")
        self._images, self._labels, self._codes = images, dict(labels), tuple(au_codes)

    @property
    def au_codes(self) -> Sequence[str]:
        """The columns of the Action Unit labels, without sides."""
        return self._codes

    def __len__(self) -> int:
        """Number of faces."""
        return len(self._images)

    def labels(self, name: str) -> npt.NDArray[np.generic]:
        """Returns one label of every face, (N, ...).

        Raises:
            SampleError: the faces do not have this label.
        """
        if name not in self._labels:
            raise SampleError(f"no label {name!r}; found {', '.join(self._labels)}")
        return self._labels[name]

    def images(self, indices: npt.NDArray[np.int64], out: npt.NDArray[np.uint8] | None = None) -> npt.NDArray[np.uint8]:
        """Returns the images at ``indices``, (B, H, W, 3) sRGB, in ``out`` if it is given."""
        return np.take(self._images, indices, axis=0, out=out)
