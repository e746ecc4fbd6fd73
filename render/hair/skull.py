"""The average head as hair meets it: how far any point lies from its skin, and how it becomes another person's head.

Hair grows on the average head of a face model, where every style means the same, and is then carried to a person by a
smooth field: radial basis functions over some hundred points of the skin, tabulated on a coarse grid.
"""

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.ndimage import distance_transform_edt
from scipy.spatial import cKDTree
from scipy.spatial.distance import cdist

from render.kernels.growth import Field, distances
from render.kernels.ribbons import blended, carried
from render.mesh import Topology

Points = npt.NDArray[np.float64]

LOW, HIGH = np.array([-0.26, 0.36, -0.20]), np.array([0.26, 0.90, 0.24])
"""The space in which hair may be, metres."""

PITCH = 0.008
"""Distance of the points at which the distance to the skin is known, metres."""

COARSE = 0.03
"""Distance of the points at which the way to another person's head is known, metres."""

SPREAD = 0.005
"""Distance of the points that stand for the skin, metres, about."""

CLOSE = 0.024
"""Distance to the skin below which it is known as well as the skin's samples allow, metres."""

CONTROLS = 240


@dataclass(frozen=True, eq=False)
class Skull:
    """Distances to the skin of the average head.

    Attributes:
        field: (n, 4) distance, negative inside, and its gradient at each point of a grid; metres.
        shape: points of the grid along each axis.
    """

    field: npt.NDArray[np.float32]
    shape: tuple[int, int, int]

    @classmethod
    def of(cls, vertices: Points, faces: npt.NDArray[np.int32]) -> "Skull":
        """Returns the skull of skin triangles (F, 3)."""
        axes = [np.arange(low, high, PITCH) for low, high in zip(LOW, HIGH, strict=True)]
        points = np.stack(np.meshgrid(*axes, indexing="ij"), axis=-1).reshape(-1, 3)
        surface, normals = _spread(vertices, faces)
        distance, nearest = _nearest(points, surface, (len(axes[0]), len(axes[1]), len(axes[2])))
        offset = points - surface[nearest]
        height = np.einsum("nk,nk->n", offset, normals[nearest])
        near = distance < SPREAD
        away = offset / np.maximum(distance, 1e-9)[:, None] * np.sign(height)[:, None]
        # Close to the skin the way to its nearest sample is not the way to the skin, but its normal is.
        share = np.clip(distance / (3 * SPREAD), 0.0, 1.0)[:, None]
        gradient = share * away + (1 - share) * normals[nearest]
        gradient /= np.maximum(np.linalg.norm(gradient, axis=1, keepdims=True), 1e-9)
        signed = np.where(near, height, np.sign(height) * distance)
        shape = (len(axes[0]), len(axes[1]), len(axes[2]))
        return cls(np.column_stack([signed, gradient]).astype(np.float32), shape)

    def at(self, points: Points) -> tuple[Points, Points]:
        """Returns the distance (n,) of points (n, 3) to the skin and the (n, 3) way out; first order, one look-up."""
        return distances(self.grid, np.ascontiguousarray(points))

    @cached_property
    def grid(self) -> Field:
        """The same as compiled loops take it."""
        x, y, z = LOW.tolist()
        return Field(self.field, self.shape, (x, y, z), PITCH)


def _nearest(points: Points, surface: Points, shape: tuple[int, int, int]) -> tuple[Points, npt.NDArray[np.int64]]:
    """Returns the distance (n,) of a grid's points to the nearest of others (s, 3), and which that is.

    Far from all of them a sample of the nearest cell does, and saves a search among all.
    """
    cell = np.rint((surface - LOW) / PITCH).astype(np.int64)
    inside = np.flatnonzero(((cell >= 0) & (cell < shape)).all(axis=1))
    holds = np.full(shape, -1, dtype=np.int64)
    holds[tuple(cell[inside].T)] = inside
    near = distance_transform_edt(holds < 0, return_distances=False, return_indices=True)
    nearest = holds[tuple(near)].ravel()
    distance = np.linalg.norm(points - surface[nearest], axis=1)
    close = np.flatnonzero(distance < CLOSE)
    distance[close], nearest[close] = cKDTree(surface).query(points[close])
    return distance, nearest


