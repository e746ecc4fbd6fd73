"""How high a head stands under each place of a plane: what is worn or held against it stays above."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.ndimage import gaussian_filter, map_coordinates, maximum_filter

from render.kernels.occluders import highest, over_plane

Points = npt.NDArray[np.float64]

CELL = 0.002
"""Width of a cell, metres."""

NOWHERE = -1.0
"""Height where there is nothing, metres."""


@dataclass(frozen=True)
class Heights:
    """The highest of points over cells of a plane.

    Attributes:
        table: (R, C) height over each cell, the highest within ``around`` of it; rows run along the second axis.
        low: (2,) corner of the first cell.
        cell: width of a cell, metres.
    """

    table: Points
    low: Points
    cell: float

    def at(self, places: Points) -> Points:
        """Returns the height (...) at places (..., 2) of the plane; outside the table that of its edge."""
        index = ((places - self.low) / self.cell).astype(int)
        rows, columns = self.table.shape
        return np.asarray(self.table[index[..., 1].clip(0, rows - 1), index[..., 0].clip(0, columns - 1)])

    def lift(self, body: Points) -> float:
        """Returns by how much a body (n, 3) must rise for none of its vertices to be below the heights."""
        return float((self.at(body[:, :2]) - body[:, 2]).max())

    def smoothed(self, width: float) -> "Heights":
        """Returns heights that are smooth over ``width`` metres and nowhere below these."""
        return Heights(smooth_above(self.table, width / self.cell), self.low, self.cell)


def smooth_above(table: Points, width: float) -> Points:
    """Returns a smooth table that is nowhere below a table: its blur, raised by the blur of what that falls short of.

    Args:
        table: (R, C) heights.
        width: standard deviation of the blur, cells.
    """
    base = gaussian_filter(table, width, mode="nearest")
    narrow = max(width / 2, 0.8)
    # What is spread by three standard deviations keeps its height when it is blurred.
    short = maximum_filter(np.maximum(table - base, 0.0), 2 * int(np.ceil(3 * narrow)) + 1, mode="nearest")
    return np.asarray(np.maximum(base + gaussian_filter(short, narrow, mode="nearest"), table))


def draped(body: Points, floor: Heights, away: float, width: float, deepest: float) -> Points:
    """Returns a body (n, 3) that has been bent onto heights: soft things lie on what they touch.

    Every vertex moves along the third axis by a field that is smooth over the plane, and none is left below.

    Args:
        body: what lies there, at any height.
        floor: what it lies on.
        away: what stays between them, metres.
        width: how far the field is smooth, metres.
        deepest: how far parts of the body that nothing holds up may sink below those that are, metres.
    """
    need = floor.at(body[:, :2]) + away - body[:, 2]
    need = np.maximum(need, need.max() - deepest)
    low = body[:, :2].min(axis=0) - 3 * floor.cell
    columns, rows = np.ceil((body[:, :2].max(axis=0) + 3 * floor.cell - low) / floor.cell).astype(int)
    column, row = ((body[:, :2] - low) / floor.cell).astype(int).T
    table = np.full((rows, columns), -np.inf)
    highest(table, row, column, need)
    held = np.isfinite(table)
    sigma = width / floor.cell
    near = (gaussian_filter(np.where(held, table, 0.0), sigma), gaussian_filter(held * 1.0, sigma))
    smooth = np.where(near[1] > 1e-6, near[0] / np.maximum(near[1], 1e-6), need.min())
    # A vertex reads the field between cells: each of its four must do for it.
    field = smooth_above(maximum_filter(np.where(held, np.maximum(table, smooth), smooth), 3), sigma)
    place = ((body[:, :2] - low) / floor.cell - 0.5)[:, ::-1].T
    return np.asarray(body + map_coordinates(field, place, order=1, mode="nearest")[:, None] * (0, 0, 1))


def heights(points: Points, box: tuple[npt.ArrayLike, npt.ArrayLike], around: float, cell: float = CELL) -> Heights:
    """Returns the heights of points (n, 3) over a box of the first two axes; the third points up.

    Args:
        points: what must not be touched, metres.
        box: lower and upper corner of the plane's part that matters.
        around: a point counts for all cells this far away, metres: as far as points lie apart.
        cell: width of a cell, metres.
    """
    low, high = (np.asarray(corner, dtype=np.float64) for corner in box)
    columns, rows = np.ceil((high - low) / cell).astype(int)
    table = over_plane(np.ascontiguousarray(points), low, cell, (int(rows), int(columns)), NOWHERE)
    size = 2 * int(np.ceil(around / cell)) + 1
    return Heights(np.asarray(maximum_filter(table, size)), low, cell)
