"""What a distance between sets may look at: images, and who is on them."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from gan.errors import MetricError

Images = npt.NDArray[np.uint8]


@dataclass(frozen=True, eq=False)
class Population:
    """Images of one kind: photographs, or what one renderer drew.

    Attributes:
        images: (N, H, W, 3) sRGB.
        identities: who is on each, N names. Images of one person are never treated as independent.

    Raises:
        MetricError: fewer than two people, or not one name for each image.
    """

    images: Images
    identities: tuple[str, ...]

    def __post_init__(self) -> None:
        """Checks the shapes."""
        if self.images.ndim != 4 or self.images.shape[3] != 3 or self.images.dtype != np.uint8:
            raise MetricError(f"expected images (N, H, W, 3) uint8, found {self.images.shape} {self.images.dtype}")
        if len(self.images) != len(self.identities) or len(set(self.identities)) < 2:
            raise MetricError(
                f"expected a name for each of {len(self.images)} images and two people or more, "
                f"found {len(self.identities)} names of {len(set(self.identities))} people"
            )

    def __len__(self) -> int:
        """Number of images."""
        return len(self.images)

    def masked(self, mask: npt.NDArray[np.bool_]) -> "Population":
        """Returns the population with middle grey wherever ``mask`` (H, W) is False."""
        grey = np.uint8(128)
        return Population(np.where(mask[..., None], self.images, grey), self.identities)