def _spread(vertices: Points, faces: npt.NDArray[np.int32]) -> tuple[Points, Points]:
    """Returns points (n, 3) on triangles, at most ``SPREAD`` apart, and their (n, 3) smooth normals."""
    normals = Topology(faces, len(vertices)).normals(vertices.astype(np.float32)).astype(np.float64)
    corners = vertices[faces]
    size = np.linalg.norm(corners - np.roll(corners, 1, axis=1), axis=2).max(axis=1)
    points, directions = [], []
    pieces = np.clip(np.ceil(size / SPREAD).astype(int), 1, 8)
    for count in np.unique(pieces):
        these, weights = faces[pieces == count], _inside(int(count))
        points.append(np.einsum("pk,fkd->fpd", weights, vertices[these]).reshape(-1, 3))
        directions.append(np.einsum("pk,fkd->fpd", weights, normals[these]).reshape(-1, 3))
    direction = np.concatenate(directions)
    return np.concatenate(points), direction / np.maximum(np.linalg.norm(direction, axis=1, keepdims=True), 1e-9)


def _inside(pieces: int) -> Points:
    """Returns the (n, 3) barycentric middles of a triangle's upright pieces."""
    found = [(i, j) for i in range(pieces) for j in range(pieces - i)]
    first = (np.array(found) + 1 / 3) / pieces
    return np.column_stack([first, 1 - first.sum(axis=1)])


@dataclass(frozen=True, eq=False)
class Carrier:
    """Carries points around the average head to the same place around another.

    Attributes:
        controls: (k,) vertices of the skin that steer.
        average: (k, 3) where they lie on the average head.
        spread: (k, n) share of each control's displacement at each point of a coarse grid.
        shape: points of that grid along each axis.
    """

    controls: npt.NDArray[np.int64]
    average: Points
    spread: npt.NDArray[np.float32]
    shape: tuple[int, int, int]

    @classmethod
    def of(cls, vertices: Points, skin: npt.NDArray[np.int64]) -> "Carrier":
        """Returns the carrier of a face model whose skin has the vertices (s,) of (V, 3)."""
        near = skin[vertices[skin, 1] > LOW[1]]
        controls = near[spread_out(vertices[near], CONTROLS)]
        axes = [np.arange(low, high + COARSE, COARSE) for low, high in zip(LOW, HIGH, strict=True)]
        points = np.stack(np.meshgrid(*axes, indexing="ij"), axis=-1).reshape(-1, 3)
        spread = _radial(points, vertices[controls]) @ _solved(vertices[controls])
        shape = (len(axes[0]), len(axes[1]), len(axes[2]))
        return cls(controls, vertices[controls], np.ascontiguousarray(spread.T, dtype=np.float32), shape)

    def carried(self, points: Points, person: npt.NDArray[np.floating[Any]]) -> Points:
        """Returns points (..., 3) around the average head as they lie around a person's vertices (V, 3)."""
        moved = (person[self.controls] - self.average).astype(np.float32)
        table = blended(self.spread, moved).reshape(*self.shape, 3)
        return carried(np.ascontiguousarray(points).reshape(-1, 3), table, LOW, COARSE).reshape(points.shape)


def _radial(points: Points, centres: Points) -> Points:
    """Returns the (n, k + 4) values of the radial basis r and of 1, x, y, z at points (n, 3)."""
    return np.column_stack([cdist(points, centres), np.ones(len(points)), points])


def _solved(centres: Points) -> Points:
    """Returns the (k + 4, k) weights of basis functions that interpolate values at centres (k, 3)."""
    count = len(centres)
    system = np.zeros((count + 4, count + 4))
    system[:count] = _radial(centres, centres)
    system[count:, :count] = system[:count, count:].T
    return np.asarray(np.linalg.solve(system, np.eye(count + 4, count)))


def spread_out(points: Points, count: int) -> npt.NDArray[np.int64]:
    """Returns the indices of ``count`` points (n, 3), each the furthest from those before: any first few are even."""
    chosen = np.zeros(min(count, len(points)), dtype=np.int64)
    distance = np.full(len(points), np.inf)
    for place in range(1, len(chosen)):
        offset = points - points[chosen[place - 1]]
        distance = np.minimum(distance, np.einsum("nk,nk->n", offset, offset))
        chosen[place] = int(np.argmax(distance))
    return chosen
