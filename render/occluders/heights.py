"""How high a head stands under each place of a plane: what is worn or held against it stays above."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.ndimage import gaussian_filter, maximum_filter

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
        floor = np.maximum(self.table, np.quantile(self.table[self.table > NOWHERE], 0.02))
        out = floor
        for _ in range(4):
            out = np.maximum(gaussian_filter(out, width / self.cell, mode="nearest"), floor)
        return Heights(np.maximum(gaussian_filter(out, 1.0), floor), self.low, self.cell)


def heights(
    points: Points, box: tuple[tuple[float, float], tuple[float, float]], around: float, cell: float = CELL
) -> Heights:
    """Returns the heights of points (n, 3) over a box of the first two axes; the third points up.

    Args:
        points: what must not be touched, metres.
        box: lower and upper corner of the plane's part that matters.
        around: a point counts for all cells this far away, metres: as far as points lie apart.
        cell: width of a cell, metres.
    """
    low, high = np.asarray(box)
    columns, rows = np.ceil((high - low) / cell).astype(int)
    index = np.floor((points[:, :2] - low) / cell).astype(int)
    inside = ((index >= 0) & (index < (columns, rows))).all(axis=1)
    table = np.full((rows, columns), NOWHERE)
    np.maximum.at(table, (index[inside, 1], index[inside, 0]), points[inside, 2])
    size = 2 * int(np.ceil(around / cell)) + 1
    return Heights(np.asarray(maximum_filter(table, size)), low, cell)
