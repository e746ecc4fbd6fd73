"""What pixels show, looked up through a visibility buffer: the loops of ``render.labels``."""

from typing import Any

import numpy as np
import numpy.typing as npt

from render.kernels import kernel

Values = npt.NDArray[np.floating[Any]]
Double = npt.NDArray[np.float64]
Single = npt.NDArray[np.float32]
Index = npt.NDArray[np.int32]


@kernel
def shown_pixels(
    index: Index, barycentric: Single, faces: Index, ends: npt.NDArray[np.int64]
) -> tuple[Index, Index, Index, Single, Index, Index]:
    """Returns the n pixels that show something.

    Args:
        index: (H, W) triangle over all objects; -1 is background.
        barycentric: (H, W, 2) weights of the triangle's first two corners.
        faces: (F, 3) triangles of all objects over all vertices.
        ends: (M,) number of triangles up to and with each object's.

    Returns:
        (n,) places in the flattened picture, (n,) which object each shows, (n, 3) corners and (n, 3) weights, (n,) the
        pixels in the order of the objects, and (M + 1,) where in it each object's begin.
    """
    height, width = index.shape
    count = int((index >= 0).sum())
    pixel, mesh, weights = np.empty(count, np.int32), np.empty(count, np.int32), np.empty((count, 3), np.float32)
    corners, start = np.empty((count, 3), np.int32), np.zeros(len(ends) + 1, np.int32)
    number, here = 0, 0
    for row in range(height):
        for column in range(width):
            triangle = index[row, column]
            if triangle < 0:
                continue
            while triangle >= ends[here]:
                here += 1
            while here > 0 and triangle < ends[here - 1]:
                here -= 1
            first, second = barycentric[row, column, 0], barycentric[row, column, 1]
            pixel[number], mesh[number] = row * width + column, here
            weights[number, 0], weights[number, 1] = first, second
            weights[number, 2] = np.float32(1) - (first + second)
            for corner in range(3):
                corners[number, corner] = faces[triangle, corner]
            start[here + 1] += 1
            number += 1
    for each in range(len(ends)):
        start[each + 1] += start[each]
    order, filled = np.empty(count, np.int32), start.copy()
    for each in range(count):
        order[filled[mesh[each]]] = each
        filled[mesh[each]] += 1
    return pixel, mesh, corners, weights, order, start


@kernel
def interpolated(values: Values, corners: Index, weights: Single) -> Values:
    """Returns (n, C): values (V, C) at places (n, 3) on triangles with corners (n, 3)."""
    out = np.empty((len(corners), values.shape[1]), values.dtype)
    for k in range(len(corners)):
        a, b, c = corners[k, 0], corners[k, 1], corners[k, 2]
        for entry in range(values.shape[1]):
            total = weights[k, 0] * values[a, entry] + weights[k, 1] * values[b, entry]
            out[k, entry] = total + weights[k, 2] * values[c, entry]
    return out


@kernel
def spread(values: npt.NDArray[Any], pixel: Index, count: int) -> npt.NDArray[Any]:
    """Returns (count, C): values (n, C) at the places ``pixel`` (n,) of a flattened picture, and 0 elsewhere."""
    out = np.zeros((count, values.shape[1]), values.dtype)
    for k in range(len(pixel)):
        for entry in range(values.shape[1]):
            out[pixel[k], entry] = values[k, entry]
    return out


@kernel
def chosen_places(values: Values, corners: Index, weights: Single, chosen: Index) -> Values:
    """Returns (n, C): values (V, C) at chosen pixels (n,); ``corners`` (n, 3) are theirs, ``weights`` those of all."""
    out = np.empty((len(corners), values.shape[1]), values.dtype)
    for k in range(len(corners)):
        a, b, c, pixel = corners[k, 0], corners[k, 1], corners[k, 2], chosen[k]
        for entry in range(values.shape[1]):
            total = weights[pixel, 0] * values[a, entry] + weights[pixel, 1] * values[b, entry]
            out[k, entry] = total + weights[pixel, 2] * values[c, entry]
    return out


@kernel
def texels(out: npt.NDArray[np.uint8], chosen: Index, uv: Single, texture: npt.NDArray[np.uint8]) -> None:
    """Writes to chosen pixels the texels of a texture (h, w) that are nearest to their places (n, 2), in place."""
    height, width = texture.shape
    for k in chosen:
        u, v = uv[k, 0] - np.floor(uv[k, 0]), uv[k, 1] - np.floor(uv[k, 1])
        column, row = int(u * np.float32(width)), int(v * np.float32(height))
        out[k] = texture[min(row, height - 1), min(column, width - 1)]


@kernel
def normals_seen(normals: Single, corners: Index, weights: Single, turn: Double) -> Single:
    """Returns the (n, 3) unit normals of pixels, turned (3, 3), of vertices whose normals are (V, 3)."""
    out = np.empty((len(corners), 3), np.float32)
    found = interpolated(normals, corners, weights)
    for k in range(len(corners)):
        a, b, c = float(found[k, 0]), float(found[k, 1]), float(found[k, 2])
        x = turn[0, 0] * a + turn[0, 1] * b + turn[0, 2] * c
        y = turn[1, 0] * a + turn[1, 1] * b + turn[1, 2] * c
        z = turn[2, 0] * a + turn[2, 1] * b + turn[2, 2] * c
        size = max(np.sqrt(x * x + y * y + z * z), 1e-12)
        out[k, 0], out[k, 1], out[k, 2] = x / size, y / size, z / size
    return out


@kernel
def mapped(corners: Index, chosen: Index, start: int, vertices: npt.NDArray[np.integer[Any]]) -> Index:
    """Returns the (n, 3) ``vertices`` of the corners of chosen pixels (n,); those of an object begin at ``start``."""
    out = np.empty((len(chosen), 3), np.int32)
    for k in range(len(chosen)):
        for corner in range(3):
            out[k, corner] = vertices[corners[chosen[k], corner] - start]
    return out


@kernel
def changed(one: Double, other: Double, corners: Index) -> npt.NDArray[np.int64]:
    """Returns which of n triangles (n, 3) have a corner that lies elsewhere in ``other`` (V, 3) than in ``one``."""
    out, count = np.empty(len(corners), np.int64), 0
    for k in range(len(corners)):
        differs = False
        for corner in range(3):
            vertex = corners[k, corner]
            for axis in range(3):
                differs |= one[vertex, axis] != other[vertex, axis]
        if differs:
            out[count] = k
            count += 1
    return out[:count]


@kernel
def not_behind(
    place: Double, furthest: Single, focal: float, middle: tuple[float, float], margin: float
) -> npt.NDArray[np.bool_]:
    """Returns (n,) whether points lie in the picture and not more than ``margin`` metres behind what it shows there.

    Args:
        place: (n, 3) in the camera's frame, metres.
        furthest: (H, W) depth of what is seen, metres.
        focal: of the camera, pixels.
        middle: its principal point, pixels.
        margin: metres.
    """
    height, width = furthest.shape
    out = np.zeros(len(place), np.bool_)
    for k in range(len(place)):
        x, y, z = place[k, 0], place[k, 1], place[k, 2]
        column, row = np.floor(middle[0] - focal * x / z), np.floor(middle[1] + focal * y / z)
        if 0 <= column < width and 0 <= row < height:
            out[k] = -z <= float(furthest[int(row), int(column)]) + margin
    return out
