"""Where hair, ears, beard and collar lie on the skin of one face model: the recipe's section ``surface``.

Everything is measured on the average face, so that the painter needs to know no model.
"""

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
import numpy.typing as npt

from render.errors import RecipeError
from render.rigs.sections import MILLIMETRES, section

Positions = npt.NDArray[np.floating[Any]]


@dataclass(frozen=True)
class Ears:
    """The box of one ear, mirrored for the other; metres.

    Attributes:
        beyond: distance from the midline at which an ear begins.
        low: height of its lower end.
        high: height of its upper end.
        depth: of its rear and of its front.
        flush: distances from the midline between which an ear reddens.
    """

    beyond: float
    low: float
    high: float
    depth: tuple[float, float]
    flush: tuple[float, float]


@dataclass(frozen=True)
class Beard:
    """Where a beard may grow; metres.

    Attributes:
        throat: heights between which it ends on the throat.
        cheek: distance from the midline and height of the middle of the bare cheek.
    """

    throat: tuple[float, float]
    cheek: tuple[float, float]


@dataclass(frozen=True)
class Surface:
    """Where things lie on the skin of the average face; metres, heights along +Y.

    Attributes:
        axis_z: depth of the head's upright axis, around which its texture is wrapped.
        hairline: (n, 2) azimuth from the middle of the forehead to the nape, radians, and height.
        collar: height at which clothes begin.
        ears: where the ears lie.
        beard: where a beard may grow.
        iris: angle that the iris takes on the eyeball, relative to one of 12 mm radius.
    """

    axis_z: float
    hairline: npt.NDArray[np.float64]
    collar: float
    ears: Ears
    beard: Beard
    iris: float

    def azimuth(self, position: Positions) -> npt.NDArray[np.float32]:
        """Returns the angle (...) of points (..., 3) around the axis, 0 in front and pi behind, radians."""
        x, _, z = np.moveaxis(np.asarray(position, dtype=np.float32), -1, 0)
        return np.asarray(np.abs(np.arctan2(x, z - self.axis_z)))

    def above_hairline(self, position: Positions) -> npt.NDArray[np.float32]:
        """Returns how far above the hairline points (..., 3) lie, metres."""
        height = np.interp(self.azimuth(position), *self.hairline.T)
        return np.asarray(np.asarray(position, dtype=np.float32)[..., 1] - height, dtype=np.float32)

    def is_ear(self, position: Positions) -> npt.NDArray[np.bool_]:
        """Returns which points (..., 3) belong to an ear."""
        x, y, z = np.moveaxis(np.asarray(position, dtype=np.float32), -1, 0)
        ears = self.ears
        beside = (np.abs(x) > ears.beyond) & (y < ears.high) & (y > ears.low)
        return np.asarray(beside & (z > ears.depth[0]) & (z < ears.depth[1]))


@lru_cache
def surface(model: str) -> Surface:
    """Returns the surface of a face model.

    Raises:
        RecipeError: the section is absent or malformed.
    """
    tree = section(model, "surface")
    try:
        azimuth, height = np.asarray(tree["hairline"], dtype=np.float64).T
        return Surface(
            axis_z=tree["axis_z"] / MILLIMETRES,
            hairline=np.column_stack([azimuth, height / MILLIMETRES]),
            collar=tree["collar"] / MILLIMETRES,
            ears=Ears(**_metres(tree["ears"])),
            beard=Beard(**_metres(tree["beard"])),
            iris=float(tree["iris"]),
        )
    except (KeyError, TypeError, ValueError) as error:
        raise RecipeError(f"render/rigs/{model}.yaml: surface: {error!r}") from error


def _metres(tree: dict[str, Any]) -> dict[str, Any]:
    """Returns numbers, and pairs of them, as metres."""

    def metres(value: Any) -> Any:
        return tuple(map(metres, value)) if isinstance(value, list) else value / MILLIMETRES

    return {name: metres(value) for name, value in tree.items()}
